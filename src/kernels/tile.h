/* What attention multiplies: tiles of P panels of 16 lanes by T queries, one accumulator for each, steps in order. So what
   a sum adds up, and in which order, depends on no tile. */
#ifndef INK_KERNELS_TILE_H
#define INK_KERNELS_TILE_H

#include "kernels/kv_layout.h"
#include "kernels/lanes.h"

enum { TILE_PANELS = 4, TILE_QUERIES = 12, /* the most in any tile */ TILE_PACE = 4 /* steps between two looks at what to fetch */ };

typedef struct tile_job {
    const uint8_t *w; /* the lanes of panel p at step i: w + p · panel_bytes + i · step_bytes */
    size_t panel_bytes, step_bytes, steps, panel;
    const float *scale; /* q8: see the loads below; `panel` is the number of the first */
    size_t scales;
    const float *x; /* [query][step] */
    size_t x_stride;
    float *y; /* [query][16 · panels] */
    size_t y_stride;
    bool more;            /* the sums go on from what y holds */
    const uint8_t *fetch; /* or NULL: what is read later, asked of memory at the pace of fetch_bytes a panel and step */
    size_t fetch_bytes;
} tile_job;

typedef f32x16 tile_load(const tile_job *j, size_t panel, size_t step, const uint8_t *w);
typedef void tile_function(const tile_job *j);
typedef tile_function *const tile_table[3][TILE_QUERIES + 1]; /* by log2 of the panels, and queries; NULL: too many registers */

LANES_INLINE f32x16 tile_f32(const tile_job *j, size_t panel, size_t step, const uint8_t *w)
{
    (void)j, (void)panel, (void)step;
    return f_load((const float *)(const void *)w);
}

LANES_INLINE f32x16 tile_f16(const tile_job *j, size_t panel, size_t step, const uint8_t *w)
{
    (void)j, (void)panel, (void)step;
    return f_load_f16((const uint16_t *)(const void *)w);
}

/* A scale for each of 16 keys and 32 dimensions. */
LANES_INLINE f32x16 tile_q8_keys(const tile_job *j, size_t panel, size_t step, const uint8_t *w)
{
    return f_mul(f_load_i8((const int8_t *)w), f_load(j->scale + (panel * j->scales + step / INK_KV_SCALED) * LANES));
}

/* A scale for each value and 32 dimensions, which are two panels. */
LANES_INLINE f32x16 tile_q8_values(const tile_job *j, size_t panel, size_t step, const uint8_t *w)
{
    return f_mul(f_load_i8((const int8_t *)w), f_set1(j->scale[step * j->scales + panel / 2]));
}

LANES_INLINE void tile_body(tile_load *load, const tile_job *j, int P, int T)
{
    f32x16 acc[TILE_QUERIES][TILE_PANELS], w[TILE_PANELS];
    float *const y = j->y;
    const size_t y_stride = j->y_stride;
    LANES_EACH(t, T)
        LANES_EACH(p, P)
            acc[t][p] = j->more ? f_load(y + (size_t)t * y_stride + LANES * p) : f_zero();
    const size_t pace = j->fetch ? TILE_PACE : j->steps, ahead = j->fetch ? pace * (size_t)P * j->fetch_bytes : 0;
    const uint8_t *fetch = j->fetch;
    for (size_t i = 0; i < j->steps;) {
        const size_t end = i + pace < j->steps ? i + pace : j->steps;
        for (size_t line = 0; line < ahead; line += 64)
            __builtin_prefetch(fetch + line);
        fetch += ahead;
        for (; i < end; i++) {
            LANES_EACH(p, P) {
                w[p] = load(j, j->panel + (size_t)p, i, j->w + (size_t)p * j->panel_bytes + i * j->step_bytes);
                if (T > 1)
                    LANES_HIDE(w[p]); /* or it would be loaded again for each query */
            }
            LANES_EACH(t, T) {
                const f32x16 x = f_set1(j->x[(size_t)t * j->x_stride + i]);
                LANES_EACH(p, P)
                    acc[t][p] = f_fma(w[p], x, acc[t][p]);
            }
        }
    }
    LANES_EACH(t, T)
        LANES_EACH(p, P)
            f_store(y + (size_t)t * y_stride + LANES * p, acc[t][p]);
}

/* The tiles whose accumulators fit the registers, as X(load, log2 of the panels, queries): 24 of 32 wide ones, 12 of 16. */
#define TILE_LIST_3(X, load, wide) X(load, wide, 1) X(load, wide, 2) X(load, wide, 3)
#define TILE_LIST_6(X, load, wide) TILE_LIST_3(X, load, wide) X(load, wide, 4) X(load, wide, 5) X(load, wide, 6)
#define TILE_LIST_12(X, load, wide) \
    TILE_LIST_6(X, load, wide) X(load, wide, 7) X(load, wide, 8) X(load, wide, 9) X(load, wide, 10) X(load, wide, 11) X(load, wide, 12)
#if defined(INK_ISA_AVX512)
enum { TILE_MOST = 12 }; /* queries here */
#define TILE_LIST(X, load) TILE_LIST_12(X, load, 0) TILE_LIST_12(X, load, 1) TILE_LIST_6(X, load, 2)
#else
enum { TILE_MOST = 6 };
#define TILE_LIST(X, load) TILE_LIST_6(X, load, 0) TILE_LIST_3(X, load, 1) X(load, 2, 1)
#endif

/* One function per tile of a load, and their table load_tiles. */
#define TILE_FUNCTION(load, wide, queries) \
    static void load##_##wide##_##queries(const tile_job *j) { tile_body(load, j, 1 << wide, queries); }
#define TILE_ENTRY(load, wide, queries) [wide][queries] = load##_##wide##_##queries,
#define TILE_TABLE(load)               \
    TILE_LIST(TILE_FUNCTION, load)     \
    static tile_table load##_tiles = { TILE_LIST(TILE_ENTRY, load) };

TILE_TABLE(tile_f32)
TILE_TABLE(tile_f16)
TILE_TABLE(tile_q8_keys)
TILE_TABLE(tile_q8_values)

/* Up to TILE_MOST queries against so many panels, as many at a time as there are registers for. The job walks along. */
static void tile_walk(tile_job *j, size_t panels, size_t queries, tile_table tiles)
{
    while (panels) {
        int wide = 2;
        while (panels >> wide == 0 || !tiles[wide][queries])
            wide--;
        tiles[wide][queries](j);
        const size_t n = (size_t)1 << wide;
        panels -= n;
        j->panel += n;
        j->w += n * j->panel_bytes;
        j->fetch = j->fetch ? j->fetch + n * j->steps * j->fetch_bytes : NULL;
        j->y += n * LANES;
    }
}

#endif
