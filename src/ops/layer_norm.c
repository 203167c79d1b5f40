/* y = (x - mean) / sqrt(variance + eps) w + b, the variance divided by n (Ba et al. 2016). */
#include "ops/ops.h"

static void layer_norm_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    const float eps = *(const float *)j->y->options;
    for (size_t i = 0; i < rows; i++)
        j->k->layer_norm(columns, ink_view_row(j->in[0], i), ink_view_row(j->in[1], 0), ink_view_row(j->in[2], 0), eps, ink_view_row(j->out, i));
}

const ink_op ink_op_layer_norm = { .name = "layer_norm", .flow = INK_FLOW_ROWS, .run = layer_norm_run };

ink_node *ink_layer_norm(ink_graph *g, ink_node *x, ink_node *weight, ink_node *bias, float eps)
{
    ink_node *in[] = { x, weight, bias };
    return ink_graph_node(g, &ink_op_layer_norm, x, ink_node_width(x), 3, in, &eps, sizeof eps);
}
