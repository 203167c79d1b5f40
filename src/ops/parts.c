/* Parts of the rows of results one after the other, zeros where none is given. */
#include "ops/ops.h"

#include <string.h>

static void parts_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    const size_t first = *(const size_t *)j->y->options, part = ink_node_rows(j->y->in[0], j->sizes);
    for (size_t i = 0; i < rows; i++) {
        const size_t which = (row + i) / part;
        if (which >= first && which < first + j->y->inputs)
            memcpy(ink_view_row(j->out, i), ink_view_row(j->in[which - first], (row + i) % part), columns * sizeof(float));
        else
            memset(ink_view_row(j->out, i), 0, columns * sizeof(float));
    }
}

static void parts_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    for (size_t i = 0; i < y->inputs; i++)
        dx[i] = y->in[i]->wants ? ink_part(g, dy, *(const size_t *)y->options + i) : NULL;
}

const ink_op ink_op_parts = { .name = "parts", .flow = INK_FLOW_ROWS, .whole = (1 << INK_NODE_INPUTS) - 1, .run = parts_run, .backward = parts_backward };

ink_node *ink_parts(ink_graph *g, size_t count, ink_node *const *parts, size_t first)
{
    ink_node *y = ink_graph_node(g, &ink_op_parts, parts[0], ink_node_width(parts[0]), count, parts, &first, sizeof first);
    y->dim[0] = (ink_dim){ 1, INK_SIZE_OUTPUTS };
    return y;
}
