/* y = a b. A b of one row multiplies every row. */
#include "ops/ops.h"

static void mul_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    for (size_t i = 0; i < rows; i++)
        j->k->mul(columns, ink_view_row(j->in[0], i), ink_view_row(j->in[1], i), ink_view_row(j->out, i));
}

static void mul_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    for (size_t i = 0; i < 2; i++)
        dx[i] = y->in[i]->wants ? ink_gradient_like(g, ink_mul(g, dy, y->in[1 - i]), y->in[i]) : NULL;
}

const ink_op ink_op_mul = { .name = "mul", .flow = INK_FLOW_ROWS, .elementwise = true, .run = mul_run, .backward = mul_backward };

ink_node *ink_mul(ink_graph *g, ink_node *a, ink_node *b)
{
    ink_node *in[] = { a, b };
    return ink_graph_node(g, &ink_op_mul, a, ink_node_width(a), 2, in, NULL, 0);
}
