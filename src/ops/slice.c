/* Some columns of each row: a fused projection in its parts. */
#include "ops/ops.h"

#include <string.h>

static void slice_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    const size_t from = *(const size_t *)j->y->options;
    for (size_t i = 0; i < rows; i++)
        memcpy(ink_view_row(j->out, i), ink_view_row(j->in[0], i) + from, columns * sizeof(float));
}

static void slice_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    dx[0] = ink_pad(g, dy, *(const size_t *)y->options, ink_node_width(y->in[0]));
}

const ink_op ink_op_slice = { .name = "slice", .flow = INK_FLOW_ROWS, .run = slice_run, .backward = slice_backward };

ink_node *ink_slice(ink_graph *g, ink_node *x, size_t from, size_t columns)
{
    return ink_graph_node(g, &ink_op_slice, x, columns, 1, &x, &from, sizeof from);
}
