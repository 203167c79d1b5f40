/* Gradients: nodes that compute dL/dx from dL/dy, appended to the graph that computes y. So a gradient is a graph like any
   other, and one plan runs both. */
#ifndef INK_GRAPH_GRADIENT_H
#define INK_GRAPH_GRADIENT_H

#include "graph/plan.h"

#include <ink/gradient.h>

/* From dy, shaped as y: what every constant that learns gets is added to its gradient when the plan runs. For `count`
   leaves or nodes more, gradients[i] is the node of dL/d(nodes[i]): an output of the plan, or dy itself, or NULL where y does
   not depend on it. The pass ends at them: what they were made from gets nothing. */
ink_status ink_graph_gradient(ink_graph *g, ink_node *y, ink_node *dy, ink_gradient_sum *sum, ink_node *const *nodes, size_t count, ink_node **gradients);

#endif
