/* ids: a line {"input_ids": […], "labels": […]} for each sample. Labels stand at the place of the token itself, -100 is ignored;
   without them everything is learned. */
#include "train/examples.h"

#include <stdlib.h>

typedef struct ids_row {
    const ink_reading *r;
    ink_examples *into;
    int32_t *ids, *targets; /* [room] */
    size_t room;
} ids_row;

static bool ids_probe(const char *head, size_t n)
{
    return ink_json_mentions(head, n, "input_ids");
}

static ink_status ids_list(const ids_row *s, const ink_json *list, const char *name, size_t n, int32_t *out, ink_err *err)
{
    if (ink_json_kind(list) != INK_JSON_ARRAY || ink_json_size(list) != n)
        return ink_fail(err, INK_E_FORMAT, "%s is no list of %zu numbers", name, n);
    for (size_t i = 0; i < n; i++) {
        int64_t id = ink_json_integer(ink_json_at(list, i), INT64_MIN);
        if (id < INK_IGNORED || id > INT32_MAX)
            return ink_fail(err, INK_E_FORMAT, "number %zu of %s is no token", i + 1, name);
        if (id >= (int64_t)s->r->vocab)
            return ink_fail(err, INK_E_FORMAT, "number %zu of %s is %lld, outside the model's vocabulary of %zu", i + 1, name, (long long)id, s->r->vocab);
        out[i] = (int32_t)id;
    }
    return INK_OK;
}

static ink_status ids_grow(ids_row *s, size_t n, ink_err *err)
{
    if (n < s->room)
        return INK_OK;
    int32_t *ids = realloc(s->ids, 2 * n * sizeof *ids), *targets;
    s->ids = ids ? ids : s->ids;
    targets = ids ? realloc(s->targets, 2 * n * sizeof *targets) : NULL;
    s->targets = targets ? targets : s->targets;
    if (!targets)
        return ink_fail(err, INK_E_MEMORY, "no memory for a sample of %zu tokens", n);
    s->room = 2 * n;
    return INK_OK;
}

/* What is read, and in its labels what is written: all of it is learned, but for an end of ignored ones, with which others fill up. */
static ink_status ids_pair(const ids_row *s, size_t n, size_t m, ink_err *err)
{
    while (m && s->targets[m - 1] == INK_IGNORED)
        m--;
    for (size_t i = 0; i < m; i++)
        if (s->targets[i] == INK_IGNORED)
            return ink_fail(err, INK_E_FORMAT, "number %zu of labels is ignored, and what comes after it is not", i + 1);
    return ink_pair_add(s->r, s->ids, n, s->targets, m, s->into, err);
}

/* Labels say what is asked for; without them it is drawn. */
static ink_status ids_masked(const ids_row *s, const ink_json *labels, size_t n, ink_err *err)
{
    if (!labels)
        ink_masked_targets(s->r, s->ids, n, s->targets);
    return ink_examples_add(s->into, s->ids, s->targets, labels ? INK_IGNORED : 0, n, err);
}

static ink_status ids_add(void *user, const ink_json *row, ink_err *err)
{
    ids_row *s = user;
    const ink_json *ids = ink_json_get(row, "input_ids"), *labels = ink_json_get(row, "labels");
    size_t n = ink_json_size(ids), m = s->r->pairs && labels ? ink_json_size(labels) : n, most = n > m ? n : m;
    INK_TRY(ids_grow(s, most + 1, err));
    INK_TRY(ids_list(s, ids, "input_ids", n, s->ids, err));
    if (labels)
        INK_TRY(ids_list(s, labels, "labels", m, s->targets, err));
    if (most > s->r->cutoff)
        return ink_fail(err, INK_E_LIMIT, "has %zu tokens, but a sample has at most %zu (cutoff_len)", most, s->r->cutoff);
    if (s->r->pairs && labels)
        return ids_pair(s, n, m, err);
    if (s->r->pairs)
        return s->r->spans ? ink_examples_add(s->into, s->ids, n > 1 ? s->ids : NULL, INK_IGNORED, n, err) : ink_fail(err, INK_E_FORMAT, "has no labels, which say what is written");
    if (s->r->masked)
        return ids_masked(s, labels, n, err);
    const int32_t first = !n ? INK_IGNORED : labels ? s->targets[0] : s->ids[0];
    for (size_t i = 0; labels && i < n; i++)
        s->targets[i] = i + 1 < n ? s->targets[i + 1] : INK_IGNORED;
    return ink_examples_add(s->into, s->ids, labels ? s->targets : NULL, first, n, err);
}

static ink_status ids_read(const ink_reading *r, const char *text, size_t n, ink_examples *into, ink_err *err)
{
    ids_row s = { .r = r, .into = into };
    ink_status status = ink_json_rows(r, text, n, ids_add, &s, into, err);
    free(s.ids);
    free(s.targets);
    return status;
}

const ink_rows_format ink_rows_ids = { .name = "ids", .probe = ids_probe, .read = ids_read };
