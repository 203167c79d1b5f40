/* Products with the weights of those experts that a row goes to. A row of y holds what they give, in the order of the experts: `used`
   slots; x is one row for all of them, or has slots itself. An expert's rows are gathered, so that its weights are read once for all. */
#include "ops/ops.h"

#include <string.h>

enum { EXPERTS_BYTES = 128 << 10 }; /* of weights that a chunk reads */

static const ink_packed *experts_weight(const ink_experts_options *o, size_t e) { return o->weights[e]->packed; }

static size_t experts_panels(const ink_experts_options *o)
{
    const ink_packed *w = experts_weight(o, 0);
    const size_t panels = EXPERTS_BYTES / w->panel_bytes + 1;
    return panels < w->panels ? panels : w->panels;
}

static size_t experts_blocks(const ink_experts_options *o)
{
    return (experts_weight(o, 0)->panels + experts_panels(o) - 1) / experts_panels(o);
}

/* Every expert; one that no row goes to is done at once. */
static size_t experts_chunks(const ink_job *j)
{
    const ink_experts_options *o = j->y->options;
    return o->count * experts_blocks(o);
}

/* Which slot of a row this expert has: how many others come before. */
static size_t experts_slot(const float *route, size_t e)
{
    size_t slot = 0;
    for (size_t i = 0; i < e; i++)
        slot += route[i] != 0.0f;
    return slot;
}

typedef struct experts_room { /* of one chunk */
    uint8_t *x;    /* rows in the form of the weights */
    float *y;      /* [rows][columns] */
    void *product; /* scratch of the product */
} experts_room;

static experts_room experts_room_at(uint8_t *scratch, const ink_packed *w, size_t rows, size_t panels)
{
    experts_room r = { .x = scratch };
    r.y = (float *)(void *)(scratch + rows * ink_act_bytes(w->form, w->cols));
    r.product = r.y + rows * panels * 16;
    return r;
}

static void experts_chunk(const ink_job *j, size_t i)
{
    const ink_experts_options *o = j->y->options;
    const size_t blocks = experts_blocks(o), panels = experts_panels(o), e = i / blocks, p0 = i % blocks * panels;
    const ink_packed *w = experts_weight(o, e);
    const size_t p1 = p0 + panels < w->panels ? p0 + panels : w->panels, wide = 16 * (p1 - p0), from = 16 * p0, n = w->rows - from < wide ? w->rows - from : wide;
    const experts_room room = experts_room_at(j->scratch, w, j->rows, panels);
    const size_t x_bytes = ink_act_bytes(w->form, w->cols);
    size_t rows = 0;
    for (size_t r = 0; r < j->rows; r++) {
        const float *route = ink_view_row(j->in[1], r);
        if (route[e] != 0.0f)
            j->k->act[w->form](w->cols, ink_view_row(j->in[0], r) + (o->slots ? experts_slot(route, e) * w->cols : 0), room.x + x_bytes * rows++);
    }
    if (!rows)
        return;
    j->k->matmul[w->kind](w, p0, p1, room.x, rows, room.y, wide, room.product);
    rows = 0;
    for (size_t r = 0; r < j->rows; r++) {
        const float *route = ink_view_row(j->in[1], r);
        if (route[e] != 0.0f)
            memcpy(ink_view_row(j->out, r) + experts_slot(route, e) * w->rows + from, room.y + wide * rows++, n * sizeof *room.y);
    }
}

static size_t experts_scratch(const ink_kernels *k, const ink_node *y, const size_t bounds[INK_SIZES])
{
    const ink_experts_options *o = y->options;
    const ink_packed *w = experts_weight(o, 0);
    const size_t rows = bounds[INK_SIZE_ROWS];
    (void)k;
    return rows * (ink_act_bytes(w->form, w->cols) + experts_panels(o) * 16 * sizeof(float)) + ink_matmul_scratch(w, rows);
}

const ink_op ink_op_experts = { .name = "experts", .flow = INK_FLOW_CHUNKS, .chunks = experts_chunks, .chunk = experts_chunk, .scratch = experts_scratch };

ink_node *ink_experts(ink_graph *g, ink_node *x, ink_node *route, const ink_experts_options *o)
{
    ink_node *in[] = { x, route };
    return ink_graph_node(g, &ink_op_experts, x, o->used * experts_weight(o, 0)->rows, 2, in, o, sizeof *o);
}
