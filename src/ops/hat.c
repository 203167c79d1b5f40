/* A row normalised, without weight or bias: over groups of `width` values (x - mean) / sqrt(variance + eps), or without the
   mean. What the gradients of norms' weights are made of. */
#include "ops/ops.h"

typedef struct hat_options {
    size_t width;
    float eps;
    bool centred;
} hat_options;

static void hat_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    const hat_options *o = j->y->options;
    for (size_t i = 0; i < rows; i++)
        for (size_t at = 0; at < columns; at += o->width) {
            const float *x = ink_view_row(j->in[0], i) + at;
            float *y = ink_view_row(j->out, i) + at;
            if (o->centred)
                j->k->layer_norm(o->width, x, NULL, NULL, o->eps, y);
            else
                j->k->rms_norm(o->width, x, NULL, o->eps, y);
        }
}

const ink_op ink_op_hat = { .name = "hat", .flow = INK_FLOW_ROWS, .over = 1 << 0, .run = hat_run };

ink_node *ink_hat(ink_graph *g, ink_node *x, size_t width, float eps, bool centred)
{
    const hat_options o = { .width = width, .eps = eps, .centred = centred };
    return ink_graph_node(g, &ink_op_hat, x, ink_node_width(x), 1, &x, &o, sizeof o);
}
