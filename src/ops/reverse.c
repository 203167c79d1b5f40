/* The columns of each row in the opposite order (Dinh, Sohl-Dickstein and Bengio 2017, section 3.4: coupling layers alternate). */
#include "ops/ops.h"

static void reverse_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    for (size_t i = 0; i < rows; i++) {
        const float *x = ink_view_row(j->in[0], i);
        float *y = ink_view_row(j->out, i);
        for (size_t c = 0; c < columns; c++)
            y[c] = x[columns - 1 - c];
    }
}

static void reverse_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    (void)y;
    dx[0] = ink_reverse(g, dy);
}

const ink_op ink_op_reverse = { .name = "reverse", .flow = INK_FLOW_ROWS, .run = reverse_run, .backward = reverse_backward };

ink_node *ink_reverse(ink_graph *g, ink_node *x)
{
    return ink_graph_node(g, &ink_op_reverse, x, ink_node_width(x), 1, &x, NULL, 0);
}
