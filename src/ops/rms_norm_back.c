/* dx = r (g - xhat mean(g xhat)) with xhat = x r, g = dy w, over the whole row or over each head of it. */
#include "ops/ops.h"

static void rms_norm_back_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    const float eps = *(const float *)j->y->options, *weight = ink_view_row(j->in[1], 0);
    const size_t width = ink_node_width(j->y->in[1]);
    for (size_t i = 0; i < rows; i++)
        for (size_t at = 0; at < columns; at += width)
            j->k->rms_norm_back(width, ink_view_row(j->in[0], i) + at, weight, eps, ink_view_row(j->in[2], i) + at, ink_view_row(j->out, i) + at);
}

const ink_op ink_op_rms_norm_back = { .name = "rms_norm_back", .flow = INK_FLOW_ROWS, .over = 1 << 0 | 1 << 2, .run = rms_norm_back_run };

ink_node *ink_rms_norm_back(ink_graph *g, ink_node *x, ink_node *weight, ink_node *dy, float eps)
{
    ink_node *in[] = { x, weight, dy };
    return ink_graph_node(g, &ink_op_rms_norm_back, x, ink_node_width(x), 3, in, &eps, sizeof eps);
}
