/* The gradients of attention among the rows of a step, those of q, k and v side by side: with P = softmax(S) computed again,
   dV = P^T dO, dS = P (dP - rowsum(P dP)) with dP = dO V^T, dQ = scale dS K, dK = scale dS^T Q. One chunk is a sequence and
   a KV head, whose query heads and tiles add to dK and dV in their order. */
#include "ops/attend_rows.h"

#include <string.h>

static size_t attend_rows_back_chunks(const ink_job *j)
{
    return attend_batch(j)->count * ((const ink_attention_options *)j->y->options)->kv_heads;
}

/* Columns of the result: of queries, if any, then of keys, then of values. */
static void attend_back_tile(const attend_tile *t, size_t queries)
{
    const ink_job *j = t->j;
    const size_t dim = t->o->head_dim, gap = j->out.stride / sizeof(float), keys = (queries + t->kv_head) * dim, values = keys + t->o->kv_heads * dim;
    attend_scores(t);
    attend_scores_back(t);
    attend_spread(t, t->scores, t->before, t->keys, attend_at(t, t->dy, t->first, t->head), attend_gap(t, t->dy), ink_view_row(j->out, t->from) + values, gap);
    attend_spread(t, t->d, t->before, t->keys, attend_at(t, ATTEND_Q, t->first, t->head), attend_gap(t, ATTEND_Q), ink_view_row(j->out, t->from) + keys, gap);
    if (queries)
        attend_mix(t, t->d, 0, ink_view_row(j->out, t->first) + t->head * dim, gap);
}

void attend_back_chunk(const ink_job *j, size_t i, size_t queries)
{
    const ink_attention_options *o = j->y->options;
    const ink_segment *s = &attend_batch(j)->segments[i / o->kv_heads];
    const size_t kv = i % o->kv_heads, group = o->heads / o->kv_heads, dim = o->head_dim, first = s->keys ? s->first_key : s->first_row, keys = s->keys ? s->keys : s->rows;
    for (size_t r = 0; r < keys; r++) {
        float *y = ink_view_row(j->out, first + r) + (queries + kv) * dim;
        memset(y, 0, dim * sizeof *y);
        memset(y + o->kv_heads * dim, 0, dim * sizeof *y);
    }
    for (size_t head = kv * group; head < (kv + 1) * group; head++)
        for (size_t at = 0; at < s->rows; at += ATTEND_TILE) {
            const attend_tile t = attend_tile_at(j, s, head, at);
            attend_back_tile(&t, queries);
        }
}

static void attend_rows_back_chunk(const ink_job *j, size_t i)
{
    attend_back_chunk(j, i, ((const ink_attention_options *)j->y->options)->heads);
}

const ink_op ink_op_attend_rows_back = { .name = "attend_rows_back", .flow = INK_FLOW_CHUNKS, .chunks = attend_rows_back_chunks, .chunk = attend_rows_back_chunk,
                                         .scratch = attend_scratch };

ink_node *ink_attend_rows_back(ink_graph *g, const ink_node *y, ink_node *dy)
{
    const ink_attention_options *o = y->options;
    return attend_back(g, &ink_op_attend_rows_back, y, dy, y->in[ATTEND_Q], (o->heads + 2 * o->kv_heads) * o->head_dim);
}
