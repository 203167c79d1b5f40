/* ink/gradient.h: the gradients of a graph held against differences of its results: how a new op proves its `backward` (docs/adding.md). Graphs, nodes and runs
   are built with the engine's own headers (src/graph/graph.h, src/graph/plan.h), where their shapes are; here they are handed through. */
#ifndef INK_GRADIENT_H
#define INK_GRADIENT_H

#include <ink/err.h>
#include <stddef.h>

struct ink_graph;
struct ink_node;
struct ink_run;

/* The op that adds two nodes of one shape: ink_add. */
typedef struct ink_node *ink_gradient_sum(struct ink_graph *g, struct ink_node *a, struct ink_node *b);

typedef struct ink_gradient_check {
    struct ink_graph *g;             /* built and whole; nodes of the gradient are appended to it */
    struct ink_node *y;              /* a result, rows × width of floats */
    ink_gradient_sum *sum;
    struct ink_node *const *leaves;  /* [count] float inputs of the graph, rows × width; constants that learn are looked at anyway. At most 16 of both */
    size_t count;
    const struct ink_run *run;       /* kernels, pool, the sizes of this run, and inputs, which are written to and are as before afterwards */
    size_t slot;                     /* an input that the graph does not use, for dL/dy */
    double step;                     /* how far a value is moved, in its own unit; 0: 1/32 */
    double worst;                    /* out: the largest error of any value's gradient, as a part of the largest gradient of the same leaf: 1e-3 is what floats allow */
    const char *where;               /* out: the name of that leaf, the node's own; "nothing" where no error is above 0 */
} ink_gradient_check;

/* L = the sum of r y for random r in [-1, 1), summed in double from results in float. dL/dx from the graph's own gradient is set against
   (8 (L(x + h) - L(x - h)) - (L(x + 2h) - L(x - 2h))) / 12h, differences of fourth order (Abramowitz and Stegun 1964, 25.3.6), value by value: the graph is
   planned once and runs five times for each, so graphs are to be small. An op without a `backward` is INK_E_UNSUPPORTED, a result that does not depend on a
   leaf INK_E_ARGUMENT, too many leaves INK_E_LIMIT, and memory that cannot be had INK_E_MEMORY; an error found is no failure: `worst` tells. Memory comes from
   the graph's arena, and the plan's is given back. The calling thread works with the run's pool; one check at a time for a graph, and none while it runs
   elsewhere. */
INK_API ink_status ink_graph_check_gradient(ink_gradient_check *c, ink_err *err);

#endif
