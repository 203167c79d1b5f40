/* POST /api/embed and /api/embeddings: vectors of texts, as Ollama answers it: a list of them, or one. */
#include "server/shapes.h"
#include "server/vectors.h"

#include <string.h>

typedef struct embed_fields {
    const char *model;
    int64_t dimensions;
} embed_fields;

static const ink_param embed_params[] = {
    { .name = "model", .type = INK_PARAM_TEXT, .at = offsetof(embed_fields, model), .help = "the name of an encoder, or of a model that foresees text" },
    { .name = "dimensions", .type = INK_PARAM_INT, .at = offsetof(embed_fields, dimensions), .min = 1, .max = 1e6, .def = 0, .shown = "all", .help = "the first so many numbers" },
    { 0 },
};

static void embed_vector(ink_jot *j, const char *key, const srv_vectors *v, size_t i)
{
    ink_jot_array(j, key);
    for (size_t k = 0; k < v->width; k++)
        ink_jot_float(j, NULL, v->at[i * v->whole + k]);
    ink_jot_end(j);
}

static ink_status embed_run(srv_call *c, ink_err *err)
{
    const embed_fields *f = c->params;
    bool one = !strcmp(c->path, "/api/embeddings");
    double began = srv_now();
    srv_vectors v;
    INK_TRY(srv_vectors_make(c, f->model, ink_json_get(c->json, one ? "prompt" : "input"), f->dimensions, &v, err));
    ink_jot j = srv_jot(&c->out);
    ink_jot_object(&j, NULL);
    ink_jot_text(&j, "model", v.model);
    if (one)
        embed_vector(&j, "embedding", &v, 0);
    else {
        ink_jot_array(&j, "embeddings");
        for (size_t i = 0; i < v.count; i++)
            embed_vector(&j, NULL, &v, i);
        ink_jot_end(&j);
    }
    ink_jot_integer(&j, "total_duration", (int64_t)(1e9 * (srv_now() - began)));
    ink_jot_integer(&j, "load_duration", 0);
    ink_jot_integer(&j, "prompt_eval_count", (int64_t)v.tokens);
    ink_jot_end(&j);
    srv_vectors_clear(&v);
    return INK_OK;
}

static const srv_field embed_more[] = { { "input", NULL, "a text, or a list of texts" }, { "prompt", "string", "of /api/embeddings: the text" }, { 0 } };

extern const srv_route srv_route_api_embed;
const srv_route srv_route_api_embed = {
    .method = "POST", .paths = (const char *const[]){ "/api/embed", "/api/embeddings", NULL }, .params = embed_params, .size = sizeof(embed_fields), .fields = embed_more,
    .about = "Vectors of texts (Ollama).", .error = srv_error_ollama, .run = embed_run,
};
