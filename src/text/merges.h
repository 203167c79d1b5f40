/* Which two tokens join, into what, and which pair goes first: the lower its rank, the sooner. Listed merges are a flat table
   of pairs; SentencePiece joins whatever gives a token, the higher its score the sooner. */
#ifndef INK_TEXT_MERGES_H
#define INK_TEXT_MERGES_H

#include "text/vocab.h"

enum { INK_NO_RANK = 0x3FFFFF }; /* above every rank; a rank has 22 bits */

typedef struct ink_merges {
    uint64_t *slots;     /* left, right: 21 bits each; rank: 22 bits. NULL: by score */
    uint64_t mask;
    uint32_t *joined;    /* what each rank makes */
    uint32_t *pairs;     /* byte-level: ranks of two bytes, at [left << 8 | right] */
    uint32_t *order;     /* by score: the rank of each token, INK_NO_RANK for those that nothing joins into */
} ink_merges;

ink_status ink_merges_make(ink_merges *m, const ink_vocab *v, const ink_tokenizer_spec *spec, ink_err *err);
void ink_merges_clear(ink_merges *m);

static inline uint64_t ink_merges_hash(uint64_t pair) /* left << 21 | right */
{
    uint64_t h = pair * 0x9E3779B97F4A7C15u;
    return h ^ h >> 32;
}

static inline uint32_t ink_merges_rank(const ink_merges *m, int32_t left, int32_t right)
{
    const uint64_t pair = (uint64_t)(uint32_t)left << 21 | (uint32_t)right;
    for (uint64_t at = ink_merges_hash(pair);; at++) {
        const uint64_t slot = m->slots[at & m->mask];
        if (slot >> 22 == pair)
            return (uint32_t)slot & INK_NO_RANK;
        if (slot == UINT64_MAX)
            return INK_NO_RANK;
    }
}

#endif
