/* y = log(1 + e^x), whose slope is the sigmoid: e^-log(1 + e^-x). */
#include "ops/ops.h"

static void softplus_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    for (size_t i = 0; i < rows; i++)
        j->k->softplus(columns, ink_view_row(j->in[0], i), ink_view_row(j->out, i));
}

static void softplus_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    dx[0] = ink_gradient_like(g, ink_mul(g, dy, ink_sigmoid(g, y->in[0])), y->in[0]);
}

const ink_op ink_op_softplus = { .name = "softplus", .flow = INK_FLOW_ROWS, .elementwise = true, .run = softplus_run, .backward = softplus_backward };

ink_node *ink_softplus(ink_graph *g, ink_node *x)
{
    return ink_graph_node(g, &ink_op_softplus, x, ink_node_width(x), 1, &x, NULL, 0);
}

ink_node *ink_log_sigmoid(ink_graph *g, ink_node *x) { return ink_scale(g, ink_softplus(g, ink_scale(g, x, -1)), -1); }
ink_node *ink_sigmoid(ink_graph *g, ink_node *x) { return ink_exp(g, ink_log_sigmoid(g, x)); }
