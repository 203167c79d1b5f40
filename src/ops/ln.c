/* y = the natural logarithm of x, which must be above zero. */
#include "ops/logarithm.h"
#include "ops/ops.h"

static void ln_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    for (size_t i = 0; i < rows; i++)
        for (size_t c = 0; c < columns; c++)
            ink_view_row(j->out, i)[c] = (float)ops_log((double)ink_view_row(j->in[0], i)[c]);
}

/* dy / x = dy e^-y */
static void ln_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    dx[0] = ink_gradient_like(g, ink_mul(g, dy, ink_exp(g, ink_scale(g, y, -1))), y->in[0]);
}

const ink_op ink_op_ln = { .name = "ln", .flow = INK_FLOW_ROWS, .elementwise = true, .run = ln_run, .backward = ln_backward };

ink_node *ink_ln(ink_graph *g, ink_node *x)
{
    return ink_graph_node(g, &ink_op_ln, x, ink_node_width(x), 1, &x, NULL, 0);
}
