/* Rows back to where they were selected: y[index[i]] = x[i], and nothing elsewhere. The index ascends. */
#include "ops/ops.h"

#include <string.h>

static const float *scatter_find(const ink_job *j, size_t row, size_t count)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (*(const uint32_t *)(const void *)ink_view_row(j->in[1], middle) < row)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && *(const uint32_t *)(const void *)ink_view_row(j->in[1], low) == row ? ink_view_row(j->in[0], low) : NULL;
}

static void scatter_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    const size_t count = ink_node_rows(j->y->in[1], j->sizes);
    for (size_t i = 0; i < rows; i++) {
        const float *x = scatter_find(j, row + i, count);
        if (x)
            memcpy(ink_view_row(j->out, i), x, columns * sizeof *x);
        else
            memset(ink_view_row(j->out, i), 0, columns * sizeof *x);
    }
}

const ink_op ink_op_scatter = { .name = "scatter", .flow = INK_FLOW_ROWS, .whole = 1 << 0 | 1 << 1, .run = scatter_run };

ink_node *ink_scatter(ink_graph *g, ink_node *x, ink_node *index, const ink_node *like)
{
    ink_node *in[] = { x, index };
    return ink_graph_node(g, &ink_op_scatter, like, ink_node_width(x), 2, in, NULL, 0);
}
