/* A monotonic rational-quadratic spline (Durkan et al. 2019, Neural Spline Flows, section 3.1 and appendix A) of one number: widths and
   heights are softmaxes kept off zero, inner slopes softplus, both outer slopes 1; identity beyond the bound. */
#ifndef INK_OPS_SPLINE_H
#define INK_OPS_SPLINE_H

#include "ops/ops.h"

#include <assert.h>
#include <math.h>

enum { SPLINE_BINS = 64 };

typedef struct spline_curve {
    float part[2][SPLINE_BINS];      /* softmaxes of widths, of heights */
    double edges[2][SPLINE_BINS + 1]; /* of which near ones are subtracted */
    float slopes[SPLINE_BINS + 1];
} spline_curve;

/* Edges from -bound to bound: a softmax of n numbers, none below `least`, summed up. */
static inline void spline_edges(const ink_job *j, const ink_spline_options *o, const float *h, float *part, double *edges)
{
    const double least = 1e-3, spread = 1 - least * (double)o->bins, bound = (double)o->bound;
    double sum = 0;
    j->k->scale(o->bins, h, o->scale, part);
    j->k->softmax(o->bins, part, part);
    edges[0] = -bound;
    for (size_t i = 0; i < o->bins; i++) {
        sum += least + spread * (double)part[i];
        edges[i + 1] = 2 * bound * sum - bound;
    }
    edges[o->bins] = bound;
}

/* What a row of h, [3 bins - 1], says. */
static inline void spline_shape(const ink_job *j, const ink_spline_options *o, const float *h, spline_curve *c)
{
    spline_edges(j, o, h, c->part[0], c->edges[0]);
    spline_edges(j, o, h + o->bins, c->part[1], c->edges[1]);
    j->k->softplus(o->bins - 1, h + 2 * o->bins, c->slopes + 1);
    for (size_t i = 1; i < o->bins; i++)
        c->slopes[i] += 1e-3f;
    c->slopes[0] = c->slopes[o->bins] = 1;
}

static inline bool spline_inside(const ink_spline_options *o, float x) { return x >= -o->bound && x <= o->bound; }

static inline size_t spline_bin(const ink_spline_options *o, const double *edges, float x)
{
    size_t b = 0;
    while (b + 1 < o->bins && (double)x >= edges[b + 1])
        b++;
    return b;
}

typedef struct spline_piece { /* the piece of the curve that a place lies on, in double: gradients subtract what is near */
    size_t bin;
    double width, height, slope0, slope1, at, left; /* at, left: shares of the bin before and after the place */
    double delta, sum, above, below, mean;           /* y = bottom + above / below; slope = delta^2 mean / below^2 (equations 4 and 5) */
} spline_piece;

static inline spline_piece spline_piece_at(const ink_spline_options *o, const spline_curve *c, float x)
{
    const size_t b = spline_bin(o, c->edges[0], x);
    spline_piece p = { .bin = b, .width = c->edges[0][b + 1] - c->edges[0][b], .height = c->edges[1][b + 1] - c->edges[1][b],
                       .slope0 = (double)c->slopes[b], .slope1 = (double)c->slopes[b + 1] };
    p.at = ((double)x - c->edges[0][b]) / p.width;
    p.left = 1 - p.at;
    p.delta = p.height / p.width;
    p.sum = p.slope0 + p.slope1 - 2 * p.delta;
    p.above = p.height * (p.delta * p.at * p.at + p.slope0 * p.at * p.left);
    p.below = p.delta + p.sum * p.at * p.left;
    p.mean = p.slope1 * p.at * p.at + 2 * p.delta * p.at * p.left + p.slope0 * p.left * p.left;
    return p;
}

static inline double spline_slope(const spline_piece *p) { return p->delta * p->delta * p->mean / (p->below * p->below); }

#endif
