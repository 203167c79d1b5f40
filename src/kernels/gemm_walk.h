/* Products in registers: tiles of rows by lanes keep their sums there (gemm_blocks.h has the walk over both sides). Whoever includes
   this says how many steps of the depth are a word (GEMM_STEP), how words are made (gemm_join, gemm_words), and what a tile does
   (gemm_multiply). */
#ifndef INK_KERNELS_GEMM_WALK_H
#define INK_KERNELS_GEMM_WALK_H

#include "kernels/lanes.h"

#if defined(INK_ISA_AVX512)
enum { GEMM_ROWS = 8, GEMM_PANELS = 3 };
#else
enum { GEMM_ROWS = 6, GEMM_PANELS = 1 };
#endif
enum {
    GEMM_WIDE = GEMM_PANELS * LANES, /* columns of a tile */
    GEMM_DEPTH = 256 * GEMM_STEP,    /* of a block: a panel of b fits the first cache, */
    GEMM_TALL = 22 * 12,             /* the rows of a gathered block the second */
    GEMM_BROAD = 384,                /* and its columns the second or third */
};

#include "kernels/gemm_blocks.h"

typedef struct gemm_part { /* one tile */
    size_t steps, b_width; /* lanes of a step of b */
    const float *a, *b;    /* a holds GEMM_ROWS values a step */
    float *c;
    size_t c_row, last;    /* lanes of the last panel that count */
    bool add;              /* c holds sums */
} gemm_part;

LANES_INLINE void gemm_multiply(const gemm_part *g, const float *a, const float *b, int rows, int panels, f32x16 acc[GEMM_ROWS][GEMM_PANELS]);
LANES_INLINE f32x16 gemm_join(const f32x16 *r);          /* a step: GEMM_STEP rows of lanes as words */
LANES_INLINE f32x16 gemm_words(const float *x, size_t n); /* n ≤ LANES * GEMM_STEP values of a lane's depth as words, zero after them */

/* c (+)= a b for some rows of so many panels, the last of which may be narrower. */
LANES_INLINE void gemm_tile(const gemm_part *g, int rows, int panels)
{
    f32x16 acc[GEMM_ROWS][GEMM_PANELS];
    LANES_EACH(r, rows)
        LANES_EACH(p, panels)
            acc[r][p] = !g->add ? f_zero() : p + 1 < panels ? f_load(g->c + (size_t)r * g->c_row + LANES * p) : f_load_n(g->c + (size_t)r * g->c_row + LANES * p, g->last);
    gemm_multiply(g, g->a, g->b, rows, panels, acc);
    LANES_EACH(r, rows)
        LANES_EACH(p, panels)
            if (p + 1 < panels)
                f_store(g->c + (size_t)r * g->c_row + LANES * p, acc[r][p]);
            else
                f_store_n(g->c + (size_t)r * g->c_row + LANES * p, acc[r][p], g->last);
}

/* A function for each number of rows and panels, and their table. */
#define GEMM_ROWS_6(X, panels) X(1, panels) X(2, panels) X(3, panels) X(4, panels) X(5, panels) X(6, panels)
#define GEMM_ROWS_8(X, panels) GEMM_ROWS_6(X, panels) X(7, panels) X(8, panels)
#if defined(INK_ISA_AVX512)
#define GEMM_LIST(X) GEMM_ROWS_8(X, 1) GEMM_ROWS_8(X, 2) GEMM_ROWS_8(X, 3)
#else
#define GEMM_LIST(X) GEMM_ROWS_6(X, 1)
#endif
#define GEMM_FUNCTION(rows, panels) static void gemm_tile_##rows##_##panels(const gemm_part *g) { gemm_tile(g, rows, panels); }
#define GEMM_ENTRY(rows, panels) [panels][rows] = gemm_tile_##rows##_##panels,
GEMM_LIST(GEMM_FUNCTION)
static void (*const gemm_tiles[GEMM_PANELS + 1][GEMM_ROWS + 1])(const gemm_part *g) = { GEMM_LIST(GEMM_ENTRY) };

static size_t gemm_steps(size_t depth) { return (depth + GEMM_STEP - 1) / GEMM_STEP; }

/* A step of lanes: into one panel, or side by side into several narrow ones, `each` apart. */
LANES_INLINE void gemm_spread(f32x16 v, size_t room, size_t panels, size_t each, float *out)
{
    if (panels == 1) {
        f_store_n(out, v, room);
        return;
    }
    float t[LANES];
    f_store(t, v);
    for (size_t p = 0; p < panels; p++)
        memcpy(out + p * each, t + p * room, room * sizeof *t);
}

