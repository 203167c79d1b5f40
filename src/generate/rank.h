/* The n largest of many numbers, in order, without sorting the rest: a heap of n, and blocks that cannot hold one skipped. */
#ifndef INK_GENERATE_RANK_H
#define INK_GENERATE_RANK_H

#include "kernels/kernels.h"

/* Fills heap[0 .. n) with what ink_rank_at reads, the largest first; of equals the earlier place is first. NaN counts as
   less than everything. n <= count < 2^32. */
void ink_rank(const ink_kernels *k, const float *keys, size_t count, size_t n, uint64_t *heap);

/* The place in keys of a ranked entry. */
static inline size_t ink_rank_at(uint64_t entry)
{
    return ~(uint32_t)entry;
}

#endif
