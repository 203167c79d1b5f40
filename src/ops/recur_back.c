/* The gradients of a recurrent layer's products, back through time (Werbos 1990): what reaches a step's output is what it handed up,
   and what the step after it hands back through the matrix of the state. */
#include "base/count.h"
#include "ops/recur.h"

#include <string.h>

enum { BACK_Y, BACK_DY, BACK_BATCH, BACK_PANELS };

typedef struct back_walk {
    const ink_job *j;
    const ink_recur_options *o;
    recur_parts parts;
    recur_team team;
    ink_packed w;                       /* turned */
    size_t du_bytes, dh_stride;
    uint8_t *du, *product;              /* scratch: rows for the product, and its own */
    float *dh, *carry, *none, *sum;     /* its result, in the order of what is left of the team; [team][width]; a state of zeros; dh of a row */
} back_walk;

static back_walk back_begin(const ink_job *j, size_t i)
{
    const ink_recur_options *o = j->y->options;
    back_walk s = { .j = j, .o = o, .parts = recur_parts_of(o->cell), .team = recur_team_at((const void *)j->in[BACK_BATCH].data, i) };
    s.w = recur_packed(j, BACK_PANELS, o->width, s.parts.gates * o->width);
    s.du_bytes = ink_act_bytes(INK_ACT_F32, s.w.cols);
    s.dh_stride = 16 * s.w.panels;
    s.du = j->scratch;
    s.dh = (float *)(void *)(s.du + RECUR_TEAM * s.du_bytes);
    s.carry = s.dh + RECUR_TEAM * s.dh_stride;
    s.none = s.carry + RECUR_TEAM * ink_round_up(o->width, 16);
    s.sum = s.none + ink_round_up(s.parts.states * o->width, 16);
    s.product = (uint8_t *)(s.sum + ink_round_up(o->width, 16));
    memset(s.dh, 0, RECUR_TEAM * (s.dh_stride + ink_round_up(o->width, 16)) * sizeof(float));
    memset(s.none, 0, s.parts.states * o->width * sizeof(float));
    return s;
}

/* Step t of a sequence; `left` is its place among those of the team that have this step. */
static void back_cell(const back_walk *s, size_t which, size_t t, size_t left)
{
    const ink_segment *g = &s->team.segments[which];
    const size_t row = g->first_row + t, width = s->o->width;
    s->j->k->add(width, ink_view_row(s->j->in[BACK_DY], row), s->dh + left * s->dh_stride, s->sum);
    s->j->k->cell_back[s->o->cell](&(ink_cell_back){ .n = width, .y = ink_view_row(s->j->in[BACK_Y], row), .before = t ? ink_view_row(s->j->in[BACK_Y], row - 1) : s->none,
                                                     .dh = s->sum, .carry = s->carry + which * ink_round_up(width, 16), .d = ink_view_row(s->j->out, row) });
}

/* All last steps, then those before them, and so on. */
static void back_step(const back_walk *s, size_t back)
{
    const size_t width = s->parts.gates * s->o->width;
    size_t left = 0, more = 0;
    for (size_t i = 0; i < s->team.count; i++) {
        if (back >= s->team.segments[i].rows)
            continue;
        const size_t t = s->team.segments[i].rows - 1 - back;
        back_cell(s, i, t, left++);
        if (t)
            memcpy(s->du + more++ * s->du_bytes, ink_view_row(s->j->out, s->team.segments[i].first_row + t) + (s->parts.back - s->parts.gates) * s->o->width, width * sizeof(float));
    }
    s->j->k->matmul[s->w.kind](&s->w, 0, s->w.panels, s->du, more, s->dh, s->dh_stride, s->product);
}

static size_t recur_back_chunks(const ink_job *j) { return recur_teams((const void *)j->in[BACK_BATCH].data); }

static void recur_back_chunk(const ink_job *j, size_t i)
{
    const back_walk s = back_begin(j, i);
    for (size_t back = 0; back < s.team.longest; back++)
        back_step(&s, back);
}

static size_t recur_back_scratch(const ink_kernels *k, const ink_node *y, const size_t bounds[INK_SIZES])
{
    (void)k, (void)bounds;
    const ink_recur_options *o = y->options;
    const recur_parts parts = recur_parts_of(o->cell);
    ink_packed w;
    ink_packed_shape(INK_F32, o->width, parts.gates * o->width, &w);
    return RECUR_TEAM * (ink_act_bytes(INK_ACT_F32, w.cols) + (16 * w.panels + ink_round_up(o->width, 16)) * sizeof(float)) +
           (ink_round_up(parts.states * o->width, 16) + ink_round_up(o->width, 16)) * sizeof(float) + ink_matmul_scratch(&w, RECUR_TEAM);
}

const ink_op ink_op_recur_back = { .name = "recur_back", .flow = INK_FLOW_CHUNKS, .chunks = recur_back_chunks, .chunk = recur_back_chunk, .scratch = recur_back_scratch };

ink_node *ink_recur_back(ink_graph *g, ink_node *y, ink_node *dy)
{
    const ink_recur_options *o = y->options;
    ink_node *in[] = { y, dy, y->in[2], ink_panels(g, y->in[1], true) };
    return ink_graph_node(g, &ink_op_recur_back, y, recur_parts_of(o->cell).back * o->width, 4, in, o, sizeof *o);
}
