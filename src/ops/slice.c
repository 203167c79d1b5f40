/* Some columns of each row: a fused projection in its parts. Where a row is several groups alike, the same columns of each. */
#include "ops/ops.h"

#include <string.h>

static void slice_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    const ink_slice_options *o = j->y->options;
    const size_t n = columns / o->groups, step = ink_node_width(j->y->in[0]) / o->groups;
    for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; k < o->groups; k++)
            memcpy(ink_view_row(j->out, i) + k * n, ink_view_row(j->in[0], i) + k * step + o->from, n * sizeof(float));
}

static void slice_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    const ink_slice_options *o = y->options;
    dx[0] = ink_pad_each(g, dy, o->groups, o->from, ink_node_width(y->in[0]) / o->groups);
}

static size_t slice_view(const ink_node *y)
{
    const ink_slice_options *o = y->options;
    return o->groups == 1 ? o->from : INK_NO_VIEW;
}

const ink_op ink_op_slice = { .name = "slice", .flow = INK_FLOW_ROWS, .view = slice_view, .run = slice_run, .backward = slice_backward };

ink_node *ink_slice_each(ink_graph *g, ink_node *x, size_t groups, size_t from, size_t columns)
{
    const ink_slice_options o = { .groups = groups, .from = from };
    return ink_graph_node(g, &ink_op_slice, x, groups * columns, 1, &x, &o, sizeof o);
}

ink_node *ink_slice(ink_graph *g, ink_node *x, size_t from, size_t columns) { return ink_slice_each(g, x, 1, from, columns); }
