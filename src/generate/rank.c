#include "generate/rank.h"

#include <string.h>

enum { RANK_BLOCK = 512 };

/* One number that orders by key, then by place, the earlier being larger. */
static uint64_t rank_entry(float key, size_t place)
{
    uint32_t bits;
    memcpy(&bits, &key, sizeof bits);
    bits = bits & 0x80000000u ? ~bits : bits | 0x80000000u; /* ordered as the floats are */
    bits = key == key ? bits : 0;                           /* NaN */
    return (uint64_t)bits << 32 | (uint32_t)~(uint32_t)place;
}

static float rank_key(uint64_t entry)
{
    uint32_t bits = (uint32_t)(entry >> 32);
    bits = bits & 0x80000000u ? bits & 0x7fffffffu : ~bits;
    float key;
    memcpy(&key, &bits, sizeof key);
    return key;
}

/* The root holds the smallest; puts `entry` in its place, n entries in all. */
static void rank_sink(uint64_t *heap, size_t n, uint64_t entry)
{
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        child += child + 1 < n && heap[child + 1] < heap[child];
        if (entry <= heap[child])
            break;
        heap[at] = heap[child];
    }
    heap[at] = entry;
}

static void rank_block(const float *keys, size_t from, size_t to, size_t n, uint64_t *heap)
{
    for (size_t i = from; i < to; i++) {
        uint64_t entry = rank_entry(keys[i], i);
        if (entry > heap[0])
            rank_sink(heap, n, entry);
    }
}

void ink_rank(const ink_kernels *k, const float *keys, size_t count, size_t n, uint64_t *heap)
{
    if (!n)
        return;
    memset(heap, 0, n * sizeof *heap); /* less than any entry */
    rank_block(keys, 0, n, n, heap);
    for (size_t i = n; i < count; i += RANK_BLOCK) {
        size_t to = i + RANK_BLOCK < count ? i + RANK_BLOCK : count;
        if (k->max(to - i, keys + i) > rank_key(heap[0]))
            rank_block(keys, i, to, n, heap);
    }
    for (size_t left = n - 1; left; left--) { /* the smallest goes last */
        uint64_t smallest = heap[0];
        rank_sink(heap, left, heap[left]);
        heap[left] = smallest;
    }
}
