/* y = l^T x, summed over all rows, l a few columns: the gradient of a matrix of a few rows. A chunk takes some columns of x down all rows. */
#include "base/count.h"
#include "ops/ops.h"

#include <string.h>

enum { RANK_COLUMNS = 64 };

static size_t rank_sum_chunks(const ink_job *j) { return ink_pieces(ink_node_width(j->y), RANK_COLUMNS); }

static void rank_sum_chunk(const ink_job *j, size_t i)
{
    const size_t width = ink_node_width(j->y), first = i * RANK_COLUMNS, n = width - first < RANK_COLUMNS ? width - first : RANK_COLUMNS, few = ink_node_width(j->y->in[0]);
    float *y = ink_view_row(j->out, 0) + first;
    const size_t gap = j->out.stride / sizeof *y;
    for (size_t r = 0; !j->more && r < few; r++)
        memset(y + r * gap, 0, n * sizeof *y);
    const ink_lean l = { .rows = ink_node_rows(j->y->in[0], j->sizes), .few = few, .n = n, .low = ink_view_row(j->in[0], 0), .low_gap = j->in[0].stride / sizeof *y,
                         .x = ink_view_row(j->in[1], 0) + first, .gap = j->in[1].stride / sizeof *y, .y = y, .y_gap = gap };
    j->k->lean_sum(&l);
}

const ink_op ink_op_rank_sum = { .name = "rank_sum", .flow = INK_FLOW_CHUNKS, .chunks = rank_sum_chunks, .chunk = rank_sum_chunk, .adds = true };

ink_node *ink_rank_sum(ink_graph *g, const ink_node *like, ink_node *low, ink_node *x)
{
    ink_node *in[] = { low, x };
    return ink_graph_node(g, &ink_op_rank_sum, like, ink_node_width(like), 2, in, NULL, 0);
}
