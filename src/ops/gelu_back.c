/* dx = dy times the slope of gelu at x, with the error function. */
#include "ops/ops.h"

static void gelu_back_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    for (size_t i = 0; i < rows; i++)
        j->k->gelu_back(columns, ink_view_row(j->in[0], i), ink_view_row(j->in[1], i), ink_view_row(j->out, i));
}

const ink_op ink_op_gelu_back = { .name = "gelu_back", .flow = INK_FLOW_ROWS, .elementwise = true, .run = gelu_back_run };

ink_node *ink_gelu_back(ink_graph *g, ink_node *x, ink_node *dy)
{
    ink_node *in[] = { x, dy };
    return ink_graph_node(g, &ink_op_gelu_back, x, ink_node_width(x), 2, in, NULL, 0);
}
