/* y = gate sigmoid(gate) up (Shazeer 2020, SwiGLU). */
#include "ops/ops.h"

static void silu_mul_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    for (size_t i = 0; i < rows; i++)
        j->k->silu_mul(columns, ink_view_row(j->in[0], i), ink_view_row(j->in[1], i), ink_view_row(j->out, i));
}

static void silu_mul_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    dx[0] = y->in[0]->wants ? ink_silu_back(g, y->in[0], ink_mul(g, dy, y->in[1])) : NULL;
    dx[1] = y->in[1]->wants ? ink_silu_mul(g, y->in[0], dy) : NULL;
}

const ink_op ink_op_silu_mul = { .name = "silu_mul", .flow = INK_FLOW_ROWS, .elementwise = true, .run = silu_mul_run, .backward = silu_mul_backward };

ink_node *ink_silu_mul(ink_graph *g, ink_node *gate, ink_node *up)
{
    ink_node *in[] = { gate, up };
    return ink_graph_node(g, &ink_op_silu_mul, gate, ink_node_width(gate), 2, in, NULL, 0);
}
