/* dx = r (g - mean(g) - xhat mean(g xhat)) with xhat = (x - mean(x)) r, g = dy w. */
#include "ops/ops.h"

static void layer_norm_back_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    const float eps = *(const float *)j->y->options;
    for (size_t i = 0; i < rows; i++)
        j->k->layer_norm_back(columns, ink_view_row(j->in[0], i), ink_view_row(j->in[1], 0), eps, ink_view_row(j->in[2], i), ink_view_row(j->out, i));
}

const ink_op ink_op_layer_norm_back = { .name = "layer_norm_back", .flow = INK_FLOW_ROWS, .over = 1 << 0 | 1 << 2, .run = layer_norm_back_run };

ink_node *ink_layer_norm_back(ink_graph *g, ink_node *x, ink_node *weight, ink_node *dy, float eps)
{
    ink_node *in[] = { x, weight, dy };
    return ink_graph_node(g, &ink_op_layer_norm_back, x, ink_node_width(x), 3, in, &eps, sizeof eps);
}
