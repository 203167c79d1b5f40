/* y = x W^T over a packed weight. The planner runs it (graph/run.c), together with what shares its input or follows it. */
#include "ops/ops.h"

const ink_op ink_op_linear = { .name = "linear", .flow = INK_FLOW_MATMUL };

ink_node *ink_linear(ink_graph *g, ink_node *x, ink_node *weight)
{
    ink_node *in[] = { x, weight };
    return ink_graph_node(g, &ink_op_linear, x, weight->dim[0].count, 2, in, NULL, 0);
}
