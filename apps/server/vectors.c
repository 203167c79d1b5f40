#include "server/vectors.h"

#include <ink/embed.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { VECTORS_MOST = 4096, VECTORS_STEP = 32 }; /* texts of a request; texts between two turns */

typedef struct vectors_encoder { /* or a model that foresees text, whose weights are packed once more for it */
    ink_model *model;
    ink_embedder *embedder;
} vectors_encoder;

static void encoder_close(void *what)
{
    vectors_encoder *e = what;
    ink_embedder_close(e->embedder);
    ink_model_close(e->model);
    free(e);
}

static ink_status encoder_open(srv_server *s, const srv_known *known, void **out, ink_err *err)
{
    vectors_encoder *e = *out = calloc(1, sizeof *e);
    const srv_options *asked = srv_settings(s);
    const size_t worn = known->kind == SRV_WRITER && asked->model ? asked->adapters.count : 0;
    const char **adapters = calloc(worn + 1, sizeof *adapters);
    ink_embed_options o = { .threads = (size_t)asked->threads, .adapters = adapters, .adapter_count = worn + (known->adapter != NULL) };
    ink_status status = e && adapters ? ink_model_open(known->path, &e->model, err) : ink_fail(err, INK_E_MEMORY, "no memory for an encoder");
    for (size_t i = 0; adapters && i < worn; i++)
        adapters[i] = asked->adapters.at[i];
    if (adapters && known->adapter)
        adapters[worn] = known->adapter;
    srv_turn(s, true);
    if (!status)
        status = ink_embedder_open(e->model, &o, &e->embedder, err);
    srv_turn(s, false);
    free(adapters);
    return status;
}

const srv_loads_kind srv_encoders = { .one = "an encoder", .many = "encoders", .most = 8, .open = encoder_open, .close = encoder_close };

static bool encoder_named(const srv_known *k, const char *name, size_t n) { return k->kind != SRV_VOICE && strlen(k->name) == n && !strncmp(k->name, name, n); }

/* By name whatever makes vectors; where nobody says which, an encoder, or the model of -m. */
static ink_status encoder_find(srv_call *c, const char *name, const srv_known **found, ink_err *err)
{
    srv_known *list;
    size_t count, used = 0, n = name ? strlen(name) : 0;
    char names[400] = "";
    bool any = !n || !strncmp(name, "text-embedding-", 15);
    INK_TRY(srv_models_known(c->server, c->arena, &list, &count, err));
    n -= n > 7 && !strcmp(name + n - 7, ":latest") ? 7 : 0;
    *found = NULL;
    for (size_t i = 0; i < count && !*found; i++)
        if (any ? list[i].kind == SRV_ENCODER : encoder_named(&list[i], name, n))
            *found = &list[i];
        else if (list[i].kind == SRV_ENCODER && used < sizeof names - 80)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%.60s", used ? ", " : "", list[i].name);
    if (!*found && any && srv_settings(c->server)->model && list->kind == SRV_WRITER)
        *found = list;
    return *found ? INK_OK : ink_fail(err, INK_E_NOT_FOUND, "there is no encoder \"%.100s\"; %s%s", name ? name : "", used ? "there are " : "none was pulled: inkstone pull minilm fetches one", names);
}

/* ---- input ---- */

static ink_status vectors_ids(const ink_embedder *e, const ink_json *v, ink_ids *ids, ink_err *err)
{
    size_t n;
    bool cut;
    const char *text = ink_json_text(v, &n);
    if (text)
        return ink_embedder_ids(e, text, n, ids, &cut, err);
    if (ink_json_kind(v) != INK_JSON_ARRAY)
        return ink_fail(err, INK_E_ARGUMENT, "input is a text, a list of texts, or token ids");
    for (size_t i = 0; i < ink_json_size(v); i++) {
        int64_t id = ink_json_integer(ink_json_at(v, i), -1);
        if (id < 0 || id > INT32_MAX)
            return ink_fail(err, INK_E_ARGUMENT, "input is a text, a list of texts, or token ids");
        INK_TRY(ink_ids_add(ids, (int32_t)id, err));
    }
    return INK_OK;
}

