/* Any bytes as an n-gram model, asked and written when it opens. */
#define _GNU_SOURCE
#include "fuzz_weights.h"

#include <ink/ngram.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ink_err err = { 0 };
    ink_ngram *m;
    if (size > 1 << 16)
        return 0;
    if (ink_ngram_open(fuzz_file(data, size), &m, &err)) {
        fuzz_need(err.text[0] && err.status);
        return 0;
    }
    const uint32_t words[] = { INK_NGRAM_BEGIN, 3, 4, 2, 0, 3 };
    const size_t known = ink_ngram_count(m, 1);
    for (size_t i = 0; i < 5; i++)
        if (words[i + 1] < known && words[i] < known)
            ink_ngram_score(m, words + i, 1, words[i + 1], NULL);
    fuzz_need(ink_ngram_draw(m, words, 1, 0.5) < known);
    ink_ngram_close(m);
    return 0;
}
