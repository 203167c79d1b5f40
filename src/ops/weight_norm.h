/* A row of a normalised weight, for the op and its gradient. Both inputs are weights that lie dense. */
#ifndef INK_OPS_WEIGHT_NORM_H
#define INK_OPS_WEIGHT_NORM_H

#include "ops/ops.h"

#include <math.h>

typedef struct weight_norm_row {
    const float *direction;
    size_t width;
    double norm, by; /* of the direction; length / norm */
} weight_norm_row;

static inline size_t weight_norm_chunks(const ink_job *j) { return j->y->in[0]->dim[0].count; }

static inline weight_norm_row weight_norm_at(const ink_job *j, size_t i)
{
    weight_norm_row r = { .width = ink_node_width(j->y->in[0]) };
    double squares = 0;
    r.direction = (const float *)(const void *)j->in[0].data + i * r.width;
    for (size_t c = 0; c < r.width; c++)
        squares += (double)r.direction[c] * (double)r.direction[c];
    r.norm = sqrt(squares);
    r.by = r.norm > 0 ? (double)((const float *)(const void *)j->in[1].data)[i] / r.norm : 0;
    return r;
}

#endif
