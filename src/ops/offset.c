/* y = x plus a constant. */
#include "ops/ops.h"

static void offset_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    const float by = *(const float *)j->y->options;
    for (size_t i = 0; i < rows; i++)
        for (size_t c = 0; c < columns; c++)
            ink_view_row(j->out, i)[c] = ink_view_row(j->in[0], i)[c] + by;
}

static void offset_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    dx[0] = ink_gradient_like(g, dy, y->in[0]);
}

const ink_op ink_op_offset = { .name = "offset", .flow = INK_FLOW_ROWS, .elementwise = true, .run = offset_run, .backward = offset_backward };

ink_node *ink_offset(ink_graph *g, ink_node *x, float by)
{
    return ink_graph_node(g, &ink_op_offset, x, ink_node_width(x), 1, &x, &by, sizeof by);
}
