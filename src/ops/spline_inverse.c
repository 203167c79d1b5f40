/* A spline backwards: the place whose height is x (ops/spline.h). */
#include "ops/spline.h"

/* The share of a bin's width at whose end the curve has risen by t (equations 6 to 8 of the appendix). */
static float spline_inverse_solve(float t, float width, float height, float slope0, float slope1)
{
    const float delta = height / width, q = t * (slope0 + slope1 - 2 * delta);
    const float a = q + height * (delta - slope0), b = height * slope0 - q, c = -delta * t, d = b * b - 4 * a * c;
    return 2 * c / (-b - sqrtf(d > 0 ? d : 0));
}

static float spline_inverse_row(const ink_job *j, const ink_spline_options *o, float y, const float *h)
{
    spline_curve c;
    if (!spline_inside(o, y))
        return y;
    spline_shape(j, o, h, &c);
    const double *left = c.edges[0], *below = c.edges[1];
    const size_t b = spline_bin(o, below, y);
    const double width = left[b + 1] - left[b];
    const float share = spline_inverse_solve((float)((double)y - below[b]), (float)width, (float)(below[b + 1] - below[b]), c.slopes[b], c.slopes[b + 1]);
    return (float)(left[b] + (double)share * width);
}

static void spline_inverse_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    (void)columns;
    for (size_t i = 0; i < rows; i++)
        *ink_view_row(j->out, i) = spline_inverse_row(j, j->y->options, *ink_view_row(j->in[0], i), ink_view_row(j->in[1], i));
}

static void spline_inverse_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    ink_spline_gradient(g, y, y->in[1], dy, y->options, true, dx);
}

const ink_op ink_op_spline_inverse = { .name = "spline_inverse", .flow = INK_FLOW_ROWS, .run = spline_inverse_run, .backward = spline_inverse_backward };

ink_node *ink_spline_inverse(ink_graph *g, ink_node *x, ink_node *h, const ink_spline_options *o)
{
    ink_node *in[] = { x, h };
    assert(o->bins <= SPLINE_BINS);
    return ink_graph_node(g, &ink_op_spline_inverse, x, 1, 2, in, o, sizeof *o);
}
