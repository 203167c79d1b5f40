/* GET /api/tags: the models that are here, as Ollama lists them. */
#include "server/about.h"
#include "server/shapes.h"

static ink_status tags_run(srv_call *c, ink_err *err)
{
    srv_known *list;
    size_t count;
    INK_TRY(srv_models_known(c->server, c->arena, &list, &count, err));
    ink_jot j = srv_jot(&c->out);
    ink_jot_object(&j, NULL);
    ink_jot_array(&j, "models");
    for (size_t i = 0; i < count; i++) {
        ink_about about = { 0 };
        if (srv_about(list[i].path, c->arena, &about, NULL)) /* a file that cannot be read is listed all the same */
            about = (ink_about){ 0 };
        ink_jot_object(&j, NULL);
        srv_about_file(&j, &list[i]);
        srv_about_details(&j, &about, list[i].kind == SRV_VOICE);
        ink_jot_end(&j);
    }
    ink_jot_end(&j);
    ink_jot_end(&j);
    return INK_OK;
}

extern const srv_route srv_route_api_tags;
const srv_route srv_route_api_tags = {
    .method = "GET", .paths = (const char *const[]){ "/api/tags", NULL }, .about = "The models that are here (Ollama).", .error = srv_error_ollama, .run = tags_run,
};
