/* dx = dy (1 - (y / c)^2), y being what softcap made. */
#include "ops/ops.h"

static void softcap_back_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    const float cap = *(const float *)j->y->options;
    for (size_t i = 0; i < rows; i++)
        j->k->softcap_back(columns, ink_view_row(j->in[0], i), cap, ink_view_row(j->in[1], i), ink_view_row(j->out, i));
}

const ink_op ink_op_softcap_back = { .name = "softcap_back", .flow = INK_FLOW_ROWS, .elementwise = true, .run = softcap_back_run };

ink_node *ink_softcap_back(ink_graph *g, ink_node *y, ink_node *dy, float cap)
{
    ink_node *in[] = { y, dy };
    return ink_graph_node(g, &ink_op_softcap_back, y, ink_node_width(y), 2, in, &cap, sizeof cap);
}
