#include "server/prompt.h"
#include "server/made.h"

#include <ink/chat.h>
#include <stdlib.h>
#include <string.h>

ink_status srv_needs_tokenizer(const srv_model *m, ink_err *err)
{
    return m->tokenizer ? INK_OK : ink_fail(err, INK_E_ARGUMENT, "%s has no tokenizer, so it reads ids alone", m->name);
}

/* ---- contents ---- */

static ink_status content_part(const ink_json *part, bool first, ink_buf *out, ink_err *err)
{
    const char *type = ink_json_string(ink_json_get(part, "type"), "text");
    size_t n;
    const char *text = ink_json_text(ink_json_kind(part) == INK_JSON_STRING ? part : ink_json_get(part, "text"), &n);
    if (!text)
        return ink_fail(err, INK_E_ARGUMENT, "a part of a message is of type \"%.40s\"; this model reads text alone", type);
    if (!first)
        ink_buf_char(out, '\n');
    ink_buf_add(out, text, n);
    return INK_OK;
}

ink_status srv_content_text(const ink_json *content, char **text, size_t *size, ink_err *err)
{
    ink_buf b;
    size_t n = 0;
    const char *plain = ink_json_text(content, &n);
    ink_json_type kind = ink_json_kind(content);
    if (!plain && kind != INK_JSON_ARRAY && kind != INK_JSON_NULL && kind != INK_JSON_ABSENT)
        return ink_fail(err, INK_E_ARGUMENT, "the content of a message is a string or a list of parts");
    ink_buf_init(&b, 0);
    ink_buf_add(&b, plain ? plain : "", n);
    ink_status status = INK_OK;
    for (size_t i = 0; kind == INK_JSON_ARRAY && i < ink_json_size(content) && !status; i++)
        status = content_part(ink_json_at(content, i), !i, &b, err);
    if (!status)
        status = ink_buf_check(&b, "a message", err);
    if (status)
        ink_buf_clear(&b);
    *text = b.data;
    *size = b.len;
    return status;
}

/* ---- messages ---- */

/* Arguments come as text; templates write them as JSON. Text that is no object stays text. */
static ink_json *prompt_tool_call(const ink_json *call)
{
    ink_json *copy = ink_json_new_object(), *function = ink_json_new_object(), *parsed = NULL;
    size_t n;
    const char *arguments = ink_json_text(ink_json_get(ink_json_get(call, "function"), "arguments"), &n);
    ink_json_update(copy, call);
    ink_json_update(function, ink_json_get(call, "function"));
    if (arguments && !ink_json_parse(arguments, n, "arguments", &parsed, NULL))
        ink_json_set(function, "arguments", parsed);
    ink_json_set(copy, "function", function);
    return copy;
}

static ink_status prompt_message(const ink_json *message, ink_json *out, ink_err *err)
{
    char *text;
    size_t n;
    if (ink_json_kind(message) != INK_JSON_OBJECT)
        return ink_fail(err, INK_E_ARGUMENT, "a message is an object with a role and a content");
    if (ink_json_kind(ink_json_get(message, "role")) != INK_JSON_STRING)
        return ink_fail(err, INK_E_ARGUMENT, "the role of a message is a string: system, user, assistant or tool");
    ink_json_update(out, message);
    if (!strcmp(ink_json_string(ink_json_get(message, "role"), ""), "developer"))
        ink_json_set(out, "role", ink_json_new_text("system", 6));
    INK_TRY(srv_content_text(ink_json_get(message, "content"), &text, &n, err));
    ink_json_set(out, "content", ink_json_new_text(text ? text : "", n));
    free(text);
    const ink_json *calls = ink_json_get(message, "tool_calls");
    if (ink_json_kind(calls) == INK_JSON_ARRAY && ink_json_size(calls)) {
        ink_json *list = ink_json_new_array();
        for (size_t i = 0; i < ink_json_size(calls); i++)
            ink_json_append(list, prompt_tool_call(ink_json_at(calls, i)));
        ink_json_set(out, "tool_calls", list);
    }
    return INK_OK;
}

static ink_status prompt_messages(const srv_model *model, const ink_json *messages, ink_json *list, ink_err *err)
{
    if (ink_json_kind(messages) != INK_JSON_ARRAY || !ink_json_size(messages))
        return ink_fail(err, INK_E_ARGUMENT, "messages is a list of at least one message");
    srv_made_before(model->made, ink_json_at(messages, 0), list);
    for (size_t i = 0; i < ink_json_size(messages); i++) {
        ink_json *m = ink_json_new_object();
        ink_json_append(list, m);
        INK_TRY(prompt_message(ink_json_at(messages, i), m, err));
    }
    return INK_OK;
}

static char *prompt_dump(const ink_json *v)
{
    ink_buf b;
    ink_buf_init(&b, 0);
    if (v)
        ink_json_dump(v, 0, &b);
    return b.data;
}

