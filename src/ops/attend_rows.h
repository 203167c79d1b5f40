/* What attention among the rows of a step and its gradients share. */
#ifndef INK_OPS_ATTEND_ROWS_H
#define INK_OPS_ATTEND_ROWS_H

#include "ops/ops.h"

enum { ATTEND_TILE = 64 }; /* queries whose scores are held at a time */
enum { ATTEND_Q, ATTEND_K, ATTEND_V, ATTEND_BATCH, ATTEND_DY, ATTEND_PREFIX }; /* inputs of the gradients; attention itself has no dy */

typedef struct attend_tile { /* some queries of one head against the keys that they see */
    const ink_job *j;
    const ink_attention_options *o;
    size_t first, rows;          /* of the queries, in the step */
    size_t from, keys;           /* the row of the first key, and how many */
    const float *prefix;         /* keys and values that stand before every sequence, [before][prefix_row] */
    size_t before, prefix_row;
    size_t head, kv_head;
    float *scores, *capped, *d;  /* [rows][stride], the prefix first. capped: before the softmax, where there is a cap; d: for gradients */
    size_t stride;
    void *scratch;               /* of products */
} attend_tile;

/* prefix: which input that is. */
attend_tile attend_tile_at(const ink_job *j, size_t prefix, const ink_segment *s, size_t head, size_t at);
size_t attend_scratch(const ink_node *y, size_t prefix, const size_t bounds[INK_SIZES]);
void attend_scores(const attend_tile *t); /* softmax(scale q k^T), each row over what it sees */
/* d becomes the gradient of the scores times the scale, scores what they are. */
void attend_scores_back(const attend_tile *t);

/* out[rows][prefix and keys] = a x^T, x being the keys (0) or the values (1). */
void attend_against(const attend_tile *t, const float *a, size_t a_row, size_t which, float *out);
/* out[rows][head_dim] = p x, p over the prefix and the keys. */
void attend_mix(const attend_tile *t, const float *p, size_t which, float *out, size_t out_row);
/* out[n][head_dim] += p^T x for columns [first, first + n) of p and rows x of the queries. */
void attend_spread(const attend_tile *t, const float *p, size_t first, size_t n, const float *x, size_t x_row, float *out, size_t out_row);

/* Columns of an input from a head on. */
static inline const float *attend_at(const attend_tile *t, size_t input, size_t row, size_t head)
{
    return ink_view_row(t->j->in[input], row) + head * t->o->head_dim;
}
static inline size_t attend_gap(const attend_tile *t, size_t input) { return t->j->in[input].stride / sizeof(float); }
static inline const ink_ragged *attend_batch(const ink_job *j) { return (const void *)j->in[ATTEND_BATCH].data; }

#endif
