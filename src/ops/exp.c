/* y = e^x. */
#include "ops/ops.h"

static void exp_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    for (size_t i = 0; i < rows; i++)
        j->k->exp(columns, ink_view_row(j->in[0], i), ink_view_row(j->out, i));
}

static void exp_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    dx[0] = ink_gradient_like(g, ink_mul(g, dy, y), y->in[0]);
}

const ink_op ink_op_exp = { .name = "exp", .flow = INK_FLOW_ROWS, .elementwise = true, .run = exp_run, .backward = exp_backward };

ink_node *ink_exp(ink_graph *g, ink_node *x)
{
    return ink_graph_node(g, &ink_op_exp, x, ink_node_width(x), 1, &x, NULL, 0);
}