ink_status srv_prompt_chat(const srv_model *m, const ink_json *messages, const ink_json *tools, const ink_json *variables, bool answer, ink_buf *text, ink_err *err)
{
    char *out = NULL;
    size_t n;
    INK_TRY(srv_needs_tokenizer(m, err));
    ink_json *list = ink_json_new_array();
    ink_status status = prompt_messages(m, messages, list, err);
    char *said = status ? NULL : prompt_dump(list), *tools_text = ink_json_size(tools) ? prompt_dump(tools) : NULL, *variables_text = ink_json_size(variables) ? prompt_dump(variables) : NULL;
    const ink_chat_options o = { .template_source = ink_json_string(ink_json_get(m->made, "template"), NULL), .tools_json = tools_text, .variables_json = variables_text, .no_generation_prompt = !answer };
    if (!status)
        status = said ? ink_chat_render(m->tokenizer, said, strlen(said), &o, &out, &n, err) : ink_fail(err, INK_E_MEMORY, "no memory for the messages");
    if (!status)
        ink_buf_add(text, out, n);
    if (status == INK_E_NOT_FOUND) /* a model without a template is no missing page */
        err->status = status = INK_E_ARGUMENT;
    free(out);
    free(said);
    free(tools_text);
    free(variables_text);
    ink_json_free(list);
    return status;
}

ink_status srv_prompt_chat_ids(const srv_model *m, const srv_tools *tools, const ink_json *variables, ink_ids *ids, ink_err *err)
{
    ink_buf text;
    ink_buf_init(&text, 0);
    ink_status status = srv_prompt_chat(m, tools->messages, tools->tools, variables, true, &text, err);
    if (!status && tools->forced)
        ink_buf_text(&text, tools->forced);
    if (!status)
        status = ink_buf_check(&text, "the prompt", err);
    if (!status)
        status = ink_prompt_ids(m->tokenizer, text.data ? text.data : "", text.len, ids, err);
    ink_buf_clear(&text);
    if (status)
        ink_ids_clear(ids);
    return status;
}

/* ---- prompts as they are ---- */

static ink_status prompt_entry(const srv_model *m, const ink_json *v, ink_ids *ids, ink_err *err)
{
    size_t n;
    const char *text = ink_json_text(v, &n);
    if (ink_json_kind(v) == INK_JSON_INTEGER) {
        int64_t id = ink_json_integer(v, -1);
        if (id < 0 || id > INT32_MAX)
            return ink_fail(err, INK_E_ARGUMENT, "%lld is no token id", (long long)id);
        return ink_ids_add(ids, (int32_t)id, err);
    }
    if (!text)
        return ink_fail(err, INK_E_ARGUMENT, "a prompt is a string, a list of token ids, or a list of both");
    INK_TRY(srv_needs_tokenizer(m, err));
    return ids->count ? ink_tokenize(m->tokenizer, text, n, INK_TOKENIZE_SPECIAL, ids, err) : ink_model_prompt_ids(m->model, text, n, ids, err);
}

ink_status srv_prompt_ids(const srv_model *m, const ink_json *prompt, ink_ids *ids, ink_err *err)
{
    ink_status status = INK_OK;
    if (ink_json_kind(prompt) != INK_JSON_ARRAY)
        status = prompt_entry(m, prompt, ids, err);
    for (size_t i = 0; i < ink_json_size(prompt) && !status && ink_json_kind(prompt) == INK_JSON_ARRAY; i++)
        status = prompt_entry(m, ink_json_at(prompt, i), ids, err);
    if (status)
        ink_ids_clear(ids);
    return status;
}

/* Whether an array is one prompt, of ids and texts, or a list of prompts: texts, or arrays. */
static bool prompt_is_list(const ink_json *prompt)
{
    bool texts = ink_json_kind(prompt) == INK_JSON_ARRAY;
    for (size_t i = 0; texts && i < ink_json_size(prompt); i++)
        texts = ink_json_kind(ink_json_at(prompt, i)) != INK_JSON_INTEGER;
    return texts;
}

ink_status srv_prompt_list(const srv_model *m, const ink_json *prompt, size_t most, ink_ids **list, size_t *count, ink_err *err)
{
    bool many = prompt_is_list(prompt);
    *count = many ? ink_json_size(prompt) : 1;
    if (*count < 1 || *count > most)
        return ink_fail(err, INK_E_ARGUMENT, "%zu prompts: from 1 to %zu can be answered in one request", *count, most);
    *list = calloc(*count, sizeof **list);
    ink_status status = *list ? INK_OK : ink_fail(err, INK_E_MEMORY, "no memory for %zu prompts", *count);
    for (size_t i = 0; i < *count && !status; i++)
        status = srv_prompt_ids(m, many ? ink_json_at(prompt, i) : prompt, &(*list)[i], err);
    if (status)
        srv_prompt_free(*list, *count);
    return status;
}

void srv_prompt_free(ink_ids *list, size_t count)
{
    for (size_t i = 0; list && i < count; i++)
        ink_ids_clear(&list[i]);
    free(list);
}
