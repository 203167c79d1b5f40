/* The gradients of attention among the rows of a step, those of q, k and v side by side: with P = softmax(S) computed again,
   dV = P^T dO, dS = P (dP - rowsum(P dP)) with dP = dO V^T, dQ = scale dS K, dK = scale dS^T Q. One chunk is a sequence and
   a KV head, whose query heads and tiles add to dK and dV in their order. */
#include "ops/attend_rows.h"

#include <string.h>

static size_t attend_rows_back_chunks(const ink_job *j)
{
    return ((const ink_ragged *)(const void *)j->in[3].data)->count * ((const ink_attention_options *)j->y->options)->kv_heads;
}

/* What dP becomes: dS times the scale, through the cap where there is one. */
static void attend_rows_back_scores(const attend_tile *t, float *d)
{
    const ink_kernels *k = t->j->k;
    for (size_t r = 0; r < t->rows; r++) {
        const float *p = t->scores + r * t->stride;
        float *s = d + r * t->stride;
        k->softmax_back(t->keys, p, s, t->o->scale, s);
        if (t->o->softcap != 0)
            k->softcap_back(t->keys, t->capped + r * t->stride, t->o->softcap, s, s);
    }
}

static void attend_rows_back_tile(const attend_tile *t, float *d)
{
    const ink_job *j = t->j;
    const ink_attention_options *o = t->o;
    const size_t dim = o->head_dim, c = j->out.stride / sizeof(float), keys = o->heads * dim, values = keys + o->kv_heads * dim;
    const float *dy = attend_at(t, 4, t->first, t->head);
    attend_scores(t);
    j->k->gemm(&(ink_gemm){ .rows = t->rows, .columns = t->keys, .depth = dim, .a = dy, .a_row = attend_gap(t, 4), .a_step = 1,
                            .b = attend_at(t, 2, t->from, t->kv_head), .b_step = 1, .b_column = attend_gap(t, 2), .c = d, .c_row = t->stride, .scratch = t->scratch });
    j->k->gemm(&(ink_gemm){ .rows = t->keys, .columns = dim, .depth = t->rows, .a = t->scores, .a_row = 1, .a_step = t->stride,
                            .b = dy, .b_step = attend_gap(t, 4), .b_column = 1, .c = ink_view_row(j->out, t->from) + values + t->kv_head * dim, .c_row = c, .more = true,
                            .scratch = t->scratch });
    attend_rows_back_scores(t, d);
    j->k->gemm(&(ink_gemm){ .rows = t->rows, .columns = dim, .depth = t->keys, .a = d, .a_row = t->stride, .a_step = 1,
                            .b = attend_at(t, 1, t->from, t->kv_head), .b_step = attend_gap(t, 1), .b_column = 1,
                            .c = ink_view_row(j->out, t->first) + t->head * dim, .c_row = c, .scratch = t->scratch });
    j->k->gemm(&(ink_gemm){ .rows = t->keys, .columns = dim, .depth = t->rows, .a = d, .a_row = 1, .a_step = t->stride,
                            .b = attend_at(t, 0, t->first, t->head), .b_step = attend_gap(t, 0), .b_column = 1,
                            .c = ink_view_row(j->out, t->from) + keys + t->kv_head * dim, .c_row = c, .more = true, .scratch = t->scratch });
}

static void attend_rows_back_chunk(const ink_job *j, size_t i)
{
    const ink_attention_options *o = j->y->options;
    const ink_segment *s = &((const ink_ragged *)(const void *)j->in[3].data)->segments[i / o->kv_heads];
    const size_t kv = i % o->kv_heads, group = o->heads / o->kv_heads, dim = o->head_dim;
    for (size_t r = 0; r < s->rows; r++) {
        float *y = ink_view_row(j->out, s->first_row + r) + (o->heads + kv) * dim;
        memset(y, 0, dim * sizeof *y);
        memset(y + o->kv_heads * dim, 0, dim * sizeof *y);
    }
    for (size_t head = kv * group; head < (kv + 1) * group; head++)
        for (size_t at = 0; at < s->rows; at += ATTEND_TILE) {
            const attend_tile t = attend_tile_at(j, s, head, at);
            attend_rows_back_tile(&t, t.capped + ATTEND_TILE * t.stride);
        }
}

static size_t attend_rows_back_scratch(const ink_kernels *k, const ink_node *y, const size_t bounds[INK_SIZES])
{
    (void)k, (void)y;
    return INK_GEMM_SCRATCH + 3 * ATTEND_TILE * attend_stride(bounds) * sizeof(float);
}

const ink_op ink_op_attend_rows_back = { .name = "attend_rows_back", .flow = INK_FLOW_CHUNKS, .chunks = attend_rows_back_chunks, .chunk = attend_rows_back_chunk,
                                    .scratch = attend_rows_back_scratch };

ink_node *ink_attend_rows_back(ink_graph *g, ink_node *q, ink_node *k, ink_node *v, ink_node *batch, ink_node *dy, const ink_attention_options *o)
{
    ink_node *in[] = { q, k, v, batch, dy };
    return ink_graph_node(g, &ink_op_attend_rows_back, q, (o->heads + 2 * o->kv_heads) * o->head_dim, 5, in, o, sizeof *o);
}
