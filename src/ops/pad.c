/* A row among zeros: the gradient of some columns of a wider row, or of the same columns of each of its groups. */
#include "ops/ops.h"

#include <string.h>

static void pad_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    const ink_slice_options *o = j->y->options;
    const size_t n = ink_node_width(j->y->in[0]) / o->groups, step = columns / o->groups;
    for (size_t i = 0; i < rows; i++) {
        memset(ink_view_row(j->out, i), 0, columns * sizeof(float));
        for (size_t k = 0; k < o->groups; k++)
            memcpy(ink_view_row(j->out, i) + k * step + o->from, ink_view_row(j->in[0], i) + k * n, n * sizeof(float));
    }
}

const ink_op ink_op_pad = { .name = "pad", .flow = INK_FLOW_ROWS, .run = pad_run };

ink_node *ink_pad_each(ink_graph *g, ink_node *x, size_t groups, size_t from, size_t width)
{
    const ink_slice_options o = { .groups = groups, .from = from };
    return ink_graph_node(g, &ink_op_pad, x, groups * width, 1, &x, &o, sizeof o);
}
