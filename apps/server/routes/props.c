/* GET /props, /slots: what serves, and what it is doing, as llama.cpp's server tells it. */
#include "server/models.h"

#include <string.h>

static void props_model(void *user, const srv_model *m)
{
    ink_jot *j = user;
    const ink_scheduler_state s = ink_scheduler_look(m->scheduler);
    ink_jot_object(j, NULL);
    ink_jot_text(j, "model", m->name);
    ink_jot_integer(j, "n_ctx", (int64_t)ink_llm_context(m->llm));
    ink_jot_bool(j, "is_processing", s.active > 0);
    ink_jot_integer(j, "active", (int64_t)s.active);
    ink_jot_integer(j, "waiting", (int64_t)s.waiting);
    ink_jot_integer(j, "cached", (int64_t)s.cached);
    ink_jot_end(j);
}

static ink_status props_run(srv_call *c, ink_err *err)
{
    const srv_options *o = srv_settings(c->server);
    srv_model *m = NULL;
    ink_jot j = srv_jot(&c->out);
    if (!strcmp(c->path, "/slots")) {
        ink_jot_array(&j, NULL);
        srv_models_each(c->server, props_model, &j);
        ink_jot_end(&j);
        return INK_OK;
    }
    INK_TRY(srv_model_take(c->server, NULL, &m, err));
    ink_jot_object(&j, NULL);
    ink_jot_integer(&j, "total_slots", o->active);
    ink_jot_text(&j, "model_alias", m->name);
    ink_jot_object(&j, "default_generation_settings");
    ink_jot_integer(&j, "n_ctx", (int64_t)ink_llm_context(m->llm));
    ink_jot_end(&j);
    ink_jot_text(&j, "chat_template", m->tokenizer ? ink_tokenizer_template(m->tokenizer) : NULL);
    ink_jot_text(&j, "build_info", "inkstone " INK_VERSION);
    ink_jot_end(&j);
    srv_model_give(c->server, m);
    return INK_OK;
}

extern const srv_route srv_route_props;
const srv_route srv_route_props = { .method = "GET", .paths = (const char *const[]){ "/props", "/slots", NULL }, .about = "What serves, and what it is doing (llama.cpp).", .run = props_run };
