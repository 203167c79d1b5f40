/* POST /v1/chat/completions: an answer to messages, as OpenAI writes it. */
#include "server/openai.h"
#include "server/prompt.h"
#include "server/steer.h"

typedef struct chat_fields {
    openai_fields common;
    bool logprobs, parallel_tool_calls;
    int64_t top_logprobs;
} chat_fields;

static const ink_param chat_params[] = {
    { .name = "Text", .type = INK_PARAM_TABLE, .at = offsetof(chat_fields, common), .table = openai_params },
    { .name = "logprobs", .type = INK_PARAM_BOOL, .at = offsetof(chat_fields, logprobs), .help = "log-probabilities of the tokens" },
    { .name = "top_logprobs", .type = INK_PARAM_INT, .at = offsetof(chat_fields, top_logprobs), .min = 0, .max = 20, .def = 0, .help = "and of so many likeliest ones" },
    { .name = "parallel_tool_calls", .type = INK_PARAM_BOOL, .at = offsetof(chat_fields, parallel_tool_calls), .def = 1, .help = "an answer may call several tools" },
    { 0 },
};

/* The prompt, and on to the scheduler. A call that was asked for by force is the only one. */
static ink_status chat_start(srv_call *c, const chat_fields *f, ink_generate_options *o, srv_model *model, srv_tools *tools, srv_text **text, ink_err *err)
{
    ink_ids ids = { 0 };
    ink_status status = srv_tools_make(model, ink_json_get(c->json, "messages"), ink_json_get(c->json, "tools"), ink_json_get(c->json, "tool_choice"), tools, err);
    if (!status && tools->read && !f->parallel_tool_calls)
        status = openai_add_stop(c, o, "</tool_call>", err);
    if (!status)
        status = srv_prompt_chat_ids(model, tools, ink_json_get(c->json, "chat_template_kwargs"), &ids, err);
    if (!status)
        status = srv_steer(c, model, &f->common.steer, tools, o, err);
    if (status) {
        ink_ids_clear(&ids);
        srv_model_give(c->server, model);
        return status;
    }
    o->constraint = srv_tools_take(tools);
    return srv_text_start(c, model, &ids, 1, o, text, err);
}

static ink_status chat_run(srv_call *c, ink_err *err)
{
    chat_fields *f = c->params;
    const openai_reply r = { .chat = true, .logprobs = f->logprobs ? f->top_logprobs : -1, .each = (size_t)f->common.n,
                             .usage = ink_json_bool(ink_json_get(ink_json_get(c->json, "stream_options"), "include_usage"), false) };
    srv_tools *tools = ink_arena_alloc(c->arena, sizeof *tools);
    srv_model *model;
    srv_text *text;
    ink_generate_options o;
    if (!tools)
        return ink_arena_refused(c->arena, sizeof *tools, err);
    INK_TRY(openai_options(c, &f->common, f->logprobs ? f->top_logprobs : -1, &o, err));
    INK_TRY(srv_model_take(c->server, f->common.model, &model, err));
    ink_status status = chat_start(c, f, &o, model, tools, &text, err);
    srv_tools_clear(tools);
    return status ? status : openai_write(c, &r, text, f->common.stream, tools->read, tools->forced, err);
}

static const srv_field chat_more[] = {
    { "messages", "array", "what was said: objects with a role and a content" },
    { "tools", "array", "functions that may be called" },
    { "tool_choice", NULL, "auto, none, required, or a function" },
    { "response_format", "object", "text, json_object or json_schema" },
    { "stream_options", "object", "include_usage: a last chunk with the usage" },
    { "chat_template_kwargs", "object", "further variables of the chat template" },
    { 0 },
};

extern const srv_route srv_route_chat_completions;
const srv_route srv_route_chat_completions = {
    .method = "POST", .paths = (const char *const[]){ "/v1/chat/completions", "/chat/completions", NULL }, .params = chat_params, .size = sizeof(chat_fields), .fields = chat_more,
    .about = "An answer to messages (OpenAI).", .run = chat_run,
};
