/* y = max(x, slope x), for a slope from 0 (the plain rectifier) to 1 (Maas, Hannun and Ng 2013). */
#include "ops/ops.h"

static void leaky_relu_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    const float slope = *(const float *)j->y->options;
    for (size_t i = 0; i < rows; i++)
        j->k->leaky(columns, ink_view_row(j->in[0], i), slope, ink_view_row(j->out, i));
}

static void leaky_relu_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    dx[0] = ink_leaky_relu_back(g, y->in[0], dy, *(const float *)y->options);
}

const ink_op ink_op_leaky_relu = { .name = "leaky_relu", .flow = INK_FLOW_ROWS, .elementwise = true, .run = leaky_relu_run, .backward = leaky_relu_backward };

ink_node *ink_leaky_relu(ink_graph *g, ink_node *x, float slope)
{
    return ink_graph_node(g, &ink_op_leaky_relu, x, ink_node_width(x), 1, &x, &slope, sizeof slope);
}
