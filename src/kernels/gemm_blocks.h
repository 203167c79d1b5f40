/* How a product of two matrices walks over them: blocks of both sides are gathered into panels that stay in the caches, unless their
   caller has gathered a side already, or they are as good where they lie. Every element of the result is one sum, over the depth in order:
   blocks change no bit.
   Whoever includes this says the lanes of a panel (GEMM_ROWS of a, GEMM_WIDE of b), how large blocks are (gemm_cut_of), how deep is gathered at a
   time for others (GEMM_DEPTH), how many steps of the depth are a word (GEMM_STEP; 1: words are the floats themselves) and how many words it has
   (gemm_steps: a panel holds 32 bits for each, lane by lane or step by step: gemm_along), how a panel is gathered (gemm_gather) and what is done
   with two blocks (gemm_block). */
#ifndef INK_KERNELS_GEMM_BLOCKS_H
#define INK_KERNELS_GEMM_BLOCKS_H

#include "base/count.h"
#include "kernels/kernels.h"
#include "kernels/lanes.h"

typedef struct gemm_side { /* lane i of step k is x[i lane + k step], one of both being 1 */
    const float *x;
    size_t lane, step, lanes;
    size_t width, most;  /* lanes of a panel, of a block */
    const float *panels; /* gathered over the whole depth, or NULL */
    float *room;         /* for a block of them */
    ink_gemm_which which;
} gemm_side;

typedef struct gemm_panels { /* a block of a side */
    const float *at;
    size_t each;         /* from panel to panel */
    size_t first, lanes;
    size_t lane, step;   /* from lane to lane of a panel and from word to word of a lane */
} gemm_panels;

typedef struct gemm_cut { /* how large blocks are */
    size_t deep, most[2]; /* steps of the depth; lanes of a and of b */
    size_t room;          /* floats that a block of a takes */
} gemm_cut;

static gemm_cut gemm_cut_of(const ink_gemm *g);
static size_t gemm_steps(size_t depth);
static bool gemm_along(const gemm_side *s);
static void gemm_gather(const gemm_side *s, size_t lanes, size_t depth, const gemm_panels *p, float *out); /* s->x stands at the first of them; laid as p says */
static void gemm_block(const ink_gemm *g, const gemm_panels side[2], size_t depth, bool add);

static gemm_side gemm_side_of(const ink_gemm *g, const gemm_cut *cut, ink_gemm_which which)
{
    if (which == INK_GEMM_A)
        return (gemm_side){ .x = g->a, .lane = g->a_row, .step = g->a_step, .lanes = g->rows, .width = GEMM_ROWS, .most = cut->most[which], .panels = g->a_panels, .room = g->scratch, .which = which };
    return (gemm_side){ .x = g->b, .lane = g->b_column, .step = g->b_step, .lanes = g->columns, .width = GEMM_WIDE, .most = cut->most[which], .panels = g->b_panels,
                        .room = (float *)g->scratch + cut->room, .which = which };
}

/* A block of panels over `steps` words. */
static gemm_panels gemm_laid(const gemm_side *s, size_t steps)
{
    const bool along = gemm_along(s);
    return (gemm_panels){ .each = s->width * steps, .lane = along ? steps : 1, .step = along ? 1 : s->width };
}

static gemm_panels gemm_ready(const gemm_side *s, size_t whole, size_t first, size_t k, size_t depth)
{
    gemm_side from = *s;
    gemm_panels p = gemm_laid(s, gemm_steps(s->panels ? whole : depth));
    p.first = first;
    p.lanes = ink_least(s->lanes - first, s->most);
    from.x += first * s->lane + k * s->step;
    if (s->panels)
        p.at = s->panels + first / s->width * p.each + gemm_steps(k) * p.step;
    else if (GEMM_STEP == 1 && gemm_along(s)) {
        p.at = from.x;
        p.each = s->width * s->lane;
        p.lane = s->lane;
    } else {
        gemm_gather(&from, p.lanes, depth, &p, s->room);
        p.at = s->room;
    }
    return p;
}

/* Outside goes the side that is not gathered yet, so that this is done once. */
static void gemm_walk(const ink_gemm *g)
{
    const gemm_cut cut = gemm_cut_of(g);
    const gemm_side side[2] = { gemm_side_of(g, &cut, INK_GEMM_A), gemm_side_of(g, &cut, INK_GEMM_B) };
    const int outer = g->b_panels ? INK_GEMM_A : INK_GEMM_B, inner = !outer;
    for (size_t r = 0; !g->more && !g->depth && r < g->rows; r++)
        memset(g->c + r * g->c_row, 0, g->columns * sizeof *g->c);
    for (size_t o = 0; o < side[outer].lanes; o += side[outer].most)
        for (size_t k = 0; k < g->depth; k += cut.deep) {
            const size_t depth = ink_least(g->depth - k, cut.deep);
            gemm_panels block[2];
            block[outer] = gemm_ready(&side[outer], g->depth, o, k, depth);
            for (size_t i = 0; i < side[inner].lanes; i += side[inner].most) {
                block[inner] = gemm_ready(&side[inner], g->depth, i, k, depth);
                gemm_block(g, block, depth, g->more || k);
            }
        }
}

static size_t gemm_panel(ink_gemm_which which, size_t depth)
{
    return (which == INK_GEMM_A ? (size_t)GEMM_ROWS : (size_t)GEMM_WIDE) * gemm_steps(depth) * sizeof(float);
}

static void gemm_gather_side(const ink_gemm *g, ink_gemm_which which, void *out)
{
    const gemm_cut cut = gemm_cut_of(g);
    gemm_side s = gemm_side_of(g, &cut, which);
    const gemm_panels p = gemm_laid(&s, gemm_steps(g->depth));
    for (size_t k = 0; k < g->depth; k += GEMM_DEPTH, s.x += GEMM_DEPTH * s.step)
        gemm_gather(&s, s.lanes, ink_least(g->depth - k, GEMM_DEPTH), &p, (float *)out + gemm_steps(k) * p.step);
}

static const ink_gemm_form gemm_form = { { GEMM_ROWS, GEMM_WIDE }, gemm_panel, gemm_gather_side, .rows_stay = GEMM_STEP == 1 };

_Static_assert(INK_GEMM_LANES % GEMM_ROWS == 0 && INK_GEMM_LANES % GEMM_WIDE == 0, "pieces are whole panels");

#endif
