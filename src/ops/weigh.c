/* y = x times one column of w: what an expert says, by how much it is asked. */
#include "ops/ops.h"

static void weigh_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    const size_t column = *(const size_t *)j->y->options;
    for (size_t i = 0; i < rows; i++)
        j->k->scale(columns, ink_view_row(j->in[0], i), ink_view_row(j->in[1], i)[column], ink_view_row(j->out, i));
}

static void weigh_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    const size_t column = *(const size_t *)y->options;
    dx[0] = y->in[0]->wants ? ink_weigh(g, dy, y->in[1], column) : NULL;
    dx[1] = y->in[1]->wants ? ink_pad_each(g, ink_dot_rows(g, dy, y->in[0]), 1, column, ink_node_width(y->in[1])) : NULL;
}

const ink_op ink_op_weigh = { .name = "weigh", .flow = INK_FLOW_ROWS, .run = weigh_run, .backward = weigh_backward };

ink_node *ink_weigh(ink_graph *g, ink_node *x, ink_node *w, size_t column)
{
    ink_node *in[] = { x, w };
    return ink_graph_node(g, &ink_op_weigh, x, ink_node_width(x), 2, in, &column, sizeof column);
}
