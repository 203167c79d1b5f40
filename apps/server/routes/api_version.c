/* GET /api/version, as Ollama answers it; its clients also look whether / is there. */
#include "server/shapes.h"

static ink_status version_run(srv_call *c, ink_err *err)
{
    ink_jot j = srv_jot(&c->out);
    (void)err;
    ink_jot_object(&j, NULL);
    ink_jot_text(&j, "version", INK_VERSION);
    ink_jot_end(&j);
    return INK_OK;
}

extern const srv_route srv_route_api_version;
const srv_route srv_route_api_version = {
    .method = "GET", .paths = (const char *const[]){ "/api/version", NULL }, .about = "The version of inkstone (Ollama).", .error = srv_error_ollama, .open = true, .run = version_run,
};
