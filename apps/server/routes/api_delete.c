/* DELETE /api/delete: forgets a model that was pulled, as Ollama does it. */
#include "server/models.h"
#include "server/shapes.h"

#include <ink/store.h>
#include <string.h>

typedef struct delete_fields {
    const char *model, *name;
} delete_fields;

static const ink_param delete_params[] = {
    { .name = "model", .type = INK_PARAM_TEXT, .at = offsetof(delete_fields, model), .help = "the model's name" },
    { .name = "name", .type = INK_PARAM_TEXT, .at = offsetof(delete_fields, name), .help = "the same, as older clients say it" },
    { 0 },
};

static ink_status delete_run(srv_call *c, ink_err *err)
{
    const delete_fields *f = c->params;
    const srv_known *m;
    uint64_t freed;
    INK_TRY(srv_models_resolve(c->server, f->model ? f->model : f->name, c->arena, &m, err));
    if (srv_settings(c->server)->model)
        return ink_fail(err, INK_E_ARGUMENT, "this server serves one model, and does not delete any");
    if (srv_models_forget(c->server, m->name))
        return ink_fail(err, INK_E_BUSY, "%s is being used; delete it when nobody does", m->name);
    return ink_store_remove(m->name, &freed, err);
}

extern const srv_route srv_route_api_delete;
const srv_route srv_route_api_delete = {
    .method = "DELETE", .paths = (const char *const[]){ "/api/delete", NULL }, .params = delete_params, .size = sizeof(delete_fields), .about = "Forgets a model (Ollama).",
    .error = srv_error_ollama, .run = delete_run,
};
