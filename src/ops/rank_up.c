/* y = x + l A for a matrix of a few rows, l a few columns; or l A alone. A row of x takes it up where it lies. Alone, y may lie over l, which only
   happens where both are one register wide: mix has read all of l by then. */
#include "ops/ops.h"

enum { UP_BASE, UP_MATRIX, UP_LAST, UP_ALONE = UP_LAST }; /* inputs: x, A and l, or l and A where they are all */

static size_t up_low(const ink_node *y) { return y->inputs == UP_ALONE ? UP_BASE : UP_LAST; }
static bool up_alone(const ink_node *y) { return y->op == &ink_op_rank_up && y->inputs == UP_ALONE; }

static void rank_up_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    const size_t low = up_low(j->y);
    for (size_t i = 0; i < rows; i++)
        j->k->mix(columns, ink_node_width(j->y->in[low]), ink_view_row(j->in[low], i), ink_view_row(j->in[UP_MATRIX], 0), ink_matrix_gap(j, UP_MATRIX),
                  low ? ink_view_row(j->in[UP_BASE], i) : NULL, ink_view_row(j->out, i));
}

static void rank_up_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    ink_node *low = y->in[up_low(y)], *matrix = y->in[UP_MATRIX];
    if (!up_alone(y))
        dx[UP_BASE] = y->in[UP_BASE]->wants ? dy : NULL;
    dx[up_low(y)] = low->wants ? ink_rank_down(g, dy, matrix) : NULL;
    dx[UP_MATRIX] = matrix->wants ? ink_rank_sum(g, matrix, low, dy) : NULL;
}

const ink_op ink_op_rank_up = { .name = "rank_up", .flow = INK_FLOW_ROWS, .over = 1 << UP_BASE, .each = 1 << UP_BASE, .whole = 1 << UP_MATRIX, .run = rank_up_run, .backward = rank_up_backward };

ink_node *ink_rank_up(ink_graph *g, ink_node *x, ink_node *low, ink_node *matrix)
{
    ink_node *in[] = { x ? x : low, matrix, low };
    return ink_graph_node(g, &ink_op_rank_up, low, ink_node_width(matrix), x ? UP_ALONE + 1 : UP_ALONE, in, NULL, 0);
}

ink_node *ink_rank_up_joined(ink_graph *g, ink_node *a, ink_node *b)
{
    if (up_alone(b))
        return ink_rank_up(g, a, b->in[UP_BASE], b->in[UP_MATRIX]);
    return up_alone(a) ? ink_rank_up(g, b, a->in[UP_BASE], a->in[UP_MATRIX]) : NULL;
}
