/* The English dictionary: words in order, in blocks that each begin with a whole word. */
#include "base/text.h"
#include "text/g2p.h"
#include "text/g2p_tables.h"

#include <string.h>

/* The block that would hold the word. */
static size_t dictionary_block(const char *word, size_t n)
{
    size_t low = 0, high = ink_english.blocks;
    while (high - low > 1) {
        const size_t middle = (low + high) / 2;
        const unsigned char *first = ink_english_words + ink_english_blocks[middle];
        if (ink_bytes_compare(first + 2, first[1], word, n) <= 0)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static bool dictionary_find(const char *word, size_t n, ink_phones *out)
{
    const size_t block = dictionary_block(word, n), left = ink_english.words - block * INK_G2P_BLOCK;
    const unsigned char *at = ink_english_words + ink_english_blocks[block];
    char name[256];
    for (size_t i = 0; i < INK_G2P_BLOCK && i < left; i++) {
        const size_t same = at[0], more = at[1];
        memcpy(name + same, at + 2, more);
        at += 2 + more;
        if (!ink_bytes_compare(name, same + more, word, n)) {
            out->count = at[0];
            memcpy(out->at, at + 1, at[0]);
            return true;
        }
        at += 1 + at[0];
    }
    return false;
}

static bool dictionary_in(uint8_t p, const uint8_t *set, size_t n)
{
    return memchr(set, p, n);
}

/* The s of a plural or a genitive, as it sounds after what stands before it. */
static void dictionary_s(ink_phones *p)
{
    static const uint8_t hissing[] = { INK_P_S, INK_P_Z, INK_P_SH, INK_P_ZH, INK_P_CH, INK_P_JH }, voiceless[] = { INK_P_P, INK_P_T, INK_P_K, INK_P_F, INK_P_TH };
    const uint8_t last = p->at[p->count - 1];
    const bool hiss = dictionary_in(last, hissing, sizeof hissing);
    if (hiss)
        p->at[p->count++] = INK_VOWEL(IH, 0);
    p->at[p->count++] = dictionary_in(last, voiceless, sizeof voiceless) ? INK_P_S : INK_P_Z;
}

bool ink_g2p_known(const char *word, size_t n, ink_phones *out)
{
    if (!n || n > INK_WORD_LONGEST)
        return false;
    if (dictionary_find(word, n, out))
        return true;
    if (n > 2 && word[n - 2] == '\'' && word[n - 1] == 's' && dictionary_find(word, n - 2, out)) {
        dictionary_s(out);
        return true;
    }
    return n > 1 && word[n - 1] == '\'' && dictionary_find(word, n - 1, out);
}
