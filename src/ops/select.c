/* Rows of a plan's input, by index: only those go on for which a result is wanted. */
#include "ops/ops.h"

#include <string.h>

static void select_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    for (size_t i = 0; i < rows; i++)
        memcpy(ink_view_row(j->out, i), ink_view_row(j->in[1], *(const uint32_t *)(const void *)ink_view_row(j->in[0], i)), columns * sizeof(float));
}

static void select_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    dx[1] = ink_scatter(g, dy, y->in[0], y->in[1]);
}

const ink_op ink_op_select = { .name = "select", .flow = INK_FLOW_ROWS, .whole = 1 << 1, .run = select_run, .backward = select_backward };

ink_node *ink_select(ink_graph *g, ink_node *x, ink_node *index)
{
    ink_node *in[] = { index, x };
    return ink_graph_node(g, &ink_op_select, index, ink_node_width(x), 2, in, NULL, 0);
}
