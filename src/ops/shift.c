/* Ids or positions, a constant further on: models whose tables begin with rows of another use (OPT, RoBERTa). */
#include "ops/ops.h"

static void shift_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row, (void)columns;
    const uint32_t by = *(const uint32_t *)j->y->options;
    for (size_t i = 0; i < rows; i++)
        *(uint32_t *)(void *)ink_view_row(j->out, i) = *(const uint32_t *)(const void *)ink_view_row(j->in[0], i) + by;
}

const ink_op ink_op_shift = { .name = "shift", .flow = INK_FLOW_ROWS, .run = shift_run, .detached = true };

ink_node *ink_shift(ink_graph *g, ink_node *ids, uint32_t by)
{
    return ink_graph_node(g, &ink_op_shift, ids, 1, 1, &ids, &by, sizeof by);
}
