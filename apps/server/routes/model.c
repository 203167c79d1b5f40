/* GET /v1/models/NAME: one of them. */
#include "server/openai_model.h"

#include <string.h>

static ink_status model_run(srv_call *c, ink_err *err)
{
    srv_known *list;
    size_t count;
    INK_TRY(srv_models_known(c->server, c->arena, &list, &count, err));
    for (size_t i = 0; i < count; i++)
        if (!strcmp(list[i].name, c->tail)) {
            ink_jot j = srv_jot(&c->out);
            openai_model(&j, &list[i]);
            return INK_OK;
        }
    return ink_fail(err, INK_E_NOT_FOUND, "there is no model \"%.100s\"; /v1/models lists them", c->tail);
}

extern const srv_route srv_route_model;
const srv_route srv_route_model = { .method = "GET", .paths = (const char *const[]){ "/v1/models/", "/models/", NULL }, .about = "One model.", .run = model_run };
