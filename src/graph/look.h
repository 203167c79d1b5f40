/* Where numbers end: a run of a plan that looks at what every op leaves, as it leaves it, and finds the first, in the plan's order, whose
   values are not all finite. Slow; for a step that went wrong already. */
#ifndef INK_GRAPH_LOOK_H
#define INK_GRAPH_LOOK_H

#include "graph/plan.h"

#include <stdatomic.h>

struct ink_look {
    const ink_plan *plan;
    bool *floats;         /* [node] */
    _Atomic size_t first; /* step and place in it; SIZE_MAX: all was finite */
};

ink_status ink_look_open(ink_look *l, const ink_plan *p, ink_err *err); /* for one run of it, as ink_run.look */
void ink_look_close(ink_look *l);
const ink_node *ink_look_found(const ink_look *l); /* after the run; NULL: all was finite */
/* "silu_mul (node 57, 24 × 64) behind model.layers.1.mlp.up_proj.weight"; sizes: of the run. */
void ink_look_tell(const ink_node *n, const size_t sizes[INK_SIZES], char *out, size_t size);

/* For the walk of a plan, any thread: whether a node of this step is still of interest; and a piece of its values. place: among the step's products,
   then its nodes. */
bool ink_look_wants(const ink_look *l, const ink_node *n, size_t step);
void ink_look_at(ink_look *l, const ink_node *n, size_t step, size_t place, ink_view v, size_t rows, size_t columns);

#endif
