/* The steps of a recurrent layer (kernels/cells.c): products with the input are there already, for all steps at once; those with the
   state are made step by step, for a team of sequences together. */
#include "base/count.h"
#include "ops/recur.h"

#include <string.h>

enum { RECUR_X, RECUR_WEIGHT, RECUR_BATCH, RECUR_PANELS, RECUR_BIAS = RECUR_PANELS }; /* panels where the weight is not packed; then the bias */

typedef struct recur_walk {
    const ink_job *j;
    const ink_recur_options *o;
    const ink_ragged *batch;
    recur_parts parts;
    ink_packed w;
    const float *bias;
    size_t h_bytes, u_stride;
    uint8_t *h, *product;     /* scratch: rows for the product, and its own */
    float *u, *none;          /* its result; a state of zeros */
} recur_walk;

static bool recur_has_panels(const ink_node *y) { return !y->in[RECUR_WEIGHT]->constant->packed; }

static recur_walk recur_begin(const ink_job *j)
{
    const ink_recur_options *o = j->y->options;
    const bool panels = recur_has_panels(j->y);
    recur_walk s = { .j = j, .o = o, .batch = (const void *)j->in[RECUR_BATCH].data, .parts = recur_parts_of(o->cell) };
    s.w = recur_packed(j, panels ? RECUR_PANELS : RECUR_WEIGHT, s.parts.gates * o->width, o->width);
    if (j->y->inputs > RECUR_BIAS + (size_t)panels)
        s.bias = (const float *)(const void *)j->in[RECUR_BIAS + (size_t)panels].data;
    s.h_bytes = ink_act_bytes(s.w.form, o->width);
    s.u_stride = 16 * s.w.panels;
    s.h = j->scratch;
    s.u = (float *)(void *)(s.h + RECUR_TEAM * s.h_bytes);
    s.none = s.u + RECUR_TEAM * s.u_stride;
    s.product = (uint8_t *)s.none + ink_round_up(s.parts.states * o->width * sizeof(float), 64);
    memset(s.none, 0, s.parts.states * o->width * sizeof *s.none);
    return s;
}

static const float *recur_before(const recur_walk *s, const ink_segment *g, size_t t)
{
    const size_t position = g->first_position + t;
    if (t)
        return ink_view_row(s->j->out, g->first_row + t - 1);
    return s->batch->shape && position ? recur_kept(s->batch, g, s->o->layer, position - 1, s->parts.states * s->o->width) : s->none;
}

static void recur_cell(const recur_walk *s, const ink_segment *g, size_t t, float *u)
{
    const size_t row = g->first_row + t, state = s->parts.states * s->o->width;
    if (s->bias)
        s->j->k->add(s->parts.gates * s->o->width, u, s->bias, u);
    const ink_cell c = { .n = s->o->width, .x = ink_view_row(s->j->in[RECUR_X], row), .u = u, .before = recur_before(s, g, t), .y = ink_view_row(s->j->out, row) };
    s->j->k->cell[s->o->cell](&c);
    if (s->batch->shape)
        memcpy(recur_kept(s->batch, g, s->o->layer, g->first_position + t, state), c.y, state * sizeof *c.y);
}

static void recur_step(const recur_walk *s, const recur_team *team, size_t t)
{
    size_t rows = 0;
    for (size_t i = 0; i < team->count; i++)
        if (t < team->segments[i].rows)
            s->j->k->act[s->w.form](s->o->width, recur_before(s, &team->segments[i], t), s->h + rows++ * s->h_bytes);
    s->j->k->matmul[s->w.kind](&s->w, 0, s->w.panels, s->h, rows, s->u, s->u_stride, s->product);
    rows = 0;
    for (size_t i = 0; i < team->count; i++)
        if (t < team->segments[i].rows)
            recur_cell(s, &team->segments[i], t, s->u + rows++ * s->u_stride);
}

static size_t recur_chunks(const ink_job *j) { return recur_teams((const void *)j->in[RECUR_BATCH].data); }

static void recur_chunk(const ink_job *j, size_t i)
{
    const recur_walk s = recur_begin(j);
    const recur_team team = recur_team_at(s.batch, i);
    for (size_t t = 0; t < team.longest; t++)
        recur_step(&s, &team, t);
}

static size_t recur_scratch(const ink_kernels *k, const ink_node *y, const size_t bounds[INK_SIZES])
{
    (void)k, (void)bounds;
    const ink_recur_options *o = y->options;
    const recur_parts parts = recur_parts_of(o->cell);
    ink_packed w;
    if (recur_has_panels(y))
        ink_packed_shape(INK_F32, parts.gates * o->width, o->width, &w);
    else
        w = *y->in[RECUR_WEIGHT]->constant->packed;
    return RECUR_TEAM * (ink_act_bytes(w.form, o->width) + 16 * w.panels * sizeof(float)) + ink_round_up(parts.states * o->width * sizeof(float), 64) + ink_matmul_scratch(&w, RECUR_TEAM);
}

static void recur_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    const ink_recur_options *o = y->options;
    const recur_parts parts = recur_parts_of(o->cell);
    const size_t width = parts.gates * o->width, bias = RECUR_BIAS + (size_t)recur_has_panels(y);
    const bool two = parts.back > parts.gates;
    ink_node *back = ink_recur_back(g, y, dy), *du = two ? ink_slice(g, back, width, width) : back;
    dx[RECUR_X] = two ? ink_slice(g, back, 0, width) : back;
    if (y->in[RECUR_WEIGHT]->wants)
        dx[RECUR_WEIGHT] = ink_product(g, y->in[RECUR_WEIGHT], du, true, ink_lag(g, y, y->in[RECUR_BATCH], &(ink_lag_options){ .columns = o->width, .first = 1, .last = 1 }), false);
    if (y->inputs > bias && y->in[bias]->wants)
        dx[bias] = ink_gradient_like(g, du, y->in[bias]);
}

const ink_op ink_op_recur = { .name = "recur", .flow = INK_FLOW_CHUNKS, .chunks = recur_chunks, .chunk = recur_chunk, .scratch = recur_scratch, .backward = recur_backward };

ink_node *ink_recur(ink_graph *g, ink_node *x, ink_node *weight, ink_node *bias, ink_node *batch, const ink_recur_options *o)
{
    ink_node *in[] = { x, weight, batch, NULL, NULL };
    size_t inputs = 3;
    if (!weight->constant->packed)
        in[inputs++] = ink_panels(g, weight, false);
    if (bias)
        in[inputs++] = bias;
    return ink_graph_node(g, &ink_op_recur, x, recur_parts_of(o->cell).kept * o->width, inputs, in, o, sizeof *o);
}
