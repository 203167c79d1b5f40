/* Segments two and two a pair: of each the mean of its rows at length 1, and how near every pair's first is to every pair's second, over the temperature. */
#ifndef INK_OPS_MATCH_H
#define INK_OPS_MATCH_H

#include "ops/ops.h"
#include "tensor/kv.h"

#include <math.h>
#include <string.h>

typedef struct match_room { /* in a node's workspace */
    const ink_ragged *batch;
    size_t pairs, width;
    float by;       /* 1 / temperature */
    float *units;   /* [2 pairs][width]: segment after segment */
    float *back;    /* [2 pairs][width] gradients of these */
    float *lengths; /* [2 pairs] of the means */
    float *near;    /* [pairs] of one first to all seconds */
} match_room;

static inline size_t match_chunks(const ink_job *j)
{
    (void)j;
    return 1;
}

static inline size_t match_workspace(const ink_node *y, const size_t bounds[INK_SIZES])
{
    const ink_match_options *o = y->options;
    (void)bounds;
    return (2 * o->most * (2 * ink_node_width(y->in[0]) + 1) + o->most) * sizeof(float);
}

static inline float *match_unit(const match_room *m, size_t segment) { return m->units + segment * m->width; }

static inline match_room match_begin(const ink_job *j)
{
    const ink_match_options *o = j->y->options;
    const ink_ragged *batch = (const ink_ragged *)(const void *)j->in[1].data;
    match_room m = { .batch = batch, .pairs = batch->count / 2, .width = ink_node_width(j->y->in[0]), .by = 1 / o->temperature, .units = (float *)(void *)j->shared };
    m.back = m.units + 2 * o->most * m.width;
    m.lengths = m.back + 2 * o->most * m.width;
    m.near = m.lengths + 2 * o->most;
    for (size_t i = 0; i < 2 * m.pairs; i++) {
        const ink_segment *s = &batch->segments[i];
        float *u = match_unit(&m, i);
        memset(u, 0, m.width * sizeof *u);
        for (size_t r = 0; r < s->rows; r++)
            j->k->add(m.width, u, ink_view_row(j->in[0], s->first_row + r), u);
        j->k->scale(m.width, u, 1 / (float)s->rows, u);
        m.lengths[i] = sqrtf(j->k->squares(m.width, u));
        j->k->scale(m.width, u, m.lengths[i] > 0 ? 1 / m.lengths[i] : 0, u);
    }
    return m;
}

/* How near the first of pair i is to all seconds. */
static inline void match_near(const ink_job *j, const match_room *m, size_t i)
{
    for (size_t k = 0; k < m->pairs; k++)
        m->near[k] = m->by * j->k->dot(m->width, match_unit(m, 2 * i), match_unit(m, 2 * k + 1));
}

#endif