/* An array of numbers is one text as ids; other arrays are lists of texts. */
static bool vectors_many(const ink_json *input)
{
    return ink_json_kind(input) == INK_JSON_ARRAY && ink_json_kind(ink_json_at(input, 0)) != INK_JSON_INTEGER;
}

/* ---- computing ---- */

static ink_status vectors_step(srv_call *c, ink_embedder *e, const ink_json *input, size_t at, size_t n, srv_vectors *out, ink_err *err)
{
    ink_ids ids[VECTORS_STEP] = { 0 };
    ink_embed_text texts[VECTORS_STEP];
    ink_status status = INK_OK;
    for (size_t i = 0; i < n && !status; i++) {
        status = vectors_ids(e, vectors_many(input) ? ink_json_at(input, at + i) : input, &ids[i], err);
        texts[i] = (ink_embed_text){ ids[i].at, ids[i].count };
        out->tokens += ids[i].count;
    }
    srv_turn(c->server, true);
    if (!status)
        status = ink_embedder_vectors(e, texts, n, out->at + at * out->whole, err);
    srv_turn(c->server, false);
    for (size_t i = 0; i < n; i++)
        ink_ids_clear(&ids[i]);
    return status;
}

static void vectors_shorten(srv_vectors *v)
{
    for (size_t i = 0; i < v->count && v->width < v->whole; i++) {
        double sum = 0;
        float *x = v->at + i * v->whole;
        for (size_t k = 0; k < v->width; k++)
            sum += (double)x[k] * (double)x[k];
        for (size_t k = 0; k < v->width && sum > 0; k++)
            x[k] = (float)((double)x[k] / sqrt(sum));
    }
}

static ink_status vectors_all(srv_call *c, vectors_encoder *e, const char *name, const ink_json *input, int64_t dimensions, srv_vectors *out, ink_err *err)
{
    out->count = vectors_many(input) ? ink_json_size(input) : 1;
    out->whole = ink_embedder_width(e->embedder);
    out->width = dimensions ? (size_t)dimensions : out->whole;
    snprintf(out->model, sizeof out->model, "%s", name);
    if (out->count > VECTORS_MOST)
        return ink_fail(err, INK_E_LIMIT, "%zu texts: a request has at most %d", out->count, VECTORS_MOST);
    if (out->width > out->whole)
        return ink_fail(err, INK_E_ARGUMENT, "dimensions is %zu, and vectors of %s have %zu", out->width, name, out->whole);
    out->at = calloc(out->count * out->whole + 1, sizeof *out->at);
    if (!out->at)
        return ink_fail(err, INK_E_MEMORY, "no memory for %zu vectors", out->count);
    for (size_t at = 0; at < out->count; at += VECTORS_STEP) {
        if (srv_gone(c) || srv_stopping(c->server))
            return ink_fail(err, INK_E_STOPPED, "stopped after %zu texts", at);
        INK_TRY(vectors_step(c, e->embedder, input, at, out->count - at < VECTORS_STEP ? out->count - at : VECTORS_STEP, out, err));
    }
    vectors_shorten(out);
    return INK_OK;
}

ink_status srv_vectors_make(srv_call *c, const char *model, const ink_json *input, int64_t dimensions, srv_vectors *out, ink_err *err)
{
    const srv_known *known;
    srv_loaded *loaded;
    void *what;
    *out = (srv_vectors){ 0 };
    if (ink_json_kind(input) == INK_JSON_ABSENT || (ink_json_kind(input) == INK_JSON_ARRAY && !ink_json_size(input)))
        return ink_fail(err, INK_E_ARGUMENT, "input is missing: a text, a list of texts, or token ids");
    INK_TRY(encoder_find(c, model, &known, err));
    INK_TRY(srv_loads_take(srv_encoders_of(c->server), c->server, known, &loaded, &what, err));
    ink_status status = vectors_all(c, what, known->name, input, dimensions, out, err);
    srv_loads_give(loaded);
    if (status)
        srv_vectors_clear(out);
    return status;
}

void srv_vectors_clear(srv_vectors *v)
{
    free(v->at);
    *v = (srv_vectors){ 0 };
}
