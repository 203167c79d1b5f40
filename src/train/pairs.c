/* Minimal pairs (BLiMP, Warstadt et al. 2020): two sentences that differ in what a rule of grammar decides. A model knows the rule
   when it gives the good one the higher probability, summed over all its tokens. */
#include "base/file.h"
#include "base/path.h"
#include "train/train.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

typedef struct pairs_reading {
    const ink_reading *r;
    ink_examples *into;
} pairs_reading;

/* A sentence after the token that texts begin with, or, where there is none, that they end with. */
static ink_status pairs_sentence(const pairs_reading *s, const char *text, size_t n, ink_err *err)
{
    const ink_tokenizer *t;
    ink_ids ids = { 0 };
    INK_TRY(ink_model_tokenizer(s->r->model, &t, err));
    const int32_t first = ink_tokenizer_bos(t) >= 0 ? ink_tokenizer_bos(t) : ink_tokenizer_eos(t);
    ink_status status = first >= 0 ? ink_ids_add(&ids, first, err) : INK_OK;
    const size_t before = s->into->count;
    if (status == INK_OK)
        status = ink_tokenize(t, text, n, 0, &ids, err);
    if (status == INK_OK && ids.count > s->r->cutoff)
        status = ink_fail(err, INK_E_LIMIT, "a sentence has %zu tokens, and the model a context of %zu", ids.count, s->r->cutoff);
    if (status == INK_OK)
        status = ink_examples_add(s->into, ids.at, NULL, INK_IGNORED, ids.count, err);
    ink_ids_clear(&ids);
    return status == INK_OK && s->into->count == before ? ink_fail(err, INK_E_FORMAT, "a sentence has no token to be foreseen") : status;
}

static ink_status pairs_row(void *user, const ink_json *row, ink_err *err)
{
    static const char *const keys[] = { "sentence_good", "sentence_bad" };
    for (size_t i = 0; i < 2; i++) {
        size_t n = 0;
        const char *text = ink_json_text(ink_json_get(row, keys[i]), &n);
        if (!text)
            return ink_fail(err, INK_E_FORMAT, "has no %s", keys[i]);
        INK_TRY(pairs_sentence(user, text, n, err));
    }
    return INK_OK;
}

static ink_status pairs_file(const ink_reading *asked, const char *path, ink_examples *into, ink_err *err)
{
    ink_reading r = *asked;
    ink_map map;
    r.path = path;
    INK_TRY(ink_map_open(path, &map, err));
    ink_status status = ink_json_rows(&r, map.data ? (const char *)map.data : "", map.size, pairs_row, &(pairs_reading){ &r, into }, into, err);
    ink_map_close(&map);
    return status;
}

static int pairs_listed(const struct dirent *e)
{
    const size_t n = strlen(e->d_name);
    return n > 6 && !strcmp(e->d_name + n - 6, ".jsonl");
}

static ink_status pairs_folder(const ink_reading *r, ink_examples *into, ink_err *err)
{
    struct dirent **list;
    ink_status status = INK_OK;
    const int count = scandir(r->path, &list, pairs_listed, alphasort);
    if (count < 0)
        return ink_fail(err, INK_E_IO, "%s: cannot be listed", r->path);
    for (int i = 0; i < count; i++) {
        ink_path path;
        if (status == INK_OK)
            status = ink_path_format(&path, err, "%s/%s", r->path, list[i]->d_name);
        if (status == INK_OK)
            status = pairs_file(r, path.text, into, err);
        free(list[i]);
    }
    free(list);
    return status;
}

ink_status ink_pairs_read(const ink_reading *r, ink_examples *into, ink_err *err)
{
    INK_TRY(ink_file_kind(r->path) == 'd' ? pairs_folder(r, into, err) : pairs_file(r, r->path, into, err));
    return into->count ? INK_OK : ink_fail(err, INK_E_FORMAT, "%s: there is no pair in it: lines {\"sentence_good\": …, \"sentence_bad\": …}", r->path);
}

double ink_pairs_measure(ink_learner *l, const ink_examples *pairs, size_t batch)
{
    enum { MOST = 64 };
    size_t right = 0;
    batch = batch < MOST ? batch : MOST;
    double good = 0;
    for (size_t i = 0; i < pairs->count; i += batch) {
        const size_t n = pairs->count - i < batch ? pairs->count - i : batch;
        uint32_t which[MOST];
        double sums[MOST];
        for (size_t k = 0; k < n; k++)
            which[k] = (uint32_t)(i + k);
        ink_learner_measure(l, pairs, which, n, sums);
        for (size_t k = 0; k < n; k++) {
            right += (i + k) % 2 && good < sums[k];
            good = sums[k];
        }
    }
    return (double)right / (double)(pairs->count / 2);
}
