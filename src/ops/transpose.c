/* A matrix turned. */
#include "base/count.h"
#include "ops/ops.h"

enum { TRANSPOSE_ROWS = 64 }; /* of the matrix, in a chunk */

static size_t transpose_chunks(const ink_job *j) { return ink_pieces(j->y->in[0]->dim[0].count, TRANSPOSE_ROWS); }

static void transpose_chunk(const ink_job *j, size_t i)
{
    const ink_node *x = j->y->in[0];
    const size_t rows = x->dim[0].count, first = i * TRANSPOSE_ROWS, last = rows - first < TRANSPOSE_ROWS ? rows : first + TRANSPOSE_ROWS, gap = ink_matrix_gap(j, 0);
    const float *from = ink_view_row(j->in[0], 0);
    for (size_t c = 0; c < ink_node_width(x); c++) {
        float *to = ink_view_row(j->out, c);
        for (size_t r = first; r < last; r++)
            to[r] = j->more ? to[r] + from[r * gap + c] : from[r * gap + c];
    }
}

static void transpose_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    (void)y;
    dx[0] = ink_transpose(g, dy);
}

const ink_op ink_op_transpose = { .name = "transpose", .flow = INK_FLOW_CHUNKS, .chunks = transpose_chunks, .chunk = transpose_chunk, .adds = true, .backward = transpose_backward };

ink_node *ink_transpose(ink_graph *g, ink_node *matrix)
{
    ink_node *y = ink_graph_node(g, &ink_op_transpose, matrix, matrix->dim[0].count, 1, &matrix, NULL, 0);
    y->dim[0] = (ink_dim){ ink_node_width(matrix), INK_SIZE_ONE };
    return y;
}
