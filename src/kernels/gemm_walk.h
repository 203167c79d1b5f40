/* Products in registers: tiles of rows by lanes keep their sums there (gemm_blocks.h has the walk over both sides). Whoever includes
   this says how many steps of the depth are a word (GEMM_STEP), how words are made (gemm_join, gemm_words), and how they are multiplied
   (gemm_add). */
#ifndef INK_KERNELS_GEMM_WALK_H
#define INK_KERNELS_GEMM_WALK_H

#include "base/count.h"
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
    const float *a, *b;
    size_t a_row, a_step;  /* from row to row of a and from word to word */
    float *c;
    size_t c_row, last;    /* lanes of the last panel that count */
    bool add;              /* c holds sums */
} gemm_part;

LANES_INLINE f32x16 gemm_add(f32x16 sum, f32x16 a, f32x16 b); /* word by word */
LANES_INLINE f32x16 gemm_join(const f32x16 *r);               /* a step: GEMM_STEP rows of lanes as words */
LANES_INLINE f32x16 gemm_words(const float *x, size_t n);     /* n ≤ LANES * GEMM_STEP values of a lane's depth as words, zero after them */

/* A value of a goes to all lanes by itself, so its rows may lie as they like. Three of them to a pointer, so that eight take few registers. */
LANES_INLINE void gemm_multiply(const gemm_part *g, int rows, int panels, f32x16 acc[GEMM_ROWS][GEMM_PANELS])
{
    const int threes = (rows + 2) / 3;
    const float *a[(GEMM_ROWS + 2) / 3], *b = g->b;
    f32x16 w[GEMM_PANELS];
    LANES_EACH(i, threes)
        a[i] = g->a + 3 * (size_t)i * g->a_row;
    LANES_TWICE for (size_t k = 0; k < g->steps; k++, b += g->b_width)
    {
        LANES_EACH(p, panels) {
            w[p] = f_load(b + LANES * p);
            LANES_HIDE(w[p]);
        }
        LANES_EACH(r, rows) {
            const f32x16 x = f_set1(a[r / 3][(size_t)(r % 3) * g->a_row]);
            LANES_EACH(p, panels)
                acc[r][p] = gemm_add(acc[r][p], x, w[p]);
        }
        LANES_EACH(i, threes) {
            a[i] += g->a_step;
            LANES_KEEP(a[i]);
        }
    }
}

