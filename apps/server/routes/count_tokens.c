/* POST /v1/messages/count_tokens: how many tokens the messages come to, as Anthropic answers it. */
#include "server/anthropic.h"

static ink_status count_run(srv_call *c, ink_err *err)
{
    const anthropic_fields *f = c->params;
    srv_tools tools = { 0 };
    srv_model *m;
    ink_ids ids = { 0 };
    INK_TRY(srv_model_take(c->server, f->model, &m, err));
    ink_status status = anthropic_ids(c, m, &tools, NULL, &ids, err);
    srv_model_give(c->server, m);
    srv_tools_clear(&tools);
    INK_TRY(status);
    srv_say_integer(c, "input_tokens", (int64_t)ids.count);
    ink_ids_clear(&ids);
    return INK_OK;
}

static const srv_field count_more[] = {
    { "messages", "array", "what was said" },
    { "system", NULL, "a text, or blocks of text" },
    { "tools", "array", "functions that may be called" },
    { 0 },
};

extern const srv_route srv_route_count_tokens;
const srv_route srv_route_count_tokens = {
    .method = "POST", .paths = (const char *const[]){ "/v1/messages/count_tokens", NULL }, .params = anthropic_params, .size = sizeof(anthropic_fields), .fields = count_more,
    .about = "How many tokens messages come to (Anthropic).", .error = srv_error_anthropic, .run = count_run,
};
