/* y = gelu(gate) up with gelu in its tanh form (Shazeer 2020, GEGLU). */
#include "ops/ops.h"

static void gelu_tanh_mul_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    for (size_t i = 0; i < rows; i++)
        j->k->gelu_tanh_mul(columns, ink_view_row(j->in[0], i), ink_view_row(j->in[1], i), ink_view_row(j->out, i));
}

static void gelu_tanh_mul_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    dx[0] = y->in[0]->wants ? ink_gelu_tanh_back(g, y->in[0], ink_mul(g, dy, y->in[1])) : NULL;
    dx[1] = y->in[1]->wants ? ink_gelu_tanh_mul(g, y->in[0], dy) : NULL;
}

const ink_op ink_op_gelu_tanh_mul = { .name = "gelu_tanh_mul", .flow = INK_FLOW_ROWS, .elementwise = true, .run = gelu_tanh_mul_run, .backward = gelu_tanh_mul_backward };

ink_node *ink_gelu_tanh_mul(ink_graph *g, ink_node *gate, ink_node *up)
{
    ink_node *in[] = { gate, up };
    return ink_graph_node(g, &ink_op_gelu_tanh_mul, gate, ink_node_width(gate), 2, in, NULL, 0);
}
