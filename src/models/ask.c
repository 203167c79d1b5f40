/* An architecture describes itself: what it reads, and for nobody's use but that its weights are asked for. */
#include "models/config.h"

void ink_architecture_source(const ink_architecture *a, ink_net *n, const ink_config *c, const ink_source_slots *slots)
{
    ink_node *batch = n->batch;
    if (!a->source)
        return;
    n->kept = ink_arena_array(n->g->arena, c->layers, sizeof *n->kept);
    if (!n->kept) {
        ink_graph_fail(n->g, INK_E_MEMORY, "no memory for what %zu layers read", c->layers);
        return;
    }
    n->batch = ink_graph_input(n->g, slots->batch, "what is read", INK_SIZE_ONE, 1);
    a->source(n, c, ink_graph_input(n->g, slots->ids, "ids read", INK_SIZE_SOURCE, 1), ink_graph_input(n->g, slots->positions, "positions read", INK_SIZE_SOURCE, 1));
    n->batch = batch;
    n->cross = ink_graph_input(n->g, slots->cross, "what is seen of it", INK_SIZE_ONE, 1);
}

ink_node *ink_architecture_asking(const ink_architecture *a, const ink_config *c, ink_nn_weights *weights, ink_graph *g, ink_net *n)
{
    *n = (ink_net){ .g = g, .weights = weights };
    n->ids = ink_graph_input(g, 0, "ids", INK_SIZE_ROWS, 1);
    n->types = ink_graph_input(g, 3, "types", INK_SIZE_ROWS, 1);
    n->batch = ink_graph_input(g, 2, "batch", INK_SIZE_ONE, 1);
    ink_architecture_source(a, n, c, &(ink_source_slots){ 4, 5, 6, 7 });
    return a->body(n, c, n->ids, ink_graph_input(g, 1, "positions", INK_SIZE_ROWS, 1));
}

static ink_status ask(const ink_architecture *a, const ink_config *c, ink_nn_weights *weights, bool head, ink_err *err)
{
    ink_graph g;
    ink_net n;
    INK_TRY(ink_graph_init(&g, weights->arena, err));
    ink_node *x = ink_architecture_asking(a, c, weights, &g, &n);
    if (head)
        a->head(&n, c, x);
    return ink_graph_check(&g);
}

ink_status ink_architecture_ask(const ink_architecture *a, const ink_config *c, ink_nn_weights *weights, ink_err *err) { return ask(a, c, weights, true, err); }
ink_status ink_architecture_ask_body(const ink_architecture *a, const ink_config *c, ink_nn_weights *weights, ink_err *err) { return ask(a, c, weights, false, err); }
