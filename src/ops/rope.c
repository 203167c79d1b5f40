/* Rotary positions (Su et al. 2021): a pair (a, b) becomes (a cos - b sin, b cos + a sin). */
#include "ops/ops.h"

typedef struct rope_options {
    size_t heads, pairs;
    bool halves;
} rope_options;

static void rope_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    const rope_options *o = j->y->options;
    for (size_t i = 0; i < rows; i++) {
        const float *angles = ink_view_row(j->in[1], i);
        j->k->rope(o->heads, columns / o->heads, 2 * o->pairs, o->halves, angles, angles + o->pairs, ink_view_row(j->in[0], i), ink_view_row(j->out, i));
    }
}

const ink_op ink_op_rope = { .name = "rope", .flow = INK_FLOW_ROWS, .run = rope_run };

ink_node *ink_rope(ink_graph *g, ink_node *x, ink_node *angles, size_t heads, bool halves)
{
    const rope_options o = { .heads = heads, .pairs = ink_node_width(angles) / 2, .halves = halves };
    ink_node *in[] = { x, angles };
    return ink_graph_node(g, &ink_op_rope, x, ink_node_width(x), 2, in, &o, sizeof o);
}
