/* y = (x - mean) / sqrt(variance + eps) w + b, the variance divided by n (Ba et al. 2016). */
#include "ops/ops.h"

static void layer_norm_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    const float eps = *(const float *)j->y->options;
    for (size_t i = 0; i < rows; i++)
        j->k->layer_norm(columns, ink_view_row(j->in[0], i), ink_view_row(j->in[1], 0), ink_view_row(j->in[2], 0), eps, ink_view_row(j->out, i));
}

static void layer_norm_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    const float eps = *(const float *)y->options;
    ink_node *x = y->in[0], *weight = y->in[1], *bias = y->in[2];
    dx[0] = x->wants ? ink_layer_norm_back(g, x, weight, dy, eps) : NULL;
    dx[1] = weight->wants ? ink_sum_rows(g, ink_mul(g, dy, ink_hat(g, x, ink_node_width(weight), eps, true)), weight) : NULL;
    dx[2] = bias->wants ? ink_sum_rows(g, dy, bias) : NULL;
}

const ink_op ink_op_layer_norm = { .name = "layer_norm", .flow = INK_FLOW_ROWS, .over = 1 << 0, .run = layer_norm_run, .backward = layer_norm_backward };

ink_node *ink_layer_norm(ink_graph *g, ink_node *x, ink_node *weight, ink_node *bias, float eps)
{
    ink_node *in[] = { x, weight, bias };
    return ink_graph_node(g, &ink_op_layer_norm, x, ink_node_width(x), 3, in, &eps, sizeof eps);
}
