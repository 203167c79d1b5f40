/* dx of gate_tanh: with t = tanh(a) and s = sigmoid(b), dy s (1 - t^2), then dy t s (1 - s). */
#include "ops/ops.h"

static void gate_tanh_back_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    const size_t n = columns / 2;
    for (size_t i = 0; i < rows; i++) {
        const float *x = ink_view_row(j->in[0], i);
        float *dx = ink_view_row(j->out, i);
        j->k->gate_tanh_back(n, x, x + n, ink_view_row(j->in[1], i), dx, dx + n);
    }
}

const ink_op ink_op_gate_tanh_back = { .name = "gate_tanh_back", .flow = INK_FLOW_ROWS, .run = gate_tanh_back_run };

ink_node *ink_gate_tanh_back(ink_graph *g, ink_node *x, ink_node *dy)
{
    ink_node *in[] = { x, dy };
    return ink_graph_node(g, &ink_op_gate_tanh_back, x, ink_node_width(x), 2, in, NULL, 0);
}
