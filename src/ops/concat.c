/* Two rows side by side. */
#include "ops/ops.h"

#include <string.h>

static void concat_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    const size_t first = ink_node_width(j->y->in[0]);
    for (size_t i = 0; i < rows; i++) {
        memcpy(ink_view_row(j->out, i), ink_view_row(j->in[0], i), first * sizeof(float));
        memcpy(ink_view_row(j->out, i) + first, ink_view_row(j->in[1], i), (columns - first) * sizeof(float));
    }
}

static void concat_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    for (size_t i = 0, at = 0; i < 2; at += ink_node_width(y->in[i++]))
        dx[i] = y->in[i]->wants ? ink_slice(g, dy, at, ink_node_width(y->in[i])) : NULL;
}

const ink_op ink_op_concat = { .name = "concat", .flow = INK_FLOW_ROWS, .run = concat_run, .backward = concat_backward };

ink_node *ink_concat(ink_graph *g, ink_node *a, ink_node *b)
{
    ink_node *in[] = { a, b };
    return ink_graph_node(g, &ink_op_concat, a, ink_node_width(a) + ink_node_width(b), 2, in, NULL, 0);
}
