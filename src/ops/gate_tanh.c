/* y = tanh(first half) sigmoid(second half) of each row (van den Oord et al. 2016, WaveNet, equation 2). */
#include "ops/ops.h"

static void gate_tanh_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    for (size_t i = 0; i < rows; i++)
        j->k->gate_tanh(columns, ink_view_row(j->in[0], i), ink_view_row(j->in[0], i) + columns, ink_view_row(j->out, i));
}

static void gate_tanh_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    dx[0] = ink_gate_tanh_back(g, y->in[0], dy);
}

const ink_op ink_op_gate_tanh = { .name = "gate_tanh", .flow = INK_FLOW_ROWS, .run = gate_tanh_run, .backward = gate_tanh_backward };

ink_node *ink_gate_tanh(ink_graph *g, ink_node *x)
{
    return ink_graph_node(g, &ink_op_gate_tanh, x, ink_node_width(x) / 2, 1, &x, NULL, 0);
}
