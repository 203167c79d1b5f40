/* y = x where a draw leaves it, divided by the part that is left, and 0 elsewhere (Srivastava et al. 2014). What is drawn is a function
   of the run's seed, its step, the place in the graph and the place in the rows: nothing is kept for the way back, or for a run that goes on. */
#include "base/count.h"
#include "ops/ops.h"

#include "base/rng.h"

enum { DROPOUT_AT_ONCE = 4 }; /* values from 64 drawn bits */

static void dropout_row(const ink_dropout_options *o, const ink_draw *d, size_t row, size_t columns, const float *x, float *y)
{
    const uint64_t stream = UINT64_C(1) << 63 | d->step << 16 | o->site, quads = ink_pieces(columns, DROPOUT_AT_ONCE);
    const uint32_t lost = (uint32_t)(o->part * 65536);
    const float by = 1 / (1 - o->part);
    for (size_t i = 0; i < columns; i += DROPOUT_AT_ONCE) {
        const uint64_t bits = ink_rng_bits(d->seed, stream, row * quads + i / DROPOUT_AT_ONCE);
        for (size_t k = 0; k < DROPOUT_AT_ONCE && i + k < columns; k++)
            y[i + k] = (bits >> 16 * k & 65535) < lost ? 0 : x[i + k] * by;
    }
}

static void dropout_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    const ink_draw *d = (const ink_draw *)(const void *)j->in[1].data;
    for (size_t i = 0; i < rows; i++)
        dropout_row(j->y->options, d, row + i, columns, ink_view_row(j->in[0], i), ink_view_row(j->out, i));
}

static void dropout_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    dx[0] = ink_dropout(g, dy, y->in[1], y->options);
}

const ink_op ink_op_dropout = { .name = "dropout", .flow = INK_FLOW_ROWS, .over = 1 << 0, .whole = 1 << 1, .run = dropout_run, .backward = dropout_backward };

ink_node *ink_dropout(ink_graph *g, ink_node *x, ink_node *draw, const ink_dropout_options *o)
{
    ink_node *in[] = { x, draw };
    return ink_graph_node(g, &ink_op_dropout, x, ink_node_width(x), 2, in, o, sizeof *o);
}
