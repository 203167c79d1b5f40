/* GET /health: somebody is there. */
#include "server/call.h"

static ink_status health_run(srv_call *c, ink_err *err)
{
    ink_jot j = srv_jot(&c->out);
    (void)err;
    ink_jot_object(&j, NULL);
    ink_jot_text(&j, "status", "ok");
    ink_jot_end(&j);
    return INK_OK;
}

extern const srv_route srv_route_health;
const srv_route srv_route_health = {
    .method = "GET", .paths = (const char *const[]){ "/health", "/v1/health", NULL }, .about = "Whether the server answers.", .open = true, .run = health_run,
};
