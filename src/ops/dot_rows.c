/* y [rows, 1] = a . b, row by row. */
#include "ops/ops.h"

static void dot_rows_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row, (void)columns;
    for (size_t i = 0; i < rows; i++)
        *ink_view_row(j->out, i) = j->k->dot(ink_node_width(j->y->in[0]), ink_view_row(j->in[0], i), ink_view_row(j->in[1], i));
}

const ink_op ink_op_dot_rows = { .name = "dot_rows", .flow = INK_FLOW_ROWS, .run = dot_rows_run };

ink_node *ink_dot_rows(ink_graph *g, ink_node *a, ink_node *b)
{
    ink_node *in[] = { a, b };
    return ink_graph_node(g, &ink_op_dot_rows, a, 1, 2, in, NULL, 0);
}
