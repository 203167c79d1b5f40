/* y [rows, 1] = the sum of each row, in double and in order. */
#include "ops/ops.h"

static void sum_columns_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row, (void)columns;
    for (size_t i = 0; i < rows; i++) {
        double sum = 0;
        for (size_t c = 0; c < ink_node_width(j->y->in[0]); c++)
            sum += (double)ink_view_row(j->in[0], i)[c];
        *ink_view_row(j->out, i) = (float)sum;
    }
}

static void sum_columns_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    dx[0] = ink_gradient_like(g, ink_spread(g, dy, ink_node_width(y->in[0])), y->in[0]);
}

const ink_op ink_op_sum_columns = { .name = "sum_columns", .flow = INK_FLOW_ROWS, .run = sum_columns_run, .backward = sum_columns_backward };

ink_node *ink_sum_columns(ink_graph *g, ink_node *x)
{
    return ink_graph_node(g, &ink_op_sum_columns, x, 1, 1, &x, NULL, 0);
}
