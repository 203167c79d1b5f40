/* y = a + b. A b of one row is added to every row: a bias. */
#include "ops/ops.h"

static void add_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    for (size_t i = 0; i < rows; i++)
        j->k->add(columns, ink_view_row(j->in[0], i), ink_view_row(j->in[1], i), ink_view_row(j->out, i));
}

static void add_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    for (size_t i = 0; i < 2; i++)
        dx[i] = y->in[i]->wants ? ink_gradient_like(g, dy, y->in[i]) : NULL;
}

const ink_op ink_op_add = { .name = "add", .flow = INK_FLOW_ROWS, .elementwise = true, .run = add_run, .backward = add_backward };

ink_node *ink_add(ink_graph *g, ink_node *a, ink_node *b)
{
    ink_node *in[] = { a, b }, *joined = ink_pad_joined(g, a, b);
    joined = joined ? joined : ink_rank_up_joined(g, a, b);
    return joined ? joined : ink_graph_node(g, &ink_op_add, a, ink_node_width(a), 2, in, NULL, 0);
}
