/* GET /v1/models: what may be asked for. */
#include "server/openai_model.h"

static ink_status models_run(srv_call *c, ink_err *err)
{
    srv_known *list;
    size_t count;
    INK_TRY(srv_models_known(c->server, c->arena, &list, &count, err));
    ink_jot j = srv_jot(&c->out);
    ink_jot_object(&j, NULL);
    ink_jot_text(&j, "object", "list");
    ink_jot_array(&j, "data");
    for (size_t i = 0; i < count; i++)
        openai_model(&j, &list[i]);
    ink_jot_end(&j);
    ink_jot_end(&j);
    return INK_OK;
}

extern const srv_route srv_route_models;
const srv_route srv_route_models = {
    .method = "GET", .paths = (const char *const[]){ "/v1/models", "/models", NULL }, .about = "The models that may be asked for.", .open = true, .run = models_run,
};
