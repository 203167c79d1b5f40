/* y = gelu(gate) up with gelu in its tanh form (Shazeer 2020, GEGLU). */
#include "ops/ops.h"

static void gelu_tanh_mul_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    for (size_t i = 0; i < rows; i++)
        j->k->gelu_tanh_mul(columns, ink_view_row(j->in[0], i), ink_view_row(j->in[1], i), ink_view_row(j->out, i));
}

const ink_op ink_op_gelu_tanh_mul = { .name = "gelu_tanh_mul", .flow = INK_FLOW_ROWS, .elementwise = true, .run = gelu_tanh_mul_run };

ink_node *ink_gelu_tanh_mul(ink_graph *g, ink_node *gate, ink_node *up)
{
    ink_node *in[] = { gate, up };
    return ink_graph_node(g, &ink_op_gelu_tanh_mul, gate, ink_node_width(gate), 2, in, NULL, 0);
}
