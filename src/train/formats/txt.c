/* txt: one running text, in samples of cutoff_len tokens of which each foresees the next, the last one the first of the sample
   that follows. */
#include "train/examples.h"

#include <stdlib.h>
#include <string.h>

static bool txt_probe(const char *head, size_t n)
{
    const char first = ink_json_first(head, n);
    return first && first != '{' && first != '[';
}

static ink_status txt_cut(const ink_reading *r, const ink_ids *ids, ink_examples *into, ink_err *err)
{
    for (size_t at = 0; at + 1 < ids->count; at += r->cutoff) {
        size_t n = ids->count - 1 - at < r->cutoff ? ids->count - 1 - at : r->cutoff;
        INK_TRY(ink_examples_add(into, ids->at + at, ids->at + at + 1, ids->at[at], n, err));
    }
    return INK_OK;
}

void ink_masked_targets(const ink_reading *r, const int32_t *ids, size_t n, int32_t *targets)
{
    const ink_tokenizer *t = NULL;
    const bool known = !ink_model_tokenizer(r->model, &t, NULL);
    for (size_t i = 0; i < n; i++)
        targets[i] = known && ink_tokenizer_is_control(t, ids[i]) ? INK_IGNORED : ids[i];
}

/* Samples as encoders see texts: between what begins and what closes them; or bare, for spans to be drawn from. */
static ink_status txt_masked(const ink_reading *r, const ink_tokenizer *t, const ink_ids *ids, ink_examples *into, ink_err *err)
{
    const int32_t first = !r->spans && ink_tokenizer_adds_bos(t) ? ink_tokenizer_bos(t) : -1, last = r->spans ? -1 : ink_tokenizer_closing(t);
    const size_t around = (size_t)(first >= 0) + (last >= 0), room = r->cutoff > around ? r->cutoff - around : 1;
    int32_t *sample = malloc(2 * (room + around) * sizeof *sample);
    ink_status status = sample ? INK_OK : ink_fail(err, INK_E_MEMORY, "no memory for samples of %zu tokens", room);
    for (size_t at = 0, n; at < ids->count && status == INK_OK; at += n) {
        size_t count = 0;
        n = ids->count - at < room ? ids->count - at : room;
        if (first >= 0)
            sample[count++] = first;
        memcpy(sample + count, ids->at + at, n * sizeof *sample);
        count += n;
        if (last >= 0)
            sample[count++] = last;
        ink_masked_targets(r, sample, count, sample + room + around);
        status = ink_examples_add(into, sample, count > 1 || !r->spans ? sample + room + around : NULL, r->spans ? INK_IGNORED : 0, count, err);
    }
    free(sample);
    return status;
}

ink_status ink_text_add(const ink_reading *r, const char *text, size_t n, bool ends, ink_examples *into, ink_err *err)
{
    const ink_tokenizer *t;
    const bool drawn = r->masked || r->spans;
    ink_ids ids = { 0 };
    if (r->pairs && !r->spans)
        return ink_fail(err, INK_E_ARGUMENT, "%s: is text, which stage span learns; stage seq2seq wants what is read and what is written", r->path);
    INK_TRY(ink_model_tokenizer(r->model, &t, err));
    ink_status status = ends && !drawn ? ink_tokenizer_begin(t, &ids, err) : INK_OK;
    if (status == INK_OK)
        status = ink_tokenize(t, text, n, 0, &ids, err);
    if (status == INK_OK && ends && !drawn && ink_tokenizer_eos(t) >= 0)
        status = ink_ids_add(&ids, ink_tokenizer_eos(t), err);
    if (status == INK_OK)
        status = drawn ? txt_masked(r, t, &ids, into, err) : txt_cut(r, &ids, into, err);
    ink_ids_clear(&ids);
    return status;
}

static ink_status txt_read(const ink_reading *r, const char *text, size_t n, ink_examples *into, ink_err *err)
{
    if (r->answers)
        return ink_fail(err, INK_E_ARGUMENT, "%s: is running text, in which nobody answers; stage sft learns conversations", r->path);
    const size_t first = into->count;
    INK_TRY(ink_text_add(r, text, n, false, into, err));
    if (r->most && into->count > first + r->most) {
        into->count = first + r->most;
        into->ids.count = into->targets.count = into->starts[into->count];
    }
    for (size_t i = first; i < into->count; i++) /* each sample is a row of its own */
        into->rows[i] = (uint32_t)++into->row;
    return INK_OK;
}

const ink_rows_format ink_rows_txt = { .name = "txt", .probe = txt_probe, .read = txt_read };
