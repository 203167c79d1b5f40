/* The gradients of both directions of a spline, of x and then of h in one row. Backwards they follow from those forwards, since the
   height does not move: dx/dy = 1 / slope, and what moves the curve up by e moves the place by -e / slope. */
#include "ops/spline.h"

#include <string.h>

typedef struct spline_back_options {
    ink_spline_options curve;
    bool inverse;
} spline_back_options;

typedef struct spline_moved { /* gradients of what a piece is made of, and of the place */
    double x, left, width, height, bottom, slope0, slope1;
} spline_moved;

/* From the gradients of y and of the logarithm of the slope, through the names of spline_piece, last first. */
static spline_moved spline_reverse(const spline_piece *p, double dy, double dlog)
{
    const double t = p->at * p->left, turn = 1 - 2 * p->at;
    const double above = dy / p->below, below = -dy * p->above / (p->below * p->below) - 2 * dlog / p->below, mean = dlog / p->mean, sum = below * t;
    double delta = 2 * dlog / p->delta, at = above * p->height * (2 * p->delta * p->at + p->slope0 * turn) + below * p->sum * turn;
    delta += above * p->height * p->at * p->at + below - 2 * sum + mean * 2 * t;
    at += mean * 2 * (p->slope1 * p->at + p->delta * turn - p->slope0 * p->left);
    return (spline_moved){ .x = at / p->width,
                           .left = -at / p->width,
                           .width = -(at * p->at + delta * p->delta) / p->width,
                           .height = above * (p->delta * p->at * p->at + p->slope0 * t) + delta / p->width,
                           .bottom = dy,
                           .slope0 = above * p->height * t + sum + mean * p->left * p->left,
                           .slope1 = sum + mean * p->at * p->at };
}

/* Through the sum and the softmax: the first and the last edge stand still. */
static void spline_edges_back(const ink_spline_options *o, const float *part, size_t bin, double first, double second, float *dh)
{
    const double reach = 2 * (double)o->bound * (1 - 1e-3 * (double)o->bins), low = bin > 0 ? first * reach : 0, high = bin + 1 < o->bins ? second * reach : 0;
    double mean = 0, given[SPLINE_BINS];
    for (size_t i = 0; i < o->bins; i++) {
        given[i] = (i < bin ? low : 0) + (i <= bin ? high : 0);
        mean += given[i] * (double)part[i];
    }
    for (size_t i = 0; i < o->bins; i++)
        dh[i] = (float)((double)o->scale * (double)part[i] * (given[i] - mean));
}

static void spline_slope_back(const ink_job *j, const ink_spline_options *o, const float *h, size_t edge, double given, float *dh)
{
    if (edge == 0 || edge == o->bins)
        return;
    float e = -h[2 * o->bins + edge - 1];
    j->k->exp(1, &e, &e);
    dh[2 * o->bins + edge - 1] = (float)(given / (1 + (double)e));
}

static void spline_back_row(const ink_job *j, float x, const float *h, const float *dy, float *dx)
{
    const spline_back_options *b = j->y->options;
    const ink_spline_options *o = &b->curve;
    spline_curve c;
    memset(dx, 0, 3 * o->bins * sizeof *dx);
    dx[0] = dy[0];
    if (!spline_inside(o, x))
        return;
    spline_shape(j, o, h, &c);
    const spline_piece p = spline_piece_at(o, &c, x);
    const double slope = spline_slope(&p);
    const spline_moved m = b->inverse ? spline_reverse(&p, -(double)dy[0] / slope, 0) : spline_reverse(&p, (double)dy[0], (double)dy[1]);
    dx[0] = (float)(b->inverse ? (double)dy[0] / slope : m.x);
    spline_edges_back(o, c.part[0], p.bin, m.left - m.width, m.width, dx + 1);
    spline_edges_back(o, c.part[1], p.bin, m.bottom - m.height, m.height, dx + 1 + o->bins);
    spline_slope_back(j, o, h, p.bin, m.slope0, dx + 1);
    spline_slope_back(j, o, h, p.bin + 1, m.slope1, dx + 1);
}

static void spline_back_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    (void)columns;
    for (size_t i = 0; i < rows; i++)
        spline_back_row(j, *ink_view_row(j->in[0], i), ink_view_row(j->in[1], i), ink_view_row(j->in[2], i), ink_view_row(j->out, i));
}

const ink_op ink_op_spline_back = { .name = "spline_back", .flow = INK_FLOW_ROWS, .run = spline_back_run };

void ink_spline_gradient(ink_graph *g, ink_node *place, ink_node *h, ink_node *dy, const ink_spline_options *o, bool inverse, ink_node **dx)
{
    const spline_back_options b = { *o, inverse };
    ink_node *in[] = { place, h, dy }, *all = ink_graph_node(g, &ink_op_spline_back, place, 3 * o->bins, 3, in, &b, sizeof b);
    dx[0] = ink_slice(g, all, 0, 1);
    dx[1] = ink_slice(g, all, 1, 3 * o->bins - 1);
}
