#include "server/anthropic.h"
#include "server/steer.h"

#include <stdlib.h>
#include <string.h>

const ink_param anthropic_params[] = {
    { .name = "model", .type = INK_PARAM_TEXT, .at = offsetof(anthropic_fields, model), .help = "the model's name" },
    { .name = "max_tokens", .type = INK_PARAM_INT, .at = offsetof(anthropic_fields, max_tokens), .min = 1, .max = 1e15, .def = -1, .shown = "must be given", .help = "new tokens at most" },
    { .name = "temperature", .type = INK_PARAM_REAL, .at = offsetof(anthropic_fields, temperature), .min = 0, .max = 100, .def = -1, .help = "0 always takes the likeliest token" },
    { .name = "top_k", .type = INK_PARAM_INT, .at = offsetof(anthropic_fields, top_k), .min = 0, .max = 1e15, .def = -1, .help = "so many of the likeliest tokens stay" },
    { .name = "top_p", .type = INK_PARAM_REAL, .at = offsetof(anthropic_fields, top_p), .min = 0, .max = 1, .def = -1, .help = "the likeliest tokens that hold so much of the probability stay" },
    { .name = "stream", .type = INK_PARAM_BOOL, .at = offsetof(anthropic_fields, stream), .help = "send events as they come" },
    { .name = "stop_sequences", .type = INK_PARAM_TEXTS, .at = offsetof(anthropic_fields, stop_sequences), .help = "end where one of these texts begins" },
    { .name = "Steering", .type = INK_PARAM_TABLE, .at = offsetof(anthropic_fields, steer), .table = ink_steer_params },
    { 0 },
};

static ink_json *anthropic_text(const char *text) { return ink_json_new_text(text, strlen(text)); }

/* {"type":"tool_use", id, name, input} → OpenAI's tool call. */
static ink_json *anthropic_call(const ink_json *block)
{
    ink_json *call = ink_json_new_object(), *function = ink_json_new_object();
    ink_json_share(call, "id", ink_json_get(block, "id"));
    ink_json_set(call, "type", anthropic_text("function"));
    ink_json_share(function, "name", ink_json_get(block, "name"));
    if (ink_json_kind(ink_json_get(block, "input")) == INK_JSON_OBJECT)
        ink_json_share(function, "arguments", ink_json_get(block, "input"));
    ink_json_set(call, "function", function);
    return call;
}

/* A message of its own for each result of a tool. */
static ink_status anthropic_result(const ink_json *block, ink_json *list, ink_err *err)
{
    char *text;
    size_t n;
    INK_TRY(srv_content_text(ink_json_get(block, "content"), &text, &n, err));
    ink_json *m = ink_json_new_object();
    ink_json_set(m, "role", anthropic_text("tool"));
    ink_json_share(m, "tool_call_id", ink_json_get(block, "tool_use_id"));
    ink_json_set(m, "content", ink_json_new_text(text ? text : "", n));
    ink_json_append(list, m);
    free(text);
    return INK_OK;
}

/* The blocks of one message: texts stay together, calls gather, results go first. */
static ink_status anthropic_blocks(const ink_json *content, ink_json *list, ink_json *message, ink_err *err)
{
    ink_json *texts = ink_json_new_array(), *calls = ink_json_new_array();
    ink_status status = INK_OK;
    for (size_t i = 0; i < ink_json_size(content) && !status; i++) {
        const ink_json *block = ink_json_at(content, i);
        const char *type = ink_json_string(ink_json_get(block, "type"), "");
        if (!strcmp(type, "tool_use"))
            ink_json_append(calls, anthropic_call(block));
        else if (!strcmp(type, "tool_result"))
            status = anthropic_result(block, list, err);
        else if (strcmp(type, "thinking") && strcmp(type, "redacted_thinking")) {
            ink_json *copy = ink_json_new_object();
            ink_json_update(copy, block);
            ink_json_append(texts, copy);
        }
    }
    bool any = ink_json_size(texts) || ink_json_size(calls);
    ink_json_set(message, "content", texts);
    if (ink_json_size(calls))
        ink_json_share(message, "tool_calls", calls);
    ink_json_free(calls);
    if (any && !status)
        ink_json_append(list, message);
    else
        ink_json_free(message);
    return status;
}

