/* What the experts of a row gave, slot by slot, by their weights. */
#include "ops/ops.h"

#include <string.h>

static void sum_slots_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    const size_t experts = ink_node_width(j->y->in[1]);
    for (size_t i = 0; i < rows; i++) {
        const float *slot = ink_view_row(j->in[0], i), *route = ink_view_row(j->in[1], i);
        float *y = ink_view_row(j->out, i);
        memset(y, 0, columns * sizeof *y);
        for (size_t e = 0; e < experts; e++)
            for (size_t c = 0; route[e] != 0.0f && c < columns; c++, slot++)
                y[c] = y[c] + route[e] * *slot;
    }
}

const ink_op ink_op_sum_slots = { .name = "sum_slots", .flow = INK_FLOW_ROWS, .run = sum_slots_run };

ink_node *ink_sum_slots(ink_graph *g, ink_node *slots, ink_node *route, size_t width)
{
    ink_node *in[] = { slots, route };
    return ink_graph_node(g, &ink_op_sum_slots, slots, width, 2, in, NULL, 0);
}