/* c (+)= a b for some rows of so many panels, the last of which may be narrower. */
LANES_INLINE void gemm_tile(const gemm_part *g, int rows, int panels)
{
    f32x16 acc[GEMM_ROWS][GEMM_PANELS];
    LANES_EACH(r, rows)
        LANES_EACH(p, panels)
            acc[r][p] = !g->add ? f_zero() : p + 1 < panels ? f_load(g->c + (size_t)r * g->c_row + LANES * p) : f_load_n(g->c + (size_t)r * g->c_row + LANES * p, g->last);
    gemm_multiply(g, rows, panels, acc);
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

static size_t gemm_steps(size_t depth) { return ink_pieces(depth, GEMM_STEP); }

/* Rows whose steps lie side by side are not turned. */
static bool gemm_along(const gemm_side *s) { return s->which == INK_GEMM_A && s->step == 1; }

enum { GEMM_LOAD = LANES * GEMM_STEP }; /* steps in a register of words */

/* Words of lanes that stay as they lie, lane by lane. */
static void gemm_gather_along(const gemm_side *s, size_t lanes, size_t depth, size_t each, float *out)
{
    for (size_t i = 0; i < lanes; i++) {
        const float *x = s->x + i * s->lane;
        float *to = out + i * each;
        size_t k = 0;
        for (; k + GEMM_LOAD <= depth; k += GEMM_LOAD)
            f_store(to + k / GEMM_STEP, gemm_words(x + k, GEMM_LOAD));
        if (k < depth)
            f_store_n(to + k / GEMM_STEP, gemm_words(x + k, depth - k), gemm_steps(depth - k));
    }
}

/* The depth of a lane lies side by side: words of n lanes are turned into a part of a wide panel, zeros for those that are missing. */
LANES_INLINE void gemm_turn(const float *x, size_t lane, size_t n, size_t depth, float *out)
{
    for (size_t k = 0; k < depth; k += GEMM_LOAD) {
        const size_t left = depth - k, steps = ink_least(left, GEMM_LOAD);
        f32x16 r[LANES];
        if (n == LANES && left >= GEMM_LOAD)
            LANES_EACH(i, LANES)
                r[i] = gemm_words(x + (size_t)i * lane + k, GEMM_LOAD);
        else
            for (size_t i = 0; i < LANES; i++)
                r[i] = i < n ? gemm_words(x + i * lane + k, steps) : f_zero();
        f_transpose(r);
        for (size_t i = 0; i < gemm_steps(steps); i++)
            f_store(out + (k / GEMM_STEP + i) * GEMM_WIDE, r[i]);
    }
}

/* Columns whose steps lie side by side, into panels. */
static void gemm_gather_turned(const gemm_side *s, size_t lanes, size_t depth, size_t each, float *out)
{
    for (size_t first = 0; first < ink_round_up(lanes, GEMM_WIDE); first += LANES)
        gemm_turn(s->x + first * s->lane, s->lane, first < lanes ? ink_least(lanes - first, LANES) : 0, depth, out + first / GEMM_WIDE * each + first % GEMM_WIDE);
}

/* The lanes of a register: of the widest panels a part, of narrow ones as many as fit. */
#define GEMM_MOST(width) ((width) < LANES ? LANES / (width) * (width) : LANES)

/* Some lanes on their way into panels of `width`: n that count, then zeros. */
typedef struct gemm_lot {
    const float *x;
    size_t step, n, depth;
    float *out;
    size_t panels, each; /* if they are narrow: how many of a register's, and from one to the next */
} gemm_lot;

/* A step of lanes: into one panel, or side by side into narrow ones. */
LANES_INLINE void gemm_spread(const gemm_lot *l, f32x16 v, size_t width, float *out)
{
    if (width >= LANES)
        f_store(out, v);
    else if (width == LANES / 2 && l->panels == 2)
        f_store_halves(out, out + l->each, v);
    else {
        float t[LANES];
        f_store(t, v);
        for (size_t p = 0; p < l->panels; p++)
            memcpy(out + p * l->each, t + p * width, width * sizeof *t);
    }
}

/* `lots` registers of lanes, which all count where there are several, so that memory is read in longer pieces. */
LANES_INLINE void gemm_copy(const gemm_lot *l, size_t width, int lots)
{
    for (size_t k = 0; k < l->depth; k += GEMM_STEP)
        LANES_EACH(p, lots) {
            const size_t at = (size_t)p * GEMM_MOST(width);
            f32x16 r[GEMM_STEP];
            for (size_t i = 0; i < GEMM_STEP; i++) {
                const float *x = l->x + (k + i) * l->step + at;
                r[i] = k + i >= l->depth ? f_zero() : lots > 1 && GEMM_MOST(width) == LANES ? f_load(x) : f_load_n(x, l->n);
            }
            gemm_spread(l, gemm_join(r), width, l->out + at / width * l->each + at % width + k / GEMM_STEP * width);
        }
}

/* Lanes that lie side by side, into panels of so many; those past the end are zero. */
LANES_INLINE void gemm_gather_across(const gemm_side *s, size_t lanes, size_t depth, size_t width, size_t each, float *out)
{
    enum { LOTS = 3 };
    const size_t most = GEMM_MOST(width), end = ink_round_up(lanes, width);
    for (size_t first = 0, lots; first < end; first += lots * most) {
        const size_t left = first < lanes ? lanes - first : 0;
        const gemm_lot l = { .x = s->x + first, .step = s->step, .n = ink_least(left, most), .depth = depth,
                             .out = out + first / width * each + first % width, .panels = ink_least(end - first, most) / width, .each = each };
        lots = left >= LOTS * most ? LOTS : 1;
        if (lots == LOTS)
            gemm_copy(&l, width, LOTS);
        else
            gemm_copy(&l, width, 1);
    }
}

static void gemm_gather(const gemm_side *s, size_t lanes, size_t depth, const gemm_panels *p, float *out)
{
    if (gemm_along(s))
        gemm_gather_along(s, lanes, depth, p->lane, out);
    else if (s->which == INK_GEMM_A)
        gemm_gather_across(s, lanes, depth, GEMM_ROWS, p->each, out);
    else if (s->lane == 1)
        gemm_gather_across(s, lanes, depth, GEMM_WIDE, p->each, out);
    else
        gemm_gather_turned(s, lanes, depth, p->each, out);
}

static void gemm_block(const ink_gemm *g, const gemm_panels side[2], size_t depth, bool add)
{
    const gemm_panels *a = &side[INK_GEMM_A], *b = &side[INK_GEMM_B];
    for (size_t i = 0; i < a->lanes; i += GEMM_ROWS)
        for (size_t j = 0; j < b->lanes; j += GEMM_WIDE) {
            const size_t tall = ink_least(a->lanes - i, GEMM_ROWS), wide = ink_least(b->lanes - j, GEMM_WIDE), panels = ink_pieces(wide, LANES);
            const gemm_part part = { .steps = gemm_steps(depth), .b_width = GEMM_WIDE, .a = a->at + i / GEMM_ROWS * a->each, .a_row = a->lane, .a_step = a->step, .b = b->at + j / GEMM_WIDE * b->each,
                                     .c = g->c + (a->first + i) * g->c_row + b->first + j, .c_row = g->c_row, .last = wide - (panels - 1) * LANES, .add = add };
            gemm_tiles[panels][tall](&part);
        }
}

static gemm_cut gemm_cut_of(const ink_gemm *g)
{
    (void)g;
    return (gemm_cut){ .deep = GEMM_DEPTH, .most = { GEMM_TALL, GEMM_BROAD }, .room = GEMM_TALL * gemm_steps(GEMM_DEPTH) };
}

_Static_assert(GEMM_WIDE % LANES == 0, "parts of a wide panel are registers");
_Static_assert(GEMM_TALL % GEMM_ROWS == 0 && GEMM_BROAD % GEMM_WIDE == 0, "blocks are whole panels");
_Static_assert((GEMM_TALL + GEMM_BROAD) * GEMM_DEPTH / GEMM_STEP * sizeof(float) <= INK_GEMM_SCRATCH, "the scratch is too small");

#endif
