/* y = x A^T for a matrix of a few rows: a row of x is multiplied while whatever made it is at hand, where a product would gather all of x. */
#include "ops/ops.h"

static void rank_down_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    for (size_t i = 0; i < rows; i++)
        j->k->dots(ink_node_width(j->y->in[0]), columns, ink_view_row(j->in[0], i), ink_view_row(j->in[1], 0), ink_matrix_gap(j, 1), ink_view_row(j->out, i));
}

static void rank_down_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    ink_node *x = y->in[0], *matrix = y->in[1];
    dx[0] = x->wants ? ink_rank_up(g, NULL, dy, matrix) : NULL;
    dx[1] = matrix->wants ? ink_rank_sum(g, matrix, dy, x) : NULL;
}

const ink_op ink_op_rank_down = { .name = "rank_down", .flow = INK_FLOW_ROWS, .whole = 1 << 1, .run = rank_down_run, .backward = rank_down_backward };

ink_node *ink_rank_down(ink_graph *g, ink_node *x, ink_node *matrix)
{
    ink_node *in[] = { x, matrix };
    return ink_graph_node(g, &ink_op_rank_down, x, matrix->dim[0].count, 2, in, NULL, 0);
}
