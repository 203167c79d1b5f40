/* Pieces already encoded in this call: a direct-mapped table of short pieces that are at most four tokens. */
#ifndef INK_TEXT_CACHE_H
#define INK_TEXT_CACHE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { INK_CACHE_BYTES = 15, INK_CACHE_IDS = 4 };

typedef struct ink_cache_key { /* the bytes, zeros, and the length in the last byte */
    uint64_t low, high;
} ink_cache_key;

typedef struct ink_cache_entry {
    ink_cache_key key;
    int32_t ids[INK_CACHE_IDS]; /* then -1 */
} ink_cache_entry;

/* p[0, n), n <= INK_CACHE_BYTES; left: how many bytes may be read at p. */
static inline ink_cache_key ink_cache_key_of(const uint8_t *p, size_t n, size_t left)
{
    ink_cache_key k = { 0, 0 };
    if (left >= 16) {
        memcpy(&k.low, p, 8);
        memcpy(&k.high, p + 8, 8);
        if (n < 8) {
            k.low &= ((uint64_t)1 << 8 * n) - 1;
            k.high = 0;
        } else
            k.high &= ((uint64_t)1 << 8 * (n - 8)) - 1;
    } else {
        uint8_t whole[16] = { 0 };
        memcpy(whole, p, n);
        memcpy(&k, whole, 16);
    }
    k.high |= (uint64_t)n << 56;
    return k;
}

static inline size_t ink_cache_slot(ink_cache_key k)
{
    uint64_t h = (k.low ^ (k.high << 29 | k.high >> 35)) * 0x9E3779B97F4A7C15u;
    return (size_t)(h ^ h >> 32);
}

#endif
