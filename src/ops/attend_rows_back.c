/* The gradients of attention among the rows of a step, those of q, k and v side by side: with P = softmax(S) computed again,
   dV = P^T dO, dS = P (dP - rowsum(P dP)) with dP = dO V^T, dQ = scale dS K, dK = scale dS^T Q. One chunk is a sequence and
   a KV head, whose query heads and tiles add to dK and dV in their order. */
#include "ops/attend_rows.h"

#include <string.h>

static size_t attend_rows_back_chunks(const ink_job *j)
{
    return attend_batch(j)->count * ((const ink_attention_options *)j->y->options)->kv_heads;
}

static void attend_rows_back_tile(const attend_tile *t)
{
    const ink_job *j = t->j;
    const size_t dim = t->o->head_dim, gap = j->out.stride / sizeof(float), keys = (t->o->heads + t->kv_head) * dim, values = keys + t->o->kv_heads * dim;
    attend_scores(t);
    attend_scores_back(t);
    attend_spread(t, t->scores, t->before, t->keys, attend_at(t, ATTEND_DY, t->first, t->head), attend_gap(t, ATTEND_DY), ink_view_row(j->out, t->from) + values, gap);
    attend_spread(t, t->d, t->before, t->keys, attend_at(t, ATTEND_Q, t->first, t->head), attend_gap(t, ATTEND_Q), ink_view_row(j->out, t->from) + keys, gap);
    attend_mix(t, t->d, 0, ink_view_row(j->out, t->first) + t->head * dim, gap);
}

static void attend_rows_back_chunk(const ink_job *j, size_t i)
{
    const ink_attention_options *o = j->y->options;
    const ink_segment *s = &attend_batch(j)->segments[i / o->kv_heads];
    const size_t kv = i % o->kv_heads, group = o->heads / o->kv_heads, dim = o->head_dim;
    for (size_t r = 0; r < s->rows; r++) {
        float *y = ink_view_row(j->out, s->first_row + r) + (o->heads + kv) * dim;
        memset(y, 0, dim * sizeof *y);
        memset(y + o->kv_heads * dim, 0, dim * sizeof *y);
    }
    for (size_t head = kv * group; head < (kv + 1) * group; head++)
        for (size_t at = 0; at < s->rows; at += ATTEND_TILE) {
            const attend_tile t = attend_tile_at(j, ATTEND_PREFIX, s, head, at);
            attend_rows_back_tile(&t);
        }
}

static size_t attend_rows_back_scratch(const ink_kernels *k, const ink_node *y, const size_t bounds[INK_SIZES])
{
    (void)k;
    return attend_scratch(y, ATTEND_PREFIX, bounds);
}

const ink_op ink_op_attend_rows_back = { .name = "attend_rows_back", .flow = INK_FLOW_CHUNKS, .chunks = attend_rows_back_chunks, .chunk = attend_rows_back_chunk,
                                         .scratch = attend_rows_back_scratch };

ink_node *ink_attend_rows_back(ink_graph *g, const ink_node *y, ink_node *dy)
{
    const ink_attention_options *o = y->options;
    ink_node *in[] = { y->in[0], y->in[1], y->in[2], y->in[3], dy, y->inputs > 4 ? y->in[4] : NULL };
    return ink_graph_node(g, &ink_op_attend_rows_back, y->in[0], (o->heads + 2 * o->kv_heads) * o->head_dim, y->inputs + 1, in, o, sizeof *o);
}
