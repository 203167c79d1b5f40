/* POST /v1/messages/count_tokens: how many tokens the messages come to, as Anthropic answers it. */
#include "server/anthropic.h"

static ink_status count_run(srv_call *c, ink_err *err)
{
    const anthropic_fields *f = c->params;
    srv_tools tools = { 0 };
    srv_model *m;
    ink_ids ids = { 0 };
    INK_TRY(srv_model_take(c->server, f->model, &m, err));
    ink_status status = anthropic_ids(c, m, &tools, &ids, err);
    srv_model_give(c->server, m);
    INK_TRY(status);
    ink_jot j = srv_jot(&c->out);
    ink_jot_object(&j, NULL);
    ink_jot_integer(&j, "input_tokens", (int64_t)ids.count);
    ink_jot_end(&j);
    ink_ids_clear(&ids);
    return INK_OK;
}

extern const srv_route srv_route_count_tokens;
const srv_route srv_route_count_tokens = {
    .method = "POST", .paths = (const char *const[]){ "/v1/messages/count_tokens", NULL }, .params = anthropic_params, .size = sizeof(anthropic_fields),
    .about = "How many tokens messages come to (Anthropic).", .error = srv_error_anthropic, .run = count_run,
};
