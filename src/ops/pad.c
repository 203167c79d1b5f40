/* A row among zeros: the gradient of some columns of a wider row. */
#include "ops/ops.h"

#include <string.h>

static void pad_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    const size_t from = *(const size_t *)j->y->options, n = ink_node_width(j->y->in[0]);
    for (size_t i = 0; i < rows; i++) {
        float *y = ink_view_row(j->out, i);
        memset(y, 0, from * sizeof *y);
        memcpy(y + from, ink_view_row(j->in[0], i), n * sizeof *y);
        memset(y + from + n, 0, (columns - from - n) * sizeof *y);
    }
}

const ink_op ink_op_pad = { .name = "pad", .flow = INK_FLOW_ROWS, .run = pad_run };

ink_node *ink_pad(ink_graph *g, ink_node *x, size_t from, size_t width)
{
    return ink_graph_node(g, &ink_op_pad, x, width, 1, &x, &from, sizeof from);
}
