/* y = x times a constant. */
#include "ops/ops.h"

static void scale_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    const float by = *(const float *)j->y->options;
    for (size_t i = 0; i < rows; i++)
        j->k->scale(columns, ink_view_row(j->in[0], i), by, ink_view_row(j->out, i));
}

static void scale_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    dx[0] = ink_scale(g, dy, *(const float *)y->options);
}

const ink_op ink_op_scale = { .name = "scale", .flow = INK_FLOW_ROWS, .elementwise = true, .run = scale_run, .backward = scale_backward };

ink_node *ink_scale(ink_graph *g, ink_node *x, float by)
{
    return ink_graph_node(g, &ink_op_scale, x, ink_node_width(x), 1, &x, &by, sizeof by);
}
