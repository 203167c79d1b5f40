#include "models/tagging.h"

#include <stdlib.h>
#include <string.h>

ink_status ink_tagging_ids(const ink_tokenizer *t, const ink_text *words, size_t count, ink_ids *ids, size_t *starts, ink_err *err)
{
    const int32_t closing = ink_tokenizer_closing(t);
    const bool spaced = !strcmp(ink_tokenizer_kind(t), "byte-level BPE"); /* where a space belongs to the word that it precedes */
    const size_t begin = ids->count;
    INK_TRY(ink_tokenizer_begin(t, ids, err));
    for (size_t i = 0; i < count; i++) {
        const size_t from = ids->count, n = words[i].size;
        char *word = malloc(n + 1);
        if (!word)
            return ink_fail(err, INK_E_MEMORY, "no memory for a word of %zu bytes", n);
        *word = ' ';
        memcpy(word + 1, words[i].data, n);
        ink_status status = ink_tokenize(t, spaced ? word : word + 1, n + spaced, 0, ids, err);
        free(word);
        INK_TRY(status);
        starts[i] = ids->count > from ? from - begin : SIZE_MAX;
    }
    return closing >= 0 ? ink_ids_add(ids, closing, err) : INK_OK;
}
