/* From the text of a prompt to its ids. */
#include <ink/generate.h>
#include <ink/model.h>
#include <string.h>

ink_status ink_prompt_ids(const ink_tokenizer *t, const char *text, size_t n, ink_ids *ids, ink_err *err)
{
    const size_t before = ids->count;
    INK_TRY(ink_tokenizer_begin(t, ids, err));
    const size_t begun = ids->count;
    INK_TRY(ink_tokenize(t, text, n, INK_TOKENIZE_SPECIAL, ids, err));
    if (begun == before || begun == ids->count || ids->at[begun] != ids->at[before])
        return INK_OK;
    memmove(ids->at + before, ids->at + begun, (ids->count - begun) * sizeof *ids->at); /* the text begins with it itself */
    ids->count -= begun - before;
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
