/* One column of x through a spline (ops/spline.h), and the logarithm of the slope where it passes. */
#include "ops/logarithm.h"
#include "ops/spline.h"

static void spline_row(const ink_job *j, const ink_spline_options *o, float x, const float *h, float *y)
{
    spline_curve c;
    y[0] = x;
    y[1] = 0;
    if (!spline_inside(o, x))
        return;
    spline_shape(j, o, h, &c);
    const spline_piece p = spline_piece_at(o, &c, x);
    y[0] = (float)(c.edges[1][p.bin] + p.above / p.below);
    y[1] = (float)ops_log(spline_slope(&p));
}

static void spline_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    (void)columns;
    for (size_t i = 0; i < rows; i++)
        spline_row(j, j->y->options, *ink_view_row(j->in[0], i), ink_view_row(j->in[1], i), ink_view_row(j->out, i));
}

static void spline_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    ink_spline_gradient(g, y->in[0], y->in[1], dy, y->options, false, dx);
}

const ink_op ink_op_spline = { .name = "spline", .flow = INK_FLOW_ROWS, .run = spline_run, .backward = spline_backward };

ink_node *ink_spline(ink_graph *g, ink_node *x, ink_node *h, const ink_spline_options *o)
{
    ink_node *in[] = { x, h };
    assert(o->bins <= SPLINE_BINS);
    return ink_graph_node(g, &ink_op_spline, x, 2, 2, in, o, sizeof *o);
}
