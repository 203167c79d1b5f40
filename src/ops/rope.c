/* Rotary positions (Su et al. 2021): a pair (a, b) becomes (a cos - b sin, b cos + a sin). */
#include "ops/ops.h"

typedef struct rope_options {
    size_t heads, pairs;
    bool halves, back;
} rope_options;

enum { ROPE_PAIRS = 1024 };

static void rope_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    const rope_options *o = j->y->options;
    for (size_t i = 0; i < rows; i++) {
        const float *angles = ink_view_row(j->in[1], i), *sines = angles + o->pairs;
        float turned[ROPE_PAIRS];
        if (o->back) {
            j->k->scale(o->pairs, sines, -1, turned);
            sines = turned;
        }
        j->k->rope(o->heads, columns / o->heads, 2 * o->pairs, o->halves, angles, sines, ink_view_row(j->in[0], i), ink_view_row(j->out, i));
    }
}

static ink_node *rope_node(ink_graph *g, ink_node *x, ink_node *angles, const rope_options *o);

/* The same turn, back. */
static void rope_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    rope_options o = *(const rope_options *)y->options;
    o.back = !o.back;
    dx[0] = rope_node(g, dy, y->in[1], &o);
}

const ink_op ink_op_rope = { .name = "rope", .flow = INK_FLOW_ROWS, .over = 1 << 0, .run = rope_run, .backward = rope_backward };

static ink_node *rope_node(ink_graph *g, ink_node *x, ink_node *angles, const rope_options *o)
{
    ink_node *in[] = { x, angles };
    return ink_graph_node(g, &ink_op_rope, x, ink_node_width(x), 2, in, o, sizeof *o);
}

ink_node *ink_rope(ink_graph *g, ink_node *x, ink_node *angles, size_t heads, bool halves)
{
    const rope_options o = { .heads = heads, .pairs = ink_node_width(angles) / 2, .halves = halves };
    if (o.pairs > ROPE_PAIRS)
        ink_graph_fail(g, INK_E_LIMIT, "rotary positions over %zu dimensions: at most %d are possible", 2 * o.pairs, 2 * ROPE_PAIRS);
    return rope_node(g, x, angles, &o);
}