/* Some of the lanes that fit a register, n of which count, on their way into panels of which they fill `room` lanes each. */
typedef struct gemm_lot {
    const float *x;
    size_t lane, step, n, depth, width, panels, each;
    float *out;
} gemm_lot;

/* The depth of a lane lies side by side: words of it are turned. */
LANES_INLINE void gemm_turn(const gemm_lot *l, size_t room)
{
    enum { WORDS = LANES * GEMM_STEP };
    for (size_t k = 0; k < l->depth; k += WORDS) {
        const size_t steps = l->depth - k < WORDS ? l->depth - k : WORDS;
        f32x16 r[LANES];
        for (size_t i = 0; i < LANES; i++)
            r[i] = i < l->n ? gemm_words(l->x + i * l->lane + k, steps) : f_zero();
        f_transpose(r);
        for (size_t i = 0; i < gemm_steps(steps); i++)
            gemm_spread(r[i], room, l->panels, l->each, l->out + (k / GEMM_STEP + i) * l->width);
    }
}

/* Lanes lie side by side. */
LANES_INLINE void gemm_copy(const gemm_lot *l, size_t room)
{
    for (size_t k = 0; k < l->depth; k += GEMM_STEP) {
        f32x16 r[GEMM_STEP];
        for (size_t i = 0; i < GEMM_STEP; i++)
            r[i] = k + i < l->depth ? f_load_n(l->x + (k + i) * l->step, l->n) : f_zero();
        gemm_spread(gemm_join(r), room, l->panels, l->each, l->out + k / GEMM_STEP * l->width);
    }
}

/* Into panels of so many lanes; those past the end are zero. */
LANES_INLINE void gemm_gather_into(const gemm_side *s, size_t lanes, size_t depth, size_t width, size_t each, float *out)
{
    const size_t room = width < LANES ? width : LANES, most = LANES / room * room, end = (lanes + width - 1) / width * width;
    for (size_t first = 0; first < end; first += most) {
        const size_t here = gemm_least(end - first, most), left = first < lanes ? lanes - first : 0;
        const gemm_lot l = { .x = s->x + first * s->lane, .lane = s->lane, .step = s->step, .n = gemm_least(left, here), .depth = depth, .width = width, .panels = here / room,
                             .each = each, .out = out + first / width * each + first % width };
        if (s->lane == 1)
            gemm_copy(&l, room);
        else
            gemm_turn(&l, room);
    }
}

static void gemm_gather(const gemm_side *s, size_t lanes, size_t depth, size_t each, float *out)
{
    if (s->which == INK_GEMM_A)
        gemm_gather_into(s, lanes, depth, GEMM_ROWS, each, out);
    else
        gemm_gather_into(s, lanes, depth, GEMM_WIDE, each, out);
}

static void gemm_block(const ink_gemm *g, const gemm_panels side[2], size_t depth, bool add)
{
    const gemm_panels *a = &side[INK_GEMM_A], *b = &side[INK_GEMM_B];
    for (size_t i = 0; i < a->lanes; i += GEMM_ROWS)
        for (size_t j = 0; j < b->lanes; j += GEMM_WIDE) {
            const size_t tall = gemm_least(a->lanes - i, GEMM_ROWS), wide = gemm_least(b->lanes - j, GEMM_WIDE), panels = (wide + LANES - 1) / LANES;
            const gemm_part part = { .steps = gemm_steps(depth), .b_width = GEMM_WIDE, .a = a->at + i / GEMM_ROWS * a->each, .b = b->at + j / GEMM_WIDE * b->each,
                                     .c = g->c + (a->first + i) * g->c_row + b->first + j, .c_row = g->c_row, .last = wide - (panels - 1) * LANES, .add = add };
            gemm_tiles[panels][tall](&part);
        }
}

static gemm_cut gemm_cut_of(const ink_gemm *g)
{
    (void)g;
    return (gemm_cut){ .deep = GEMM_DEPTH, .most = { GEMM_TALL, GEMM_BROAD }, .room = GEMM_TALL * gemm_steps(GEMM_DEPTH) };
}

_Static_assert(GEMM_TALL % GEMM_ROWS == 0 && GEMM_BROAD % GEMM_WIDE == 0, "blocks are whole panels");
_Static_assert((GEMM_TALL + GEMM_BROAD) * GEMM_DEPTH / GEMM_STEP * sizeof(float) <= INK_GEMM_SCRATCH, "the scratch is too small");

#endif
