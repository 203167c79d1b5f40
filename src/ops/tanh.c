/* y = tanh x. */
#include "ops/ops.h"

static void tanh_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    dx[0] = ink_softcap_back(g, y, dy, 1.0f);
}

static void tanh_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    for (size_t i = 0; i < rows; i++)
        j->k->tanh(columns, ink_view_row(j->in[0], i), ink_view_row(j->out, i));
}

const ink_op ink_op_tanh = { .name = "tanh", .flow = INK_FLOW_ROWS, .elementwise = true, .run = tanh_run, .backward = tanh_backward };

ink_node *ink_tanh(ink_graph *g, ink_node *x)
{
    return ink_graph_node(g, &ink_op_tanh, x, ink_node_width(x), 1, &x, NULL, 0);
}
