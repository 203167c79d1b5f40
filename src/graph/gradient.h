/* Gradients: nodes that compute dL/dx from dL/dy, appended to the graph that computes y. So a gradient is a graph like any
   other, and one plan runs both. */
#ifndef INK_GRAPH_GRADIENT_H
#define INK_GRAPH_GRADIENT_H

#include "graph/plan.h"

typedef ink_node *ink_gradient_sum(ink_graph *g, ink_node *a, ink_node *b); /* the op that adds two nodes: ink_add */

/* From dy, shaped as y: what every constant that learns gets is added to its gradient when the plan runs. For `count`
   leaves or nodes more, gradients[i] is the node of dL/d(nodes[i]): an output of the plan, or dy itself, or NULL where y does
   not depend on it. The pass ends at them: what they were made from gets nothing. */
ink_status ink_graph_gradient(ink_graph *g, ink_node *y, ink_node *dy, ink_gradient_sum *sum, ink_node *const *nodes, size_t count, ink_node **gradients);

/* A graph whose gradients are to be held against differences of its results. */
typedef struct ink_gradient_check {
    ink_graph *g;
    ink_node *y;
    ink_gradient_sum *sum;
    ink_node *const *leaves;      /* float inputs of the plan; constants that learn are looked at anyway */
    size_t count;
    const ink_run *run;           /* kernels, pool, sizes, and inputs that may be written to */
    size_t slot;                  /* a free one, for dy */
    double step;                  /* how far a value is moved; 0: 1/32 */
    double worst;                 /* out: the largest error, as a part of the largest gradient of the same leaf */
    const char *where;            /* out: the leaf of that error */
} ink_gradient_check;
/* Differences of fourth order, of sums in double of results in float. Plans the graph and runs it five times for a value. */
ink_status ink_graph_check_gradient(ink_gradient_check *c, ink_err *err);

#endif
