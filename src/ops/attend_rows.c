/* softmax(scale q k^T) v among the rows of a step, each over its own sequence up to itself (Vaswani et al. 2017, section
   3.2.1): attention while learning, where keys are made by the step that reads them. A head at a time, a tile of queries at a time. */
#include "ops/attend_rows.h"

#include <math.h>
#include <string.h>

size_t attend_stride(const size_t bounds[INK_SIZES])
{
    return (bounds[INK_SIZE_CONTEXT] + 15) / 16 * 16;
}

/* The scratch: products, then scores, capped scores, and one more for the gradient. */
attend_tile attend_tile_at(const ink_job *j, const ink_segment *s, size_t head, size_t at)
{
    const ink_attention_options *o = j->y->options;
    attend_tile t = { .j = j, .o = o, .first = s->first_row + at, .head = head, .kv_head = head / (o->heads / o->kv_heads), .scratch = j->scratch };
    t.rows = s->rows - at < ATTEND_TILE ? s->rows - at : ATTEND_TILE;
    const size_t skipped = o->window && at + 1 > o->window ? at + 1 - o->window : 0;
    t.from = s->first_row + skipped;
    t.keys = at + t.rows - skipped;
    t.stride = (t.keys + 15) / 16 * 16;
    t.scores = (float *)(void *)(j->scratch + INK_GEMM_SCRATCH);
    t.capped = t.scores + ATTEND_TILE * t.stride;
    return t;
}

/* Everything before the window and after the query itself. */
static void attend_mask(const attend_tile *t, size_t row, float *scores)
{
    const size_t self = t->first + row - t->from;
    for (size_t i = 0; t->o->window && i + t->o->window <= self; i++)
        scores[i] = -INFINITY;
    for (size_t i = self + 1; i < t->keys; i++)
        scores[i] = -INFINITY;
}

void attend_scores(const attend_tile *t)
{
    const ink_kernels *k = t->j->k;
    k->gemm(&(ink_gemm){ .rows = t->rows, .columns = t->keys, .depth = t->o->head_dim, .a = attend_at(t, 0, t->first, t->head), .a_row = attend_gap(t, 0), .a_step = 1,
                         .b = attend_at(t, 1, t->from, t->kv_head), .b_step = 1, .b_column = attend_gap(t, 1), .c = t->scores, .c_row = t->stride, .scratch = t->scratch });
    for (size_t r = 0; r < t->rows; r++) {
        float *s = t->scores + r * t->stride;
        k->scale(t->keys, s, t->o->scale, s);
        if (t->o->softcap != 0) {
            k->softcap(t->keys, s, t->o->softcap, t->capped + r * t->stride);
            memcpy(s, t->capped + r * t->stride, t->keys * sizeof *s);
        }
        attend_mask(t, r, s);
        k->softmax(t->keys, s, s);
    }
}

static size_t attend_rows_chunks(const ink_job *j)
{
    return ((const ink_ragged *)(const void *)j->in[3].data)->count * ((const ink_attention_options *)j->y->options)->heads;
}

static void attend_rows_chunk(const ink_job *j, size_t i)
{
    const ink_attention_options *o = j->y->options;
    const ink_segment *s = &((const ink_ragged *)(const void *)j->in[3].data)->segments[i / o->heads];
    for (size_t at = 0; at < s->rows; at += ATTEND_TILE) {
        const attend_tile t = attend_tile_at(j, s, i % o->heads, at);
        attend_scores(&t);
        j->k->gemm(&(ink_gemm){ .rows = t.rows, .columns = o->head_dim, .depth = t.keys, .a = t.scores, .a_row = t.stride, .a_step = 1,
                                .b = attend_at(&t, 2, t.from, t.kv_head), .b_step = attend_gap(&t, 2), .b_column = 1,
                                .c = ink_view_row(j->out, t.first) + t.head * o->head_dim, .c_row = j->out.stride / sizeof(float), .scratch = t.scratch });
    }
}

static size_t attend_rows_scratch(const ink_kernels *k, const ink_node *y, const size_t bounds[INK_SIZES])
{
    (void)k, (void)y;
    return INK_GEMM_SCRATCH + 2 * ATTEND_TILE * attend_stride(bounds) * sizeof(float);
}

static void attend_rows_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    const ink_attention_options *o = y->options;
    ink_node *all = ink_attend_rows_back(g, y->in[0], y->in[1], y->in[2], y->in[3], dy, o);
    const size_t q = o->heads * o->head_dim, kv = o->kv_heads * o->head_dim;
    dx[0] = ink_slice(g, all, 0, q);
    dx[1] = ink_slice(g, all, q, kv);
    dx[2] = ink_slice(g, all, q + kv, kv);
}

const ink_op ink_op_attend_rows = { .name = "attend_rows", .flow = INK_FLOW_CHUNKS, .chunks = attend_rows_chunks, .chunk = attend_rows_chunk, .scratch = attend_rows_scratch,
                               .backward = attend_rows_backward };

ink_node *ink_attend_rows(ink_graph *g, ink_node *q, ink_node *k, ink_node *v, ink_node *batch, const ink_attention_options *o)
{
    ink_node *in[] = { q, k, v, batch };
    return ink_graph_node(g, &ink_op_attend_rows, q, o->heads * o->head_dim, 4, in, o, sizeof *o);
}
