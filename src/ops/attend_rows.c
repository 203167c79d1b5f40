/* softmax(scale q k^T) v among the rows of a step, each over its own sequence, up to itself or all of it (Vaswani et al. 2017, section
   3.2.1): attention while learning, where keys are made by the step that reads them. A head at a time, a tile of queries at a
   time. Before every sequence a prefix of keys and values may stand (Li and Liang 2021, section 4.2). */
#include "base/count.h"
#include "ops/attend_rows.h"

#include <math.h>
#include <string.h>

size_t attend_scratch(const ink_kernels *k, const ink_node *y, const size_t bounds[INK_SIZES])
{
    const ink_attention_options *o = y->options;
    const size_t before = o->prefixed ? y->in[ATTEND_ASIDE]->dim[0].count : 0;
    (void)k;
    return INK_GEMM_SCRATCH + 3 * ATTEND_TILE * ink_round_up(bounds[INK_SIZE_CONTEXT] + before, 16) * sizeof(float);
}

attend_tile attend_tile_at(const ink_job *j, const ink_segment *s, size_t head, size_t at)
{
    const ink_attention_options *o = j->y->options;
    attend_tile t = { .j = j, .o = o, .first = s->first_row + at, .head = head, .kv_head = head / (o->heads / o->kv_heads), .scratch = j->scratch, .dy = j->y->inputs - 1 };
    t.rows = s->rows - at < ATTEND_TILE ? s->rows - at : ATTEND_TILE;
    const size_t skipped = !o->both && o->window && at + 1 > o->window ? at + 1 - o->window : 0;
    t.from = s->keys ? s->first_key : s->first_row + skipped;
    t.keys = s->keys ? s->keys : o->both ? s->rows : at + t.rows - skipped;
    t.all = s->keys || o->both;
    if (o->prefixed) {
        const ink_node *p = j->y->in[ATTEND_ASIDE];
        t.before = p->dim[0].count;
        t.prefix_row = ink_matrix_gap(j, ATTEND_ASIDE);
        t.prefix = (const float *)(const void *)j->in[ATTEND_ASIDE].data + (2 * o->layer * o->kv_heads + t.kv_head) * o->head_dim;
    }
    t.stride = ink_round_up(t.before + t.keys, 16);
    t.scores = (float *)(void *)(j->scratch + INK_GEMM_SCRATCH);
    t.capped = t.scores + ATTEND_TILE * t.stride;
    t.d = t.capped + ATTEND_TILE * t.stride;
    return t;
}

static const float *attend_prefix(const attend_tile *t, size_t which)
{
    return t->prefix + which * t->o->kv_heads * t->o->head_dim;
}

static void attend_multiply(const attend_tile *t, const ink_gemm *g)
{
    (t->o->bf16 ? t->j->k->gemm_bf16 : t->j->k->gemm)(g);
}

void attend_against(const attend_tile *t, const float *a, size_t a_row, size_t which, float *out)
{
    ink_gemm g = { .rows = t->rows, .columns = t->before, .depth = t->o->head_dim, .a = a, .a_row = a_row, .a_step = 1, .b_step = 1, .c = out, .c_row = t->stride, .scratch = t->scratch };
    if (t->before) {
        g.b = attend_prefix(t, which);
        g.b_column = t->prefix_row;
        attend_multiply(t, &g);
    }
    g.columns = t->keys;
    g.b = attend_at(t, ATTEND_K + which, t->from, t->kv_head);
    g.b_column = attend_gap(t, ATTEND_K + which);
    g.c = out + t->before;
    attend_multiply(t, &g);
}

void attend_mix(const attend_tile *t, const float *p, size_t which, float *out, size_t out_row)
{
    ink_gemm g = { .rows = t->rows, .columns = t->o->head_dim, .depth = t->before, .a = p, .a_row = t->stride, .a_step = 1, .b_column = 1, .c = out, .c_row = out_row, .scratch = t->scratch };
    if (t->before) {
        g.b = attend_prefix(t, which);
        g.b_step = t->prefix_row;
        attend_multiply(t, &g);
        g.more = true;
    }
    g.depth = t->keys;
    g.a = p + t->before;
    g.b = attend_at(t, ATTEND_K + which, t->from, t->kv_head);
    g.b_step = attend_gap(t, ATTEND_K + which);
    attend_multiply(t, &g);
}

void attend_spread(const attend_tile *t, const float *p, size_t first, size_t n, const float *x, size_t x_row, float *out, size_t out_row)
{
    attend_multiply(t, &(ink_gemm){ .rows = n, .columns = t->o->head_dim, .depth = t->rows, .a = p + first, .a_row = 1, .a_step = t->stride, .b = x, .b_step = x_row,
                               .b_column = 1, .c = out, .c_row = out_row, .more = true, .scratch = t->scratch });
}

/* Everything before the window and after the query itself. */
static void attend_mask(const attend_tile *t, size_t row, float *scores)
{
    const size_t self = t->first + row - t->from;
    if (t->all)
        return;
    for (size_t i = 0; t->o->window && i + t->o->window <= self; i++)
        scores[i] = -INFINITY;
    for (size_t i = self + 1; i < t->keys; i++)
        scores[i] = -INFINITY;
}

/* ALiBi (Press et al. 2022, section 3): what stands before a sequence is nowhere, and does not sink. */
static void attend_sink(const attend_tile *t, size_t row, float *scores)
{
    const float self = (float)(t->first + row) - (float)t->from;
    for (size_t i = 0; t->o->slopes && i < t->keys; i++)
        scores[i] = fmaf(t->o->slopes[t->head], (float)i - self, scores[i]);
}

