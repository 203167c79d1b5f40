/* y = c tanh(x / c) (Gemma Team 2024, section 2). */
#include "ops/ops.h"

static void softcap_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    const float cap = *(const float *)j->y->options;
    for (size_t i = 0; i < rows; i++)
        j->k->softcap(columns, ink_view_row(j->in[0], i), cap, ink_view_row(j->out, i));
}

static void softcap_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    dx[0] = ink_softcap_back(g, y, dy, *(const float *)y->options);
}

const ink_op ink_op_softcap = { .name = "softcap", .flow = INK_FLOW_ROWS, .elementwise = true, .run = softcap_run, .backward = softcap_backward };

ink_node *ink_softcap(ink_graph *g, ink_node *x, float cap)
{
    return ink_graph_node(g, &ink_op_softcap, x, ink_node_width(x), 1, &x, &cap, sizeof cap);
}
