/* A monotonic rational-quadratic spline, backwards (Durkan et al. 2019, Neural Spline Flows, section 3.1 and appendix A.2):
   widths and heights are softmaxes kept off zero, inner slopes softplus, both outer slopes 1; identity beyond the bound. */
#include "ops/ops.h"

#include <assert.h>
#include <math.h>

enum { SPLINE_BINS = 64 };

/* Edges from -bound to bound: a softmax of n numbers, none below `least`, summed up. */
static void spline_edges(const ink_job *j, const ink_spline_options *o, const float *h, float *edges)
{
    const float least = 1e-3f, spread = 1 - least * (float)o->bins;
    float part[SPLINE_BINS], sum = 0;
    j->k->scale(o->bins, h, o->scale, part);
    j->k->softmax(o->bins, part, part);
    edges[0] = -o->bound;
    for (size_t i = 0; i < o->bins; i++) {
        sum += least + spread * part[i];
        edges[i + 1] = 2 * o->bound * sum - o->bound;
    }
    edges[o->bins] = o->bound;
}

/* The place in bin b whose height is y (equations 6 to 8 of the appendix). */
static float spline_solve(float y, float left, float width, float below, float height, float slope0, float slope1)
{
    const float delta = height / width, t = y - below, q = t * (slope0 + slope1 - 2 * delta);
    const float a = q + height * (delta - slope0), b = height * slope0 - q, c = -delta * t, d = b * b - 4 * a * c;
    return 2 * c / (-b - sqrtf(d > 0 ? d : 0)) * width + left;
}

static float spline_row(const ink_job *j, const ink_spline_options *o, float y, const float *h)
{
    float widths[SPLINE_BINS + 1], heights[SPLINE_BINS + 1], slopes[SPLINE_BINS + 1];
    if (!(y >= -o->bound && y <= o->bound))
        return y;
    spline_edges(j, o, h, widths);
    spline_edges(j, o, h + o->bins, heights);
    j->k->softplus(o->bins - 1, h + 2 * o->bins, slopes + 1);
    for (size_t i = 1; i < o->bins; i++)
        slopes[i] += 1e-3f;
    slopes[0] = slopes[o->bins] = 1;
    size_t b = 0;
    while (b + 1 < o->bins && y >= heights[b + 1])
        b++;
    return spline_solve(y, widths[b], widths[b + 1] - widths[b], heights[b], heights[b + 1] - heights[b], slopes[b], slopes[b + 1]);
}

static void spline_inverse_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    (void)columns;
    for (size_t i = 0; i < rows; i++)
        *ink_view_row(j->out, i) = spline_row(j, j->y->options, *ink_view_row(j->in[0], i), ink_view_row(j->in[1], i));
}

const ink_op ink_op_spline_inverse = { .name = "spline_inverse", .flow = INK_FLOW_ROWS, .run = spline_inverse_run };

ink_node *ink_spline_inverse(ink_graph *g, ink_node *x, ink_node *h, const ink_spline_options *o)
{
    ink_node *in[] = { x, h };
    assert(o->bins <= SPLINE_BINS);
    return ink_graph_node(g, &ink_op_spline_inverse, x, 1, 2, in, o, sizeof *o);
}
