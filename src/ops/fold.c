/* The other way from unfold, overlapping rows added up: y[t][c] is the sum of x[q][c taps + k] with q stride + k dilation - before = t. With the
   product of rows and weights, [in, channels, taps], before it: a transposed convolution. */
#include "base/count.h"
#include "ops/ops.h"

#include <string.h>

enum { FOLD_ROWS = 16 };

static size_t fold_chunks(const ink_job *j) { return ink_pieces(j->rows, FOLD_ROWS); }

static void fold_chunk(const ink_job *j, size_t i)
{
    const ink_unfold_options *o = j->y->options;
    const size_t channels = ink_node_width(j->y), have = ink_node_rows(j->y->in[0], j->sizes);
    const size_t first = i * FOLD_ROWS, last = first + FOLD_ROWS < j->rows ? first + FOLD_ROWS : j->rows;
    for (size_t t = first; t < last; t++) {
        float *y = ink_view_row(j->out, t);
        memset(y, 0, channels * sizeof *y);
        for (size_t k = 0; k < o->taps; k++) {
            if (t + o->before < k * o->dilation)
                continue;
            const size_t at = t + o->before - k * o->dilation;
            if (at % o->stride || at / o->stride >= have)
                continue;
            const float *x = ink_view_row(j->in[0], at / o->stride) + k;
            for (size_t c = 0; c < channels; c++)
                y[c] += x[c * o->taps];
        }
    }
}

static void fold_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    dx[0] = ink_unfold(g, dy, y->options);
}

const ink_op ink_op_fold = { .name = "fold", .flow = INK_FLOW_CHUNKS, .chunks = fold_chunks, .chunk = fold_chunk, .backward = fold_backward };

ink_node *ink_fold(ink_graph *g, ink_node *x, const ink_unfold_options *o)
{
    ink_node *y = ink_graph_node(g, &ink_op_fold, x, ink_node_width(x) / o->taps, 1, &x, o, sizeof *o);
    y->dim[0].count *= o->stride;
    return y;
}
