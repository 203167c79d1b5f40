/* The sum of all rows, in their order: the gradient of what is one row for all. Where y is narrower, its width repeats in a
   row of x (a norm's weight, shared by heads), and those are summed too. */
#include "base/count.h"
#include "ops/ops.h"

#include <string.h>

enum { SUM_COLUMNS = 192 }; /* of which kernels keep the sums in registers */

static size_t sum_rows_chunks(const ink_job *j)
{
    return ink_pieces(ink_node_width(j->y), SUM_COLUMNS);
}

static void sum_rows_chunk(const ink_job *j, size_t i)
{
    const size_t width = ink_node_width(j->y), from = i * SUM_COLUMNS, n = width - from < SUM_COLUMNS ? width - from : SUM_COLUMNS;
    const size_t rows = ink_node_rows(j->y->in[0], j->sizes), all = ink_node_width(j->y->in[0]);
    float *y = ink_view_row(j->out, 0) + from;
    if (!j->more)
        memset(y, 0, n * sizeof *y);
    if (all == width) {
        j->k->add_rows(rows, n, ink_view_row(j->in[0], 0) + from, j->in[0].stride / sizeof(float), y);
        return;
    }
    for (size_t r = 0; r < rows; r++)
        j->k->add_rows(all / width, n, ink_view_row(j->in[0], r) + from, width, y);
}

const ink_op ink_op_sum_rows = { .name = "sum_rows", .flow = INK_FLOW_CHUNKS, .chunks = sum_rows_chunks, .chunk = sum_rows_chunk, .adds = true };

ink_node *ink_sum_rows(ink_graph *g, ink_node *x, const ink_node *like)
{
    return ink_graph_node(g, &ink_op_sum_rows, like, ink_node_width(like), 1, &x, NULL, 0);
}

ink_node *ink_gradient_like(ink_graph *g, ink_node *dx, const ink_node *x)
{
    return x->leaf == INK_LEAF_WEIGHT || (x->dim[0].size == INK_SIZE_ONE && dx->dim[0].size != INK_SIZE_ONE) ? ink_sum_rows(g, dx, x) : dx;
}
