/* POST /v1/embeddings: vectors of texts, as OpenAI answers it. */
#include "server/vectors.h"

#include <string.h>

typedef struct embeddings_fields {
    const char *model;
    int64_t dimensions;
    int encoding_format;
} embeddings_fields;

static const char *const embeddings_formats[] = { "float", "base64", NULL };

static const ink_param embeddings_params[] = {
    { .name = "model", .type = INK_PARAM_TEXT, .at = offsetof(embeddings_fields, model), .help = "the name of an encoder, or of a model that foresees text" },
    { .name = "dimensions", .type = INK_PARAM_INT, .at = offsetof(embeddings_fields, dimensions), .min = 1, .max = 1e6, .def = 0, .shown = "all", .help = "the first so many numbers, made as long as 1 again" },
    { .name = "encoding_format", .type = INK_PARAM_CHOICE, .at = offsetof(embeddings_fields, encoding_format), .choices = embeddings_formats, .help = "numbers, or little-endian floats in base64" },
    { 0 },
};

static void embeddings_one(ink_jot *j, const srv_vectors *v, size_t i, bool base64)
{
    const float *x = v->at + i * v->whole;
    ink_jot_object(j, NULL);
    ink_jot_text(j, "object", "embedding");
    ink_jot_integer(j, "index", (int64_t)i);
    if (base64)
        srv_jot_base64(j, "embedding", x, v->width * sizeof *x);
    else {
        ink_jot_array(j, "embedding");
        for (size_t k = 0; k < v->width; k++)
            ink_jot_float(j, NULL, x[k]);
        ink_jot_end(j);
    }
    ink_jot_end(j);
}

static ink_status embeddings_run(srv_call *c, ink_err *err)
{
    const embeddings_fields *f = c->params;
    srv_vectors v;
    INK_TRY(srv_vectors_make(c, f->model, ink_json_get(c->json, "input"), f->dimensions, &v, err));
    ink_jot j = srv_jot(&c->out);
    ink_jot_object(&j, NULL);
    ink_jot_text(&j, "object", "list");
    ink_jot_array(&j, "data");
    for (size_t i = 0; i < v.count; i++)
        embeddings_one(&j, &v, i, f->encoding_format);
    ink_jot_end(&j);
    ink_jot_text(&j, "model", v.model);
    ink_jot_object(&j, "usage");
    ink_jot_integer(&j, "prompt_tokens", (int64_t)v.tokens);
    ink_jot_integer(&j, "total_tokens", (int64_t)v.tokens);
    ink_jot_end(&j);
    ink_jot_end(&j);
    srv_vectors_clear(&v);
    return INK_OK;
}

static const srv_field embeddings_more[] = { { "input", NULL, "a text, a list of texts, or token ids" }, { 0 } };

extern const srv_route srv_route_embeddings;
const srv_route srv_route_embeddings = {
    .method = "POST", .paths = (const char *const[]){ "/v1/embeddings", "/embeddings", NULL }, .params = embeddings_params, .size = sizeof(embeddings_fields), .fields = embeddings_more,
    .about = "Vectors of texts (OpenAI).", .run = embeddings_run,
};
