/* What the targets of tokenizers share: one made from what a file holds, and texts that are cut with it. */
#ifndef INK_FUZZ_TOKENIZER_H
#define INK_FUZZ_TOKENIZER_H

#include "fuzz.h"
#include "models/tokenizer.h"

/* Reads what `from` points to into a specification; what that points to lives in the source. */
typedef ink_status fuzz_reader(const void *from, ink_tokenizer_spec *spec, ink_tokenizer_source *source, ink_err *err);

/* NULL is a refusal, which must have its sentence. */
static inline ink_tokenizer *fuzz_tokenizer(fuzz_reader *read, const void *from, const char *where)
{
    ink_tokenizer_spec spec = { .where = where, .bos = -1, .eos = -1, .unknown = -1 };
    ink_tokenizer_source source = { 0 };
    ink_tokenizer *made = NULL;
    ink_err err = { 0 };
    fuzz_need(!ink_arena_new("tokenizer", (size_t)1 << 28, &source.arena, &err));
    ink_status status = read(from, &spec, &source, &err);
    if (!status)
        status = ink_tokenizer_make(&spec, &made, &err);
    if (!status)
        spec.split.count = 0; /* the tokenizer has taken its rules over */
    else
        fuzz_need(err.status && err.text[0]);
    ink_tokenizer_read_clear(&spec, &source);
    return status ? NULL : made;
}

/* Ids of the vocabulary, with control tokens read and without, and of every part of the text too. */
static inline void fuzz_encode(const ink_tokenizer *t, ink_text text, unsigned flags)
{
    ink_ids ids = { 0 };
    ink_err err = { 0 };
    if (ink_tokenize(t, text.data, text.size, flags, &ids, &err))
        fuzz_need(err.status && err.text[0] && !ids.count);
    size_t shown = 0;
    for (size_t i = 0; i < ids.count; i++) {
        fuzz_need(ids.at[i] >= 0 && (size_t)ids.at[i] < ink_tokenizer_size(t));
        shown += ink_token_display(t, ids.at[i], !i, flags != 0).size;
        ink_text bytes = ink_token_bytes(t, ids.at[i]);
        fuzz_need(!bytes.size || ink_tokenizer_find(t, bytes.data, bytes.size) >= -1);
    }
    fuzz_need(shown < (size_t)1 << 40);
    ink_ids_clear(&ids);
}

#endif
