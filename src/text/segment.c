/* Ideographs into words: the way to cut that costs least, each word costing what it is rare. Worked out from the end of the run. */
#include "text/pinyin.h"

#include <stdlib.h>
#include <string.h>

uint64_t ink_han_hash(const char *bytes, size_t n, uint64_t h)
{
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)bytes[i]) * 0x100000001B3u; /* FNV-1a */
    return h;
}

const unsigned char *ink_han_slot(const unsigned char *table, uint32_t slots, size_t size, uint64_t h)
{
    h ^= h >> 32;
    for (uint64_t slot = (h & 0xFFFFFFFF) * slots >> 32;; slot = (slot + 1) % slots) {
        const unsigned char *at = table + slot * size;
        const uint32_t mark = at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
        bool empty = true;
        for (size_t i = 0; i < size; i++)
            empty = empty && at[i] == 0xFF;
        if (empty)
            return NULL;
        if (mark == h >> 32)
            return at + 4;
    }
}

const unsigned char *ink_han_word(const char *word, size_t n)
{
    return ink_han_slot(ink_han_words, ink_han.words, 8, ink_han_hash(word, n, INK_HAN_HASH));
}

typedef struct segment_way {
    int32_t cost;
    uint8_t length;
} segment_way;

static int32_t segment_cost(const char *word, size_t n, size_t chars, const ink_own_lexicon *own)
{
    const unsigned char *slot = ink_han_word(word, n);
    if (own && ink_own_lexicon_find(own, word, n))
        return 0;
    return slot ? slot[0] : chars == 1 ? ink_han.rare : -1;
}

static void segment_at(const char *text, const ink_han_char *chars, size_t count, size_t i, const ink_own_lexicon *own, segment_way *ways)
{
    const size_t most = count - i < INK_HAN_LONGEST ? count - i : INK_HAN_LONGEST;
    ways[i].length = 0;
    for (size_t n = 1; n <= most; n++) {
        const int32_t cost = segment_cost(text + chars[i].at, chars[i + n].at - chars[i].at, n, own);
        if (cost >= 0 && (!ways[i].length || cost + ways[i + n].cost <= ways[i].cost))
            ways[i] = (segment_way){ cost + ways[i + n].cost, (uint8_t)n };
    }
}

bool ink_han_segment(const char *text, ink_han_char *chars, size_t count, const ink_own_lexicon *own)
{
    segment_way *ways = calloc(count + 1, sizeof *ways);
    if (!ways)
        return false;
    for (size_t i = count; i-- > 0;)
        segment_at(text, chars, count, i, own, ways);
    for (size_t i = 0; i < count; i += ways[i].length)
        chars[i].begins = true;
    free(ways);
    return true;
}
