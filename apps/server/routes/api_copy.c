/* POST /api/copy: the same model by another name, as Ollama does it. */
#include "server/models.h"
#include "server/shapes.h"

#include <ink/store.h>

typedef struct copy_fields {
    const char *source, *destination;
} copy_fields;

static const ink_param copy_params[] = {
    { .name = "source", .type = INK_PARAM_TEXT, .at = offsetof(copy_fields, source), .help = "a model that is here" },
    { .name = "destination", .type = INK_PARAM_TEXT, .at = offsetof(copy_fields, destination), .help = "its other name" },
    { 0 },
};

static ink_status copy_run(srv_call *c, ink_err *err)
{
    const copy_fields *f = c->params;
    char name[SRV_NAME];
    const srv_known *m;
    if (!f->source || !f->destination)
        return ink_fail(err, INK_E_ARGUMENT, "copying wants a source and a destination");
    INK_TRY(srv_model_new_name(c->server, f->destination, name, err));
    INK_TRY(srv_models_resolve(c->server, f->source, c->arena, &m, err));
    return ink_store_copy(m->name, name, err);
}

extern const srv_route srv_route_api_copy;
const srv_route srv_route_api_copy = {
    .method = "POST", .paths = (const char *const[]){ "/api/copy", NULL }, .params = copy_params, .size = sizeof(copy_fields), .about = "The same model by another name (Ollama).",
    .error = srv_error_ollama, .run = copy_run,
};
