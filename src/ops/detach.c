/* y = x, through which no gradient goes: what x was made by does not learn from y. */
#include "ops/ops.h"

#include <string.h>

static void detach_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    for (size_t i = 0; i < rows; i++)
        memmove(ink_view_row(j->out, i), ink_view_row(j->in[0], i), columns * sizeof(float));
}

const ink_op ink_op_detach = { .name = "detach", .flow = INK_FLOW_ROWS, .elementwise = true, .run = detach_run, .detached = true };

ink_node *ink_detach(ink_graph *g, ink_node *x)
{
    return ink_graph_node(g, &ink_op_detach, x, ink_node_width(x), 1, &x, NULL, 0);
}
