/* How a product walks over panels and tokens: what dense.c and dense_bf16.c share. A tile is a few panels by a few tokens,
   its accumulators in registers, K walked in order from the first column to the last: so what an output element adds up,
   and in which order, depends neither on the tile that it falls into nor on the panels and rows of the call. */
#ifndef INK_KERNELS_DENSE_WALK_H
#define INK_KERNELS_DENSE_WALK_H

#include "base/count.h"
#include "kernels/fetch.h"
#include "kernels/kernels.h"
#include "kernels/rows_beside.h"

enum {
    DENSE_PANELS = 4,  /* the most panels in a tile */
    DENSE_TOKENS = 12, /* the most tokens in a tile */
};

_Static_assert((int)DENSE_TOKENS <= (int)ROWS_BESIDE, "a tile's tokens are read side by side");

typedef struct dense_job {
    const uint8_t *w; /* the first panel */
    size_t panel_bytes;
    size_t cols;
    const uint8_t *x; /* the first token, rows x_bytes apart */
    size_t x_bytes;
    float *y;
    size_t y_stride;
} dense_job;

typedef void dense_tile(const dense_job *j);
typedef dense_tile *const dense_tiles[3][DENSE_TOKENS + 1]; /* by log2 of the panels, and tokens; NULL: too many registers */

#define DENSE_INLINE static inline __attribute__((always_inline))

/* The tiles whose accumulators fit the registers, as X(body, log2 of the panels, tokens): 24 of 32 wide ones, 12 of 16. */
#define DENSE_LIST_4(X, body, wide) X(body, wide, 1) X(body, wide, 2) X(body, wide, 3) X(body, wide, 4)
#define DENSE_LIST_12(X, body, wide) \
    DENSE_LIST_4(X, body, wide) X(body, wide, 5) X(body, wide, 6) X(body, wide, 7) X(body, wide, 8) X(body, wide, 9) X(body, wide, 10) X(body, wide, 11) X(body, wide, 12)
#if defined(INK_ISA_AVX512)
#define DENSE_LIST(X, body) DENSE_LIST_12(X, body, 0) DENSE_LIST_12(X, body, 1) DENSE_LIST_4(X, body, 2)
#else
#define DENSE_LIST(X, body) DENSE_LIST_4(X, body, 0) X(body, 0, 5) X(body, 0, 6) X(body, 1, 1) X(body, 1, 2) X(body, 1, 3) X(body, 2, 1)
#endif
/* One function per tile of a body, and their table body_tiles. */
#define DENSE_FUNCTION(body, wide, tokens) \
    static void body##_##wide##_##tokens(const dense_job *j) { body(j, 1 << wide, tokens); }
#define DENSE_ENTRY(body, wide, tokens) [wide][tokens] = body##_##wide##_##tokens,
#define DENSE_TILES(body)                  \
    DENSE_LIST(DENSE_FUNCTION, body)       \
    static dense_tiles body##_tiles = { DENSE_LIST(DENSE_ENTRY, body) };

DENSE_INLINE void dense_zero(int panels, int tokens, f32x16 acc[DENSE_PANELS][DENSE_TOKENS])
{
    LANES_EACH(p, panels)
        LANES_EACH(t, tokens)
            acc[p][t] = f_zero();
}

/* Every accumulator is stored once. */
DENSE_INLINE void dense_store(const dense_job *j, int panels, int tokens, f32x16 acc[DENSE_PANELS][DENSE_TOKENS])
{
    LANES_EACH(t, tokens)
        LANES_EACH(p, panels)
            f_store(j->y + t * j->y_stride + LANES * p, acc[p][t]);
}

/* Where the read of panels is so many bytes of all of them later: past the end of these panels the next ones begin. */
DENSE_INLINE size_t dense_ahead(const dense_job *j, int panels, size_t offset, size_t bytes)
{
    offset += bytes / panels;
    return offset < j->panel_bytes ? offset : offset + (panels - 1) * j->panel_bytes;
}

/* A single token reads each weight once. Tiles of several read them again and again: for those one step is faster (3 to 7 %). */
DENSE_INLINE void dense_fetch(const dense_job *j, int panels, int tokens, size_t offset)
{
    const size_t near = dense_ahead(j, panels, offset, tokens == 1 ? FETCH_NEAR : FETCH_FAR), far = dense_ahead(j, panels, offset, FETCH_FAR);
    for (int p = 0; p < panels; p++) {
        __builtin_prefetch(j->w + p * j->panel_bytes + near);
        if (tokens == 1)
            __builtin_prefetch(j->w + p * j->panel_bytes + far, 0, 2);
    }
}

/* So many tokens against all panels, as many at a time as a tile of `widest` tokens leaves registers for; one token against one panel after the other,
   since then memory is what takes the time, and that reads best as one stream (13 % faster than four). */
static void dense_panels(dense_job j, size_t panels, size_t tokens, size_t widest, dense_tiles tiles)
{
    while (panels) {
        int wide = widest > 1 ? 2 : 0;
        while (panels >> wide == 0 || !tiles[wide][widest])
            wide--;
        tiles[wide][tokens](&j);
        const size_t n = (size_t)1 << wide;
        panels -= n;
        j.w += n * j.panel_bytes;
        j.y += n * LANES;
    }
}

/* All tokens, in as few tiles as can be, of sizes that differ by one at most. Some of them meet all panels before the next do: they stay in the first
   cache, and the panels in the second. */
static void dense_walk(dense_job j, size_t panels, size_t rows, dense_tiles tiles)
{
    size_t most = DENSE_TOKENS;
    while (!tiles[0][most])
        most--;
    const size_t count = ink_pieces(rows, most), widest = count ? ink_pieces(rows, count) : 0;
    for (size_t left = count; left; left--) {
        const size_t n = ink_pieces(rows, left);
        dense_panels(j, panels, n, widest, tiles);
        rows -= n;
        j.x += n * j.x_bytes;
        j.y += n * j.y_stride;
    }
}

static dense_job dense_job_of(const ink_packed *w, size_t p0, const void *x, float *y, size_t y_stride)
{
    return (dense_job){ .w = w->data + p0 * w->panel_bytes, .panel_bytes = w->panel_bytes, .cols = w->cols, .x = x,
                        .x_bytes = ink_act_bytes(w->form, w->cols), .y = y, .y_stride = y_stride };
}

/* The kernel of a body, in the shape of its slot. */
#define DENSE_MATMUL(body)                                                                                                          \
    static void body##_matmul(const ink_packed *w, size_t p0, size_t p1, const void *x, size_t rows, float *y, size_t y_stride,     \
                              void *scratch)                                                                                        \
    {                                                                                                                               \
        (void)scratch;                                                                                                              \
        dense_walk(dense_job_of(w, p0, x, y, y_stride), p1 - p0, rows, body##_tiles);                                               \
    }

#endif
