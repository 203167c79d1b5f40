/* GET /api/ps: the models that are loaded, as Ollama lists them. */
#include "server/models.h"
#include "server/shapes.h"

static void ps_model(void *user, const srv_model *m)
{
    ink_jot *j = user;
    char until[40];
    const ink_model_info *i = ink_model_describe(m->model);
    double stays = m->keep < 0 ? 100.0 * 365 * 86400 : m->used + m->keep - srv_now();
    srv_rfc3339(srv_clock() + stays, until);
    ink_jot_object(j, NULL);
    ink_jot_text(j, "name", m->name);
    ink_jot_text(j, "model", m->name);
    ink_jot_integer(j, "size", (int64_t)m->bytes);
    ink_jot_integer(j, "size_vram", 0);
    ink_jot_text(j, "expires_at", until);
    ink_jot_integer(j, "context_length", (int64_t)ink_llm_context(m->llm));
    ink_jot_object(j, "details");
    ink_jot_text(j, "family", i->architecture);
    ink_jot_end(j);
    ink_jot_end(j);
}

static ink_status ps_run(srv_call *c, ink_err *err)
{
    ink_jot j = srv_jot(&c->out);
    (void)err;
    ink_jot_object(&j, NULL);
    ink_jot_array(&j, "models");
    srv_models_each(c->server, ps_model, &j);
    ink_jot_end(&j);
    ink_jot_end(&j);
    return INK_OK;
}

extern const srv_route srv_route_api_ps;
const srv_route srv_route_api_ps = { .method = "GET", .paths = (const char *const[]){ "/api/ps", NULL }, .about = "The models that are loaded (Ollama).", .error = srv_error_ollama, .run = ps_run };
