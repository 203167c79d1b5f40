/* From the text of a prompt to its ids. */
#include <ink/generate.h>
#include <ink/model.h>
#include <string.h>

ink_status ink_prompt_ids(const ink_tokenizer *t, const char *text, size_t n, ink_ids *ids, ink_err *err)
{
    size_t before = ids->count;
    int32_t bos = ink_tokenizer_bos(t);
    INK_TRY(ink_tokenize(t, text, n, INK_TOKENIZE_SPECIAL, ids, err));
    if (!ink_tokenizer_adds_bos(t) || bos < 0 || (ids->count > before && ids->at[before] == bos))
        return INK_OK;
    INK_TRY(ink_ids_add(ids, bos, err)); /* makes the room; then everything moves up */
    memmove(ids->at + before + 1, ids->at + before, (ids->count - before - 1) * sizeof *ids->at);
    ids->at[before] = bos;
    return INK_OK;
}

ink_status ink_model_prompt_ids(const ink_model *m, const char *text, size_t n, ink_ids *ids, ink_err *err)
{
    const ink_tokenizer *t;
    INK_TRY(ink_model_tokenizer(m, &t, err));
    INK_TRY(ink_prompt_ids(t, text, n, ids, err));
    const int32_t closing = ink_model_describe(m)->reads ? ink_tokenizer_closing(t) : -1;
    return closing >= 0 ? ink_ids_add(ids, closing, err) : INK_OK;
}