/* What is learned for each distance (Raffel et al. 2020, section 2.1). */
static void attend_lean(const attend_tile *t, size_t row, float *scores)
{
    const ptrdiff_t self = (ptrdiff_t)(t->first + row) - (ptrdiff_t)t->from;
    for (size_t i = 0; t->o->biased && i < t->keys; i++)
        scores[i] += ink_view_row(t->j->in[ATTEND_ASIDE], attend_distance(t->o, (ptrdiff_t)i - self))[t->head];
}

void attend_scores(const attend_tile *t)
{
    const ink_kernels *k = t->j->k;
    const size_t n = t->before + t->keys;
    attend_against(t, attend_at(t, ATTEND_Q, t->first, t->head), attend_gap(t, ATTEND_Q), 0, t->scores);
    for (size_t r = 0; r < t->rows; r++) {
        float *s = t->scores + r * t->stride, *capped = t->capped + r * t->stride;
        k->scale(n, s, t->o->scale, s);
        if (t->o->softcap != 0) {
            k->softcap(n, s, t->o->softcap, capped);
            memcpy(s, capped, n * sizeof *s);
        }
        attend_sink(t, r, s + t->before);
        attend_lean(t, r, s + t->before);
        attend_mask(t, r, s + t->before);
        k->softmax(n, s, s);
    }
}

void attend_scores_back(const attend_tile *t)
{
    const ink_kernels *k = t->j->k;
    const size_t n = t->before + t->keys;
    attend_against(t, attend_at(t, t->dy, t->first, t->head), attend_gap(t, t->dy), 1, t->d);
    for (size_t r = 0; r < t->rows; r++) {
        float *d = t->d + r * t->stride;
        k->softmax_back(n, t->scores + r * t->stride, d, t->o->scale, d);
        if (t->o->softcap != 0)
            k->softcap_back(n, t->capped + r * t->stride, t->o->softcap, d, d);
    }
}

static size_t attend_rows_chunks(const ink_job *j)
{
    return attend_batch(j)->count * ((const ink_attention_options *)j->y->options)->heads;
}

static void attend_rows_chunk(const ink_job *j, size_t i)
{
    const ink_attention_options *o = j->y->options;
    const ink_segment *s = &attend_batch(j)->segments[i / o->heads];
    for (size_t at = 0; at < s->rows; at += ATTEND_TILE) {
        const attend_tile t = attend_tile_at(j, s, i % o->heads, at);
        attend_scores(&t);
        attend_mix(&t, t.scores, 1, ink_view_row(j->out, t.first) + t.head * o->head_dim, j->out.stride / sizeof(float));
    }
}

/* Keys of rows that are another's than the queries'. */
static void attend_rows_backward_apart(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    const ink_attention_options *o = y->options;
    const size_t kv = o->kv_heads * o->head_dim;
    ink_node *both = y->in[1]->wants || y->in[2]->wants ? ink_attend_keys_back(g, y, dy) : NULL;
    dx[0] = y->in[0]->wants ? ink_attend_query_back(g, y, dy) : NULL;
    dx[1] = y->in[1]->wants ? ink_slice(g, both, 0, kv) : NULL;
    dx[2] = y->in[2]->wants ? ink_slice(g, both, kv, kv) : NULL;
}

static void attend_rows_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    const ink_attention_options *o = y->options;
    const size_t q = o->heads * o->head_dim, kv = o->kv_heads * o->head_dim;
    if (y->in[0]->dim[0].size != y->in[1]->dim[0].size) {
        attend_rows_backward_apart(g, y, dy, dx);
        return;
    }
    ink_node *all = y->in[0]->wants || y->in[1]->wants || y->in[2]->wants ? ink_attend_rows_back(g, y, dy) : NULL;
    dx[0] = y->in[0]->wants ? ink_slice(g, all, 0, q) : NULL;
    dx[1] = y->in[1]->wants ? ink_slice(g, all, q, kv) : NULL;
    dx[2] = y->in[2]->wants ? ink_slice(g, all, q + kv, kv) : NULL;
    if ((o->prefixed || o->biased) && y->in[ATTEND_ASIDE]->wants)
        dx[ATTEND_ASIDE] = o->prefixed ? ink_attend_prefix_back(g, y, dy) : ink_attend_bias_back(g, y, dy);
}

const ink_op ink_op_attend_rows = { .name = "attend_rows", .flow = INK_FLOW_CHUNKS, .chunks = attend_rows_chunks, .chunk = attend_rows_chunk,
                                    .scratch = attend_scratch, .backward = attend_rows_backward };

ink_node *ink_attend_rows(ink_graph *g, ink_node *q, ink_node *k, ink_node *v, ink_node *batch, ink_node *prefix, ink_node *bias, const ink_attention_options *o)
{
    ink_node *in[] = { q, k, v, batch, prefix ? prefix : bias };
    ink_attention_options own = *o;
    own.prefixed = prefix != NULL;
    own.biased = bias != NULL;
    own.bf16 = g->bf16;
    if (prefix && bias)
        ink_graph_fail(g, INK_E_UNSUPPORTED, "a prefix stands at no distance, and this model's attention goes by distances");
    return ink_graph_node(g, &ink_op_attend_rows, q, o->heads * o->head_dim, prefix || bias ? 5 : 4, in, &own, sizeof own);
}
