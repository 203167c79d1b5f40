/* POST /api/create: a model of one's own, from another one and what is said of it, as Ollama does it: in fields, or as a Modelfile. */
#include "server/models.h"
#include "server/shapes.h"

#include <ink/modelfile.h>
#include <ink/store.h>
#include <string.h>

typedef struct create_fields {
    const char *model, *name, *modelfile;
    bool stream;
} create_fields;

static const ink_param create_params[] = {
    { .name = "model", .type = INK_PARAM_TEXT, .at = offsetof(create_fields, model), .help = "what it is called from now on" },
    { .name = "name", .type = INK_PARAM_TEXT, .at = offsetof(create_fields, name), .help = "the same, as older clients say it" },
    { .name = "modelfile", .type = INK_PARAM_TEXT, .at = offsetof(create_fields, modelfile), .help = "all that is said of it, as a Modelfile" },
    { .name = "stream", .type = INK_PARAM_BOOL, .at = offsetof(create_fields, stream), .def = 1, .help = "a line of JSON for each step" },
    { 0 },
};

/* What the body says, without what is the route's own. */
static ink_status create_words(srv_call *c, ink_json **out, ink_err *err)
{
    static const char *const words[] = { "from", "parameters", "template", "system", "messages", "license" }, *const refused[] = { "adapters", "files", "quantize" };
    const create_fields *f = c->params;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (ink_json_get(c->json, refused[i]))
            return ink_fail(err, INK_E_UNSUPPORTED, "%s: files do not come by this way; inkstone create on this machine takes them", refused[i]);
    if (f->modelfile)
        return ink_modelfile_parse(f->modelfile, strlen(f->modelfile), "the modelfile", out, err);
    *out = ink_json_new_object();
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (ink_json_get(c->json, words[i]))
            ink_json_share(*out, words[i], ink_json_get(c->json, words[i]));
    return INK_OK;
}

/* From a name that is known here, never from a path. */
static ink_status create_make(srv_call *c, const char *name, ink_json *made, ink_err *err)
{
    const srv_known *m;
    INK_TRY(ink_modelfile_check(made, err));
    if (ink_json_get(made, "adapter"))
        return ink_fail(err, INK_E_UNSUPPORTED, "ADAPTER: files do not come by this way; inkstone create on this machine takes them");
    INK_TRY(srv_models_resolve(c->server, ink_json_string(ink_json_get(made, "from"), ""), c->arena, &m, err));
    ink_json_set(made, "from", ink_json_new_text(m->name, strlen(m->name)));
    return ink_store_create(name, made, NULL, err);
}

static ink_status create_run(srv_call *c, ink_err *err)
{
    const create_fields *f = c->params;
    char name[SRV_NAME];
    ink_json *made;
    INK_TRY(srv_model_new_name(c->server, f->model ? f->model : f->name, name, err));
    INK_TRY(create_words(c, &made, err));
    ink_status status = create_make(c, name, made, err);
    ink_json_free(made);
    INK_TRY(status);
    ink_jot j = srv_jot(&c->out);
    ink_jot_object(&j, NULL);
    ink_jot_text(&j, "status", "success");
    ink_jot_end(&j);
    ink_buf_char(&c->out, '\n');
    c->type = f->stream ? "application/x-ndjson" : NULL;
    return INK_OK;
}

static const srv_field create_more[] = {
    { "from", "string", "the model that it is made from" },
    { "parameters", "object", "settings that hold where a request gives none" },
    { "template", "string", "a chat template in Jinja" },
    { "system", "string", "the system message" },
    { "messages", "array", "messages before those of a request" },
    { "license", NULL, "a text, or texts" },
    { 0 },
};

extern const srv_route srv_route_api_create;
const srv_route srv_route_api_create = {
    .method = "POST", .paths = (const char *const[]){ "/api/create", NULL }, .params = create_params, .size = sizeof(create_fields), .fields = create_more,
    .about = "A model of one's own (Ollama).", .error = srv_error_ollama, .run = create_run,
};
