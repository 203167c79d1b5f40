/* dx = dy where x is above zero, else slope dy. */
#include "ops/ops.h"

static void leaky_relu_back_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    const float slope = *(const float *)j->y->options;
    for (size_t i = 0; i < rows; i++)
        j->k->leaky_back(columns, ink_view_row(j->in[0], i), slope, ink_view_row(j->in[1], i), ink_view_row(j->out, i));
}

const ink_op ink_op_leaky_relu_back = { .name = "leaky_relu_back", .flow = INK_FLOW_ROWS, .elementwise = true, .run = leaky_relu_back_run };

ink_node *ink_leaky_relu_back(ink_graph *g, ink_node *x, ink_node *dy, float slope)
{
    ink_node *in[] = { x, dy };
    return ink_graph_node(g, &ink_op_leaky_relu_back, x, ink_node_width(x), 2, in, &slope, sizeof slope);
}
