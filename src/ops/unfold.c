/* What a convolution over time sees, side by side: column c taps + k of row q is x[q stride + k dilation - before][c]; rows beyond the ends
   are zeros. The product with weights as files have them, [out, channels, taps], is then the convolution. */
#include "base/count.h"
#include "ops/ops.h"

enum { UNFOLD_ROWS = 16 };

static size_t unfold_chunks(const ink_job *j) { return ink_pieces(j->rows, UNFOLD_ROWS); }

static void unfold_chunk(const ink_job *j, size_t i)
{
    const ink_unfold_options *o = j->y->options;
    const size_t channels = ink_node_width(j->y->in[0]), have = ink_node_rows(j->y->in[0], j->sizes);
    const size_t first = i * UNFOLD_ROWS, last = first + UNFOLD_ROWS < j->rows ? first + UNFOLD_ROWS : j->rows;
    for (size_t q = first; q < last; q++)
        for (size_t k = 0; k < o->taps; k++) {
            const size_t at = q * o->stride + k * o->dilation; /* before what is padded */
            const float *x = at >= o->before && at - o->before < have ? ink_view_row(j->in[0], at - o->before) : NULL;
            float *y = ink_view_row(j->out, q) + k;
            for (size_t c = 0; c < channels; c++)
                y[c * o->taps] = x ? x[c] : 0;
        }
}

static void unfold_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    dx[0] = ink_fold(g, dy, y->options);
}

const ink_op ink_op_unfold = { .name = "unfold", .flow = INK_FLOW_CHUNKS, .chunks = unfold_chunks, .chunk = unfold_chunk, .backward = unfold_backward };

ink_node *ink_unfold(ink_graph *g, ink_node *x, const ink_unfold_options *o)
{
    ink_node *y = ink_graph_node(g, &ink_op_unfold, x, ink_node_width(x) * o->taps, 1, &x, o, sizeof *o);
    y->dim[0].count /= o->stride;
    return y;
}
