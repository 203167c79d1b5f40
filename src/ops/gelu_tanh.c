/* y = x sigmoid(2 sqrt(2/pi) (x + 0.044715 x^3)): gelu in its tanh form (Hendrycks and Gimpel 2016). */
#include "ops/ops.h"

static void gelu_tanh_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    for (size_t i = 0; i < rows; i++)
        j->k->gelu_tanh(columns, ink_view_row(j->in[0], i), ink_view_row(j->out, i));
}

static void gelu_tanh_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    dx[0] = ink_gelu_tanh_back(g, y->in[0], dy);
}

const ink_op ink_op_gelu_tanh = { .name = "gelu_tanh", .flow = INK_FLOW_ROWS, .elementwise = true, .run = gelu_tanh_run, .backward = gelu_tanh_backward };

ink_node *ink_gelu_tanh(ink_graph *g, ink_node *x)
{
    return ink_graph_node(g, &ink_op_gelu_tanh, x, ink_node_width(x), 1, &x, NULL, 0);
}
