/* Pairs for models that read one sequence and write another: what is written stands behind what is read, a token later, begun by the token that
   answers begin with. */
#include "train/examples.h"

#include <stdlib.h>
#include <string.h>

ink_status ink_pair_add(const ink_reading *r, const int32_t *read, size_t n, const int32_t *written, size_t m, ink_examples *into, ink_err *err)
{
    const int32_t start = (int32_t)ink_model_config(r->model)->start;
    n = n < r->cutoff ? n : r->cutoff;
    m = m < r->cutoff ? m : r->cutoff;
    if (!n || !m) {
        into->dropped++;
        return INK_OK;
    }
    int32_t *ids = malloc(2 * (n + m) * sizeof *ids), *targets = ids ? ids + n + m : NULL;
    if (!ids)
        return ink_fail(err, INK_E_MEMORY, "no memory for a sample of %zu tokens", n + m);
    memcpy(ids, read, n * sizeof *ids);
    for (size_t i = 0; i < n; i++)
        targets[i] = INK_IGNORED;
    for (size_t i = 0; i < m; i++) {
        ids[n + i] = i ? written[i - 1] : start;
        targets[n + i] = written[i];
    }
    const ink_status status = ink_examples_add(into, ids, targets, (int32_t)n, n + m, err);
    free(ids);
    return status;
}

/* A side as ids: the text, cut so that what closes it fits. */
static ink_status pair_side(const ink_reading *r, const ink_tokenizer *t, const ink_buf *text, ink_ids *ids, ink_err *err)
{
    const int32_t closing = ink_tokenizer_closing(t) >= 0 ? ink_tokenizer_closing(t) : ink_tokenizer_eos(t);
    INK_TRY(ink_buf_check(text, r->path, err));
    INK_TRY(ink_tokenize(t, text->data ? text->data : "", text->len, 0, ids, err));
    if (closing < 0)
        return INK_OK;
    ids->count = ids->count < r->cutoff ? ids->count : r->cutoff - 1;
    return ink_ids_add(ids, closing, err);
}

static ink_status pair_texts(const ink_reading *r, const ink_buf *asked, const ink_buf *answer, ink_examples *into, ink_err *err)
{
    const ink_tokenizer *t;
    ink_ids read = { 0 }, written = { 0 };
    INK_TRY(ink_model_tokenizer(r->model, &t, err));
    ink_status status = pair_side(r, t, asked, &read, err);
    if (status == INK_OK)
        status = pair_side(r, t, answer, &written, err);
    if (status == INK_OK)
        status = ink_pair_add(r, read.at, read.count, written.at, written.count, into, err);
    ink_ids_clear(&read);
    ink_ids_clear(&written);
    return status;
}

ink_status ink_pair_talk(const ink_reading *r, const ink_json *messages, ink_examples *into, ink_err *err)
{
    ink_buf before, answer;
    ink_status status = INK_OK;
    ink_buf_init(&before, 0);
    for (size_t i = 0; status == INK_OK && i < ink_json_size(messages); i++) {
        const ink_json *m = ink_json_at(messages, i);
        size_t n = 0;
        const char *text = ink_json_text(ink_json_get(m, "content"), &n);
        ink_buf_init(&answer, 0);
        ink_buf_add(&answer, text ? text : "", n);
        if (!strcmp(ink_json_string(ink_json_get(m, "role"), ""), "assistant"))
            status = pair_texts(r, &before, &answer, into, err);
        if (before.len)
            ink_buf_char(&before, '\n');
        ink_buf_add(&before, text ? text : "", n);
        ink_buf_clear(&answer);
    }
    ink_buf_clear(&before);
    return status;
}
