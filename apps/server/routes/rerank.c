/* POST /rerank: documents by how near their vectors are to a query's, the nearest first. */
#include "server/vectors.h"

#include <stdlib.h>
#include <string.h>

typedef struct rerank_fields {
    const char *model, *query;
    int64_t top_n;
    bool return_documents;
} rerank_fields;

static const ink_param rerank_params[] = {
    { .name = "model", .type = INK_PARAM_TEXT, .at = offsetof(rerank_fields, model), .help = "the name of an encoder, or of a model that foresees text" },
    { .name = "query", .type = INK_PARAM_TEXT, .at = offsetof(rerank_fields, query), .help = "what is looked for" },
    { .name = "top_n", .type = INK_PARAM_INT, .at = offsetof(rerank_fields, top_n), .min = 1, .max = 1e6, .def = 0, .shown = "all", .help = "so many of the nearest" },
    { .name = "return_documents", .type = INK_PARAM_BOOL, .at = offsetof(rerank_fields, return_documents), .help = "give the texts back too" },
    { 0 },
};

typedef struct rerank_hit {
    size_t index;
    double score;
} rerank_hit;

static int rerank_order(const void *a, const void *b)
{
    const rerank_hit *x = a, *y = b;
    return x->score > y->score ? -1 : x->score < y->score ? 1 : x->index < y->index ? -1 : 1;
}

/* The query, then the documents: texts, or objects with a text. */
static ink_status rerank_texts(srv_call *c, ink_json *list, ink_err *err)
{
    const rerank_fields *f = c->params;
    const ink_json *documents = ink_json_get(c->json, "documents");
    if (!f->query || ink_json_kind(documents) != INK_JSON_ARRAY || !ink_json_size(documents))
        return ink_fail(err, INK_E_ARGUMENT, "query is a text, and documents a list of at least one");
    ink_json_append(list, ink_json_new_text(f->query, strlen(f->query)));
    for (size_t i = 0; i < ink_json_size(documents); i++) {
        const ink_json *d = ink_json_at(documents, i);
        size_t n;
        const char *text = ink_json_text(ink_json_kind(d) == INK_JSON_OBJECT ? ink_json_get(d, "text") : d, &n);
        if (!text)
            return ink_fail(err, INK_E_ARGUMENT, "document %zu is no text", i + 1);
        ink_json_append(list, ink_json_new_text(text, n));
    }
    return INK_OK;
}

static void rerank_write(srv_call *c, const srv_vectors *v, const ink_json *texts, const rerank_hit *hits, size_t count)
{
    const rerank_fields *f = c->params;
    ink_jot j = srv_jot(&c->out);
    ink_jot_object(&j, NULL);
    ink_jot_text(&j, "model", v->model);
    ink_jot_array(&j, "results");
    for (size_t i = 0; i < count; i++) {
        ink_jot_object(&j, NULL);
        ink_jot_integer(&j, "index", (int64_t)hits[i].index);
        ink_jot_number(&j, "relevance_score", hits[i].score);
        if (f->return_documents) {
            ink_jot_object(&j, "document");
            srv_jot_json(&j, "text", ink_json_at(texts, hits[i].index + 1));
            ink_jot_end(&j);
        }
        ink_jot_end(&j);
    }
    ink_jot_end(&j);
    ink_jot_object(&j, "usage");
    ink_jot_integer(&j, "prompt_tokens", (int64_t)v->tokens);
    ink_jot_integer(&j, "total_tokens", (int64_t)v->tokens);
    ink_jot_end(&j);
    ink_jot_end(&j);
}

static ink_status rerank_rank(srv_call *c, const srv_vectors *v, const ink_json *texts, ink_err *err)
{
    const rerank_fields *f = c->params;
    size_t count = v->count - 1;
    rerank_hit *hits = ink_arena_array(c->arena, count, sizeof *hits);
    if (!hits)
        return ink_arena_refused(c->arena, count * sizeof *hits, err);
    for (size_t i = 0; i < count; i++) {
        hits[i] = (rerank_hit){ .index = i };
        for (size_t k = 0; k < v->width; k++)
            hits[i].score += (double)v->at[k] * (double)v->at[(i + 1) * v->whole + k];
    }
    qsort(hits, count, sizeof *hits, rerank_order);
    rerank_write(c, v, texts, hits, f->top_n && (size_t)f->top_n < count ? (size_t)f->top_n : count);
    return INK_OK;
}

static ink_status rerank_run(srv_call *c, ink_err *err)
{
    const rerank_fields *f = c->params;
    ink_json *texts = ink_json_new_array();
    srv_vectors v = { 0 };
    ink_status status = rerank_texts(c, texts, err);
    if (!status)
        status = srv_vectors_make(c, f->model, texts, 0, &v, err);
    if (!status)
        status = rerank_rank(c, &v, texts, err);
    srv_vectors_clear(&v);
    ink_json_free(texts);
    return status;
}

static const srv_field rerank_more[] = { { "documents", "array", "texts, or objects with a text" }, { 0 } };

extern const srv_route srv_route_rerank;
const srv_route srv_route_rerank = {
    .method = "POST", .paths = (const char *const[]){ "/rerank", "/v1/rerank", "/v1/reranking", "/reranking", NULL }, .params = rerank_params, .size = sizeof(rerank_fields), .fields = rerank_more,
    .about = "Documents by how near they are to a query.", .run = rerank_run,
};
