/* What attention among the rows of a step and its gradient share. */
#ifndef INK_OPS_ATTEND_ROWS_H
#define INK_OPS_ATTEND_ROWS_H

#include "ops/ops.h"

enum { ATTEND_TILE = 64 }; /* queries whose scores are held at a time */

typedef struct attend_tile { /* some queries of one head against the keys that they see */
    const ink_job *j;
    const ink_attention_options *o;
    size_t first, rows;      /* of the queries, in the step */
    size_t from, keys;       /* the rows of the first key, and how many */
    size_t head, kv_head;
    float *scores, *capped;  /* [rows][stride]; capped: before the softmax, where there is a cap */
    size_t stride;
    void *scratch;           /* of products */
} attend_tile;

attend_tile attend_tile_at(const ink_job *j, const ink_segment *s, size_t head, size_t at);
size_t attend_stride(const size_t bounds[INK_SIZES]);
void attend_scores(const attend_tile *t); /* softmax(scale q k^T), each row over what it sees */

/* Columns of an input from a head on. */
static inline const float *attend_at(const attend_tile *t, size_t input, size_t row, size_t head)
{
    return ink_view_row(t->j->in[input], row) + head * t->o->head_dim;
}
static inline size_t attend_gap(const attend_tile *t, size_t input) { return t->j->in[input].stride / sizeof(float); }

#endif
