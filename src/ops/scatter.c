/* Rows back to where they were selected: y[row] = the sum of x[i] of all i with index[i] = row, in their order, and nothing where there is
   none. The index ascends. */
#include "ops/ops.h"

#include <string.h>

static uint32_t scatter_index(const ink_job *j, size_t i) { return *(const uint32_t *)(const void *)ink_view_row(j->in[1], i); }

/* The first of those at a row or behind it. */
static size_t scatter_find(const ink_job *j, size_t row, size_t count)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (scatter_index(j, middle) < row)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void scatter_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    const size_t count = ink_node_rows(j->y->in[1], j->sizes);
    size_t at = scatter_find(j, row, count);
    for (size_t i = 0; i < rows; i++) {
        float *y = ink_view_row(j->out, i);
        const size_t first = at;
        memset(y, 0, columns * sizeof *y);
        for (; at < count && scatter_index(j, at) == row + i; at++)
            if (at == first)
                memcpy(y, ink_view_row(j->in[0], at), columns * sizeof *y);
            else
                j->k->add(columns, y, ink_view_row(j->in[0], at), y);
    }
}

const ink_op ink_op_scatter = { .name = "scatter", .flow = INK_FLOW_ROWS, .whole = 1 << 0 | 1 << 1, .run = scatter_run };

ink_node *ink_scatter(ink_graph *g, ink_node *x, ink_node *index, const ink_node *like)
{
    ink_node *in[] = { x, index };
    return ink_graph_node(g, &ink_op_scatter, like, ink_node_width(x), 2, in, NULL, 0);
}
