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

static const ink_slice_options *pad_cut(const ink_node *n, const ink_op *op)
{
    const ink_slice_options *o = n->op == op ? n->options : NULL;
    return o && o->groups == 1 ? o : NULL;
}

/* Of what lies side by side in one node, each cut out and put back among zeros: the sum of both, or NULL where they are something else. */
ink_node *ink_pad_joined(ink_graph *g, ink_node *a, ink_node *b)
{
    const ink_slice_options *left = pad_cut(a, &ink_op_pad), *right = pad_cut(b, &ink_op_pad);
    if (left && right && left->from > right->from)
        return ink_pad_joined(g, b, a);
    const ink_slice_options *first = left ? pad_cut(a->in[0], &ink_op_slice) : NULL, *second = right ? pad_cut(b->in[0], &ink_op_slice) : NULL;
    if (!first || !second || a->in[0]->in[0] != b->in[0]->in[0] || ink_node_width(a) != ink_node_width(b))
        return NULL;
    ink_node *whole = a->in[0]->in[0];
    const size_t n = ink_node_width(a->in[0]), columns = n + ink_node_width(b->in[0]), width = ink_node_width(a);
    if (first->from + n != second->from || left->from + n != right->from)
        return NULL;
    ink_node *both = columns < ink_node_width(whole) ? ink_slice(g, whole, first->from, columns) : whole;
    return columns < width ? ink_pad_each(g, both, 1, left->from, width) : both;
}

const ink_op ink_op_pad = { .name = "pad", .flow = INK_FLOW_ROWS, .run = pad_run };

ink_node *ink_pad_each(ink_graph *g, ink_node *x, size_t groups, size_t from, size_t width)
{
    const ink_slice_options o = { .groups = groups, .from = from };
    return ink_graph_node(g, &ink_op_pad, x, groups * width, 1, &x, &o, sizeof o);
}
