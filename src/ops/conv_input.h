/* What the convolutions over time share: which rows are wanted, and input rows made ready for the kernel. */
#ifndef INK_OPS_CONV_INPUT_H
#define INK_OPS_CONV_INPUT_H

#include "base/count.h"
#include "ops/ops.h"

#include <string.h>

/* Rows [first, last) of y that are wanted: of the frames in *span, with a margin on both sides; all without a span. */
static inline void conv_wanted(const ink_conv_reach *r, const ink_view *span, size_t rows, size_t *first, size_t *last)
{
    *first = 0;
    *last = rows;
    if (!span)
        return;
    const ink_frames *f = (const void *)span->data;
    const size_t from = f->first * r->rows_per_frame, to = (f->first + f->count) * r->rows_per_frame + r->margin;
    *first = from > r->margin ? from - r->margin : 0;
    *last = to < rows ? to : rows;
}

/* Panels of 16 columns fall into groups, an even number in each, so that few blocks of rows still make some eight pieces. */
static inline void conv_group(size_t blocks, size_t panels, size_t *each, size_t *groups)
{
    enum { PIECES = 8 };
    const size_t wanted = blocks && blocks < PIECES ? ink_pieces(PIECES, blocks) : 1;
    *each = ink_round_up(ink_pieces(panels, wanted), 2);
    *groups = (panels + *each - 1) / *each;
}

/* Floats, or pairs of bf16, of a row that is made ready: whole lanes, or whole tiles. */
static inline size_t conv_steps(ink_act_form form, size_t width) { return form == INK_ACT_BF16 ? (width + 31) / 32 * 16 : ink_round_up(width, 16); }

/* How rows of `width` meet a weight: as floats, as bf16, or as bf16 beside what rounding to it left. */
typedef struct conv_meeting {
    ink_act_form form;
    size_t steps; /* of a part */
    size_t parts;
    size_t depth; /* in steps, of all that meets the weights of one tap */
} conv_meeting;

static inline conv_meeting conv_meet(const ink_packed *w, size_t taps, size_t width)
{
    conv_meeting m = { .form = w->form, .steps = conv_steps(w->form, width), .parts = 1, .depth = width };
    if (w->form == INK_ACT_BF16) {
        m.depth = w->cols / taps / 2;
        m.parts = m.depth / m.steps;
    }
    return m;
}

static inline size_t conv_row(const conv_meeting *m) { return m->steps * m->parts; } /* steps of a row that is made ready */

/* leaky(scale x) of rows of `width`, x_stride floats apart. */
static inline void conv_enter(const ink_job *j, const ink_conv_entry *e, const conv_meeting *m, size_t rows, size_t width, const float *x, size_t x_stride, float *to)
{
    if (m->form == INK_ACT_BF16) {
        const ink_conv_rows r = { .rows = rows, .n = width, .x = x, .x_stride = x_stride, .scale = e->scale, .slope = e->slope, .y = (uint16_t *)(void *)to,
                                  .y_stride = 2 * conv_row(m), .rest = m->parts > 1 ? 2 * m->steps : 0 };
        j->k->leaky_bf16(&r);
        return;
    }
    if (width == x_stride && width == conv_row(m)) { /* as one */
        width *= rows;
        rows = 1;
    }
    for (size_t i = 0; i < rows; i++, x += x_stride, to += conv_row(m)) {
        if (e->scale != 1.0f)
            j->k->scale(width, x, e->scale, to);
        j->k->leaky(width, e->scale != 1.0f ? to : x, e->slope, to);
    }
}

/* Rows [from, from + count) of x, `have` of which there are, made ready: leaky(scale x), and zeros before the first, after the last, and
   to the end of a row. */
static inline void conv_fill(const ink_job *j, const ink_conv_entry *e, const conv_meeting *m, ptrdiff_t from, size_t count, size_t have, size_t width, float *to)
{
    const size_t row = conv_row(m), before = from < 0 ? (size_t)-from : 0, first = before < count ? before : count;
    const size_t left = (ptrdiff_t)have > from ? (size_t)((ptrdiff_t)have - from) : 0, last = left < first ? first : left < count ? left : count;
    const bool whole = width == (m->form == INK_ACT_BF16 ? 2 * m->steps : m->steps);
    memset(to, 0, (whole ? first : count) * row * sizeof *to);
    memset(to + last * row, 0, (count - last) * row * sizeof *to);
    if (first < last)
        conv_enter(j, e, m, last - first, width, ink_view_row(j->in[0], (size_t)(from + (ptrdiff_t)first)), j->in[0].stride / sizeof *to, to + first * row);
}

/* Panels [p0, p1) of a product in the form of its weight. */
static inline void conv_multiply(const ink_job *j, const ink_conv *c, size_t p0, size_t p1)
{
    (c->w->form == INK_ACT_BF16 ? j->k->conv_bf16 : j->k->conv)(c, p0, p1);
}

/* The inputs of a node, those that are there one after the other; the options learn which they are. */
static inline size_t conv1d_inputs(ink_conv1d_options *o, ink_node *x, ink_node *weight, ink_node *bias, ink_node *span, ink_node *const adds[INK_CONV_ADDS],
                                   ink_node *in[INK_NODE_INPUTS])
{
    size_t n = 2;
    in[0] = x;
    in[1] = weight;
    o->bias = bias ? n : 0;
    if (bias)
        in[n++] = bias;
    o->span = span ? n : 0;
    if (span)
        in[n++] = span;
    o->add = n;
    for (o->adds = 0; adds && o->adds < INK_CONV_ADDS && adds[o->adds]; o->adds++)
        in[n++] = adds[o->adds];
    return n;
}

static inline size_t conv_stride(size_t width) { return conv_steps(INK_ACT_F32, width); }

#endif
