/* One of the equal parts into which the rows of results are cut, so that what is large is there for a part at a time. */
#include "ops/ops.h"

#include <string.h>

static void part_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    const size_t first = *(const size_t *)j->y->options * ink_node_rows(j->y, j->sizes) + row;
    for (size_t i = 0; i < rows; i++)
        memcpy(ink_view_row(j->out, i), ink_view_row(j->in[0], first + i), columns * sizeof(float));
}

static void part_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    dx[0] = ink_parts(g, 1, &dy, *(const size_t *)y->options);
}

const ink_op ink_op_part = { .name = "part", .flow = INK_FLOW_ROWS, .whole = 1 << 0, .run = part_run, .backward = part_backward };

ink_node *ink_part(ink_graph *g, ink_node *x, size_t which)
{
    ink_node *y = ink_graph_node(g, &ink_op_part, x, ink_node_width(x), 1, &x, &which, sizeof which);
    y->dim[0] = (ink_dim){ 1, INK_SIZE_PART };
    return y;
}