static ink_status anthropic_message(const ink_json *m, ink_json *list, ink_err *err)
{
    const ink_json *content = ink_json_get(m, "content");
    ink_json *message;
    if (ink_json_kind(m) != INK_JSON_OBJECT || ink_json_kind(ink_json_get(m, "role")) != INK_JSON_STRING)
        return ink_fail(err, INK_E_ARGUMENT, "a message is an object with a role (user or assistant) and a content");
    message = ink_json_new_object();
    ink_json_share(message, "role", ink_json_get(m, "role"));
    if (ink_json_kind(content) == INK_JSON_ARRAY)
        return anthropic_blocks(content, list, message, err);
    if (ink_json_kind(content) != INK_JSON_STRING) {
        ink_json_free(message);
        return ink_fail(err, INK_E_ARGUMENT, "the content of a message is a string or a list of blocks");
    }
    ink_json_share(message, "content", content);
    ink_json_append(list, message);
    return INK_OK;
}

static ink_status anthropic_messages(const ink_json *body, ink_json *list, ink_err *err)
{
    const ink_json *system = ink_json_get(body, "system"), *messages = ink_json_get(body, "messages");
    char *text;
    size_t n;
    INK_TRY(srv_content_text(system, &text, &n, err));
    if (n) {
        ink_json *m = ink_json_new_object();
        ink_json_set(m, "role", anthropic_text("system"));
        ink_json_set(m, "content", ink_json_new_text(text, n));
        ink_json_append(list, m);
    }
    free(text);
    if (ink_json_kind(messages) != INK_JSON_ARRAY || !ink_json_size(messages))
        return ink_fail(err, INK_E_ARGUMENT, "messages is a list of at least one message");
    for (size_t i = 0; i < ink_json_size(messages); i++)
        INK_TRY(anthropic_message(ink_json_at(messages, i), list, err));
    return INK_OK;
}

/* {name, description, input_schema} → {"type":"function","function":{name, description, parameters}}. */
static ink_json *anthropic_tools(const ink_json *tools)
{
    ink_json *list = ink_json_new_array();
    for (size_t i = 0; i < ink_json_size(tools); i++) {
        const ink_json *t = ink_json_at(tools, i);
        ink_json *tool = ink_json_new_object(), *function = ink_json_new_object();
        if (ink_json_get(t, "name"))
            ink_json_share(function, "name", ink_json_get(t, "name"));
        if (ink_json_get(t, "description"))
            ink_json_share(function, "description", ink_json_get(t, "description"));
        if (ink_json_get(t, "input_schema"))
            ink_json_share(function, "parameters", ink_json_get(t, "input_schema"));
        ink_json_set(tool, "type", anthropic_text("function"));
        ink_json_set(tool, "function", function);
        ink_json_append(list, tool);
    }
    return list;
}

/* {"type":"auto" | "any" | "none" | "tool", "name"} → OpenAI's choice. */
static ink_json *anthropic_choice(const ink_json *choice)
{
    const char *type = ink_json_string(ink_json_get(choice, "type"), "auto");
    if (strcmp(type, "tool"))
        return anthropic_text(type);
    ink_json *out = ink_json_new_object();
    ink_json_set(out, "type", anthropic_text("function"));
    if (ink_json_get(choice, "name"))
        ink_json_share(out, "name", ink_json_get(choice, "name"));
    return out;
}

ink_status anthropic_ids(srv_call *c, const srv_model *m, srv_tools *tools, ink_generate_options *o, ink_ids *ids, ink_err *err)
{
    ink_json *messages = ink_json_new_array(), *list = ink_json_get(c->json, "tools") ? anthropic_tools(ink_json_get(c->json, "tools")) : NULL,
             *choice = anthropic_choice(ink_json_get(c->json, "tool_choice"));
    ink_status status = anthropic_messages(c->json, messages, err);
    if (!status)
        status = srv_tools_make(m, messages, list, choice, tools, err);
    if (!status)
        status = srv_prompt_chat_ids(m, tools, NULL, ids, err);
    if (!status && o)
        status = srv_steer(c, m, &((const anthropic_fields *)c->params)->steer, tools, o, err);
    if (status)
        ink_ids_clear(ids);
    ink_constraint *kept = status ? NULL : srv_tools_take(tools);
    srv_tools_clear(tools);
    tools->constraint = kept;
    tools->tools = tools->messages = NULL;
    ink_json_free(messages);
    ink_json_free(list);
    ink_json_free(choice);
    return status;
}
