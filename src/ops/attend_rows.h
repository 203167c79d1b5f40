/* What attention among the rows of a step and its gradients share. */
#ifndef INK_OPS_ATTEND_ROWS_H
#define INK_OPS_ATTEND_ROWS_H

#include "ops/ops.h"

enum { ATTEND_TILE = 64 }; /* queries whose scores are held at a time */
enum { ATTEND_Q, ATTEND_K, ATTEND_V, ATTEND_BATCH, ATTEND_ASIDE }; /* inputs; ASIDE: a prefix or a bias, where there is one. Gradients have dy last */

typedef struct attend_tile { /* some queries of one head against the keys that they see */
    const ink_job *j;
    const ink_attention_options *o;
    size_t first, rows;          /* of the queries, in the step */
    size_t from, keys;           /* the row of the first key, and how many */
    bool all;                    /* every query sees all of them */
    size_t dy;                   /* which input that is, of gradients */
    const float *prefix;         /* keys and values that stand before every sequence, [before][prefix_row] */
    size_t before, prefix_row;
    size_t head, kv_head;
    float *scores, *capped, *d;  /* [rows][stride], the prefix first. capped: before the softmax, where there is a cap; d: for gradients */
    size_t stride;
    void *scratch;               /* of products */
} attend_tile;

attend_tile attend_tile_at(const ink_job *j, const ink_segment *s, size_t head, size_t at);
size_t attend_scratch(const ink_kernels *k, const ink_node *y, const size_t bounds[INK_SIZES]);
void attend_scores(const attend_tile *t); /* softmax(scale q k^T), each row over what it sees */
/* d becomes the gradient of the scores times the scale, scores what they are. */
void attend_scores_back(const attend_tile *t);

/* out[rows][prefix and keys] = a x^T, x being the keys (0) or the values (1). */
void attend_against(const attend_tile *t, const float *a, size_t a_row, size_t which, float *out);
/* out[rows][head_dim] = p x, p over the prefix and the keys. */
void attend_mix(const attend_tile *t, const float *p, size_t which, float *out, size_t out_row);
/* out[n][head_dim] += p^T x for columns [first, first + n) of p and rows x of the queries. */
void attend_spread(const attend_tile *t, const float *p, size_t first, size_t n, const float *x, size_t x_row, float *out, size_t out_row);

/* The gradients of keys and values of a sequence and a KV head (chunk i), behind those of so many heads of queries; 0: those are not wanted. */
void attend_back_chunk(const ink_job *j, size_t i, size_t queries);

/* Columns of an input from a head on. */
static inline const float *attend_at(const attend_tile *t, size_t input, size_t row, size_t head)
{
    return ink_view_row(t->j->in[input], row) + head * t->o->head_dim;
}
static inline size_t attend_gap(const attend_tile *t, size_t input) { return t->j->in[input].stride / sizeof(float); }
/* The row of a bias for a key that lies so far from its query. */
static inline size_t attend_distance(const ink_attention_options *o, ptrdiff_t distance)
{
    const ptrdiff_t far = (ptrdiff_t)o->far, most = o->both ? far : 0;
    return (size_t)(far + (distance < -far ? -far : distance > most ? most : distance));
}
/* Inputs of a gradient: those of y, then dy. */
static inline ink_node *attend_back(ink_graph *g, const ink_op *op, const ink_node *y, ink_node *dy, const ink_node *like, size_t width)
{
    ink_node *in[INK_NODE_INPUTS];
    for (size_t i = 0; i < y->inputs; i++)
        in[i] = y->in[i];
    in[y->inputs] = dy;
    return ink_graph_node(g, op, like, width, y->inputs + 1, in, y->options, sizeof(ink_attention_options));
}
static inline const ink_ragged *attend_batch(const ink_job *j) { return (const void *)j->in[ATTEND_BATCH].data; }

#endif
