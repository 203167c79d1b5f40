/* anchors: a line {"anchor": "…", "positive": "…"} for each two texts that mean the same (stage embed), as two samples one after the other. */
#include "train/examples.h"

#include <stdlib.h>
#include <string.h>

typedef struct anchors_row {
    const ink_reading *r;
    const ink_tokenizer *tokenizer;
    ink_examples *into;
} anchors_row;

static bool anchors_probe(const char *head, size_t n) { return ink_json_mentions(head, n, "anchor") && ink_json_mentions(head, n, "positive"); }

/* A text between what the model wants around it, cut where it is too long, as vectors of it are made. */
static ink_status anchors_ids(const anchors_row *s, const ink_json *v, const char *name, ink_ids *ids, ink_err *err)
{
    const int32_t closing = ink_tokenizer_closing(s->tokenizer);
    const size_t room = s->r->cutoff - (closing >= 0);
    size_t n;
    const char *text = ink_json_text(v, &n);
    if (!text || !n)
        return ink_fail(err, INK_E_FORMAT, "%s is no text, or an empty one", name);
    INK_TRY(ink_tokenizer_begin(s->tokenizer, ids, err));
    INK_TRY(ink_tokenize(s->tokenizer, text, n, 0, ids, err));
    ids->count = ids->count < room ? ids->count : room;
    if (closing >= 0)
        INK_TRY(ink_ids_add(ids, closing, err));
    return ids->count ? INK_OK : ink_fail(err, INK_E_FORMAT, "%s has no token", name);
}

/* Every row counts: the vector is the mean of all. */
static ink_status anchors_sample(const anchors_row *s, const ink_ids *ids, ink_err *err)
{
    int32_t *all = calloc(ids->count, sizeof *all);
    if (!all)
        return ink_fail(err, INK_E_MEMORY, "no memory for a sample of %zu tokens", ids->count);
    ink_status status = ink_examples_add(s->into, ids->at, all, INK_IGNORED, ids->count, err);
    free(all);
    return status;
}

static ink_status anchors_add(void *user, const ink_json *row, ink_err *err)
{
    const anchors_row *s = user;
    ink_ids first = { 0 }, second = { 0 };
    ink_status status = anchors_ids(s, ink_json_get(row, "anchor"), "anchor", &first, err);
    if (!status)
        status = anchors_ids(s, ink_json_get(row, "positive"), "positive", &second, err);
    if (!status)
        status = anchors_sample(s, &first, err);
    if (!status)
        status = anchors_sample(s, &second, err);
    ink_ids_clear(&first);
    ink_ids_clear(&second);
    return status;
}

static ink_status anchors_read(const ink_reading *r, const char *text, size_t n, ink_examples *into, ink_err *err)
{
    anchors_row s = { .r = r, .into = into };
    if (!r->anchors)
        return ink_fail(err, INK_E_ARGUMENT, "%s: texts two and two are for stage embed", r->path);
    INK_TRY(ink_model_tokenizer(r->model, &s.tokenizer, err));
    return ink_json_rows(r, text, n, anchors_add, &s, into, err);
}

const ink_rows_format ink_rows_anchors = { .name = "anchors", .probe = anchors_probe, .read = anchors_read };
