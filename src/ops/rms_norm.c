/* y = x / sqrt(mean(x^2) + eps) w, over the whole row or over each head of it (Zhang and Sennrich 2019). */
#include "ops/ops.h"

static void rms_norm_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    const float eps = *(const float *)j->y->options, *weight = ink_view_row(j->in[1], 0);
    const size_t width = ink_node_width(j->y->in[1]);
    for (size_t i = 0; i < rows; i++)
        for (size_t at = 0; at < columns; at += width)
            j->k->rms_norm(width, ink_view_row(j->in[0], i) + at, weight, eps, ink_view_row(j->out, i) + at);
}

static void rms_norm_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    const float eps = *(const float *)y->options;
    ink_node *x = y->in[0], *weight = y->in[1];
    dx[0] = x->wants ? ink_rms_norm_back(g, x, weight, dy, eps) : NULL;
    dx[1] = weight->wants ? ink_sum_rows(g, ink_mul(g, dy, ink_hat(g, x, ink_node_width(weight), eps, false)), weight) : NULL;
}

const ink_op ink_op_rms_norm = { .name = "rms_norm", .flow = INK_FLOW_ROWS, .over = 1 << 0, .run = rms_norm_run, .backward = rms_norm_backward };

ink_node *ink_rms_norm(ink_graph *g, ink_node *x, ink_node *weight, float eps)
{
    ink_node *in[] = { x, weight };
    if (!ink_node_width(weight) || ink_node_width(x) % ink_node_width(weight))
        ink_graph_fail(g, INK_E_FORMAT, "a norm of %zu values does not fit rows of %zu", ink_node_width(weight), ink_node_width(x));
    return ink_graph_node(g, &ink_op_rms_norm, x, ink_node_width(x), 2, in, &eps, sizeof eps);
}
