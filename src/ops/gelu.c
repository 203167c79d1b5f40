/* y = x Phi(x), with the error function (Hendrycks and Gimpel 2016). */
#include "ops/ops.h"

static void gelu_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    for (size_t i = 0; i < rows; i++)
        j->k->gelu(columns, ink_view_row(j->in[0], i), ink_view_row(j->out, i));
}

static void gelu_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    dx[0] = ink_gelu_back(g, y->in[0], dy);
}

const ink_op ink_op_gelu = { .name = "gelu", .flow = INK_FLOW_ROWS, .elementwise = true, .run = gelu_run, .backward = gelu_backward };

ink_node *ink_gelu(ink_graph *g, ink_node *x)
{
    return ink_graph_node(g, &ink_op_gelu, x, ink_node_width(x), 1, &x, NULL, 0);
}
