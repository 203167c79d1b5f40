/* Numbers that are always the same, a row each: which rows of a table are wanted, where nobody has to say it. */
#include "ops/ops.h"

static void fixed_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    const uint32_t *numbers = *(const uint32_t *const *)j->y->options;
    (void)columns;
    for (size_t i = 0; i < rows; i++)
        *(uint32_t *)(void *)ink_view_row(j->out, i) = numbers[row + i];
}

const ink_op ink_op_fixed = { .name = "fixed", .flow = INK_FLOW_ROWS, .run = fixed_run, .detached = true };

ink_node *ink_fixed(ink_graph *g, const uint32_t *numbers, size_t count)
{
    const ink_node like = { .ndim = 2, .dim = { { count, INK_SIZE_ONE }, { 1, INK_SIZE_ONE } } };
    return ink_graph_node(g, &ink_op_fixed, &like, 1, 0, NULL, &numbers, sizeof numbers);
}
