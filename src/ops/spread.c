/* y [rows, columns] = the one number of each row of x, in every column. */
#include "ops/ops.h"

static void spread_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    for (size_t i = 0; i < rows; i++)
        for (size_t c = 0; c < columns; c++)
            ink_view_row(j->out, i)[c] = *ink_view_row(j->in[0], i);
}

static void spread_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    dx[0] = ink_gradient_like(g, ink_sum_columns(g, dy), y->in[0]);
}

const ink_op ink_op_spread = { .name = "spread", .flow = INK_FLOW_ROWS, .run = spread_run, .backward = spread_backward };

ink_node *ink_spread(ink_graph *g, ink_node *x, size_t columns)
{
    return ink_graph_node(g, &ink_op_spread, x, columns, 1, &x, NULL, 0);
}
