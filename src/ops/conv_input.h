/* What the convolutions over time share: which rows are wanted, and input rows made ready for the kernel. */
#ifndef INK_OPS_CONV_INPUT_H
#define INK_OPS_CONV_INPUT_H

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
    const size_t wanted = blocks && blocks < PIECES ? (PIECES + blocks - 1) / blocks : 1;
    *each = ((panels + wanted - 1) / wanted + 1) / 2 * 2;
    *groups = (panels + *each - 1) / *each;
}

/* Rows [from, from + count) of x, `have` of which there are: leaky(scale x), and zeros before the first, after the last, and to the end of a row. */
static inline void conv_fill(const ink_job *j, const ink_conv_entry *e, ptrdiff_t from, size_t count, size_t have, size_t channels, float *to, size_t stride)
{
    for (size_t i = 0; i < count; i++, from++, to += stride) {
        memset(to + channels, 0, (stride - channels) * sizeof *to);
        if (from < 0 || (size_t)from >= have) {
            memset(to, 0, channels * sizeof *to);
            continue;
        }
        const float *x = ink_view_row(j->in[0], (size_t)from);
        if (e->scale != 1.0f) {
            j->k->scale(channels, x, e->scale, to);
            x = to;
        }
        j->k->leaky(channels, x, e->slope, to);
    }
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

static inline size_t conv_stride(size_t width) { return (width + 15) / 16 * 16; }

#endif
