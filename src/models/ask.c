/* An architecture describes itself for nobody's use but that its weights are asked for. */
#include "models/config.h"

ink_status ink_architecture_ask(const ink_architecture *a, const ink_config *c, ink_nn_weights *weights, ink_err *err)
{
    ink_graph g;
    INK_TRY(ink_graph_init(&g, weights->arena, err));
    ink_net n = { .g = &g, .weights = weights };
    n.ids = ink_graph_input(&g, 0, "ids", INK_SIZE_ROWS, 1);
    n.types = ink_graph_input(&g, 3, "types", INK_SIZE_ROWS, 1);
    n.batch = ink_graph_input(&g, 2, "batch", INK_SIZE_ONE, 1);
    a->head(&n, c, a->body(&n, c, n.ids, ink_graph_input(&g, 1, "positions", INK_SIZE_ROWS, 1)));
    return ink_graph_check(&g);
}
