/* What one query of near_attention sees, for its gradients. */
#ifndef INK_OPS_NEAR_ATTENTION_H
#define INK_OPS_NEAR_ATTENTION_H

#include "ops/ops.h"

#include <math.h>

typedef struct near_query { /* of query i in a head: inputs are those of near_attention, then dy */
    size_t i, column, dims, rows, window;
    float scale;
    const float *near_k, *near_v;
} near_query;

static inline near_query near_query_at(const ink_job *j, size_t head, size_t i)
{
    const ink_near_attention_options *o = j->y->options;
    near_query q = { .i = i, .dims = ink_node_width(j->y->in[0]) / o->heads, .rows = ink_node_rows(j->y->in[0], j->sizes), .window = o->window };
    q.column = head * q.dims;
    q.scale = 1.0f / sqrtf((float)q.dims);
    q.near_k = ink_view_row(j->in[3], 0);
    q.near_v = ink_view_row(j->in[4], 0);
    return q;
}

/* The key that near vector r stands beside, or no row's number. */
static inline size_t near_key(const near_query *q, size_t r) { return q->i + r >= q->window && q->i + r - q->window < q->rows ? q->i + r - q->window : q->rows; }

static inline const float *near_input(const ink_job *j, const near_query *q, size_t input, size_t row) { return ink_view_row(j->in[input], row) + q->column; }

/* p[rows]: what each key is worth to the query; slope[rows]: what moves its score, before the scale. */
static inline void near_slopes(const ink_job *j, const near_query *q, float *p, float *slope)
{
    const float *query = near_input(j, q, 0, q->i), *dy = near_input(j, q, 5, q->i);
    for (size_t k = 0; k < q->rows; k++) {
        p[k] = j->k->dot(q->dims, query, near_input(j, q, 1, k));
        slope[k] = j->k->dot(q->dims, dy, near_input(j, q, 2, k));
    }
    for (size_t r = 0, k; r < 2 * q->window + 1; r++)
        if ((k = near_key(q, r)) < q->rows) {
            p[k] += j->k->dot(q->dims, query, q->near_k + r * q->dims);
            slope[k] += j->k->dot(q->dims, dy, q->near_v + r * q->dims);
        }
    j->k->scale(q->rows, p, q->scale, p);
    j->k->softmax(q->rows, p, p);
    j->k->softmax_back(q->rows, p, slope, q->scale, slope);
}

/* y += by x */
static inline void near_add(const near_query *q, float by, const float *x, float *y)
{
    for (size_t d = 0; d < q->dims; d++)
        y[d] += by * x[d];
}

#endif
