/* -log softmax(x)[label] of each row, 0 where the label is negative. The logarithm is summed in double with operations that
   every machine rounds alike. */
#include "ops/logarithm.h"
#include "ops/ops.h"

static void cross_entropy_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row, (void)columns;
    const size_t n = ink_node_width(j->y->in[0]);
    for (size_t i = 0; i < rows; i++) {
        const float *x = ink_view_row(j->in[0], i);
        const int32_t label = *(const int32_t *)(const void *)ink_view_row(j->in[1], i);
        const float top = j->k->max(n, x);
        *ink_view_row(j->out, i) = label < 0 ? 0 : (float)(ops_log((double)j->k->sum_exp(n, x, top)) + (double)top - (double)x[label]);
    }
}

static void cross_entropy_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    dx[0] = ink_cross_entropy_back(g, y->in[0], y->in[1], dy);
}

const ink_op ink_op_cross_entropy = { .name = "cross_entropy", .flow = INK_FLOW_ROWS, .run = cross_entropy_run, .backward = cross_entropy_backward };

ink_node *ink_cross_entropy(ink_graph *g, ink_node *x, ink_node *labels)
{
    ink_node *in[] = { x, labels };
    return ink_graph_node(g, &ink_op_cross_entropy, x, 1, 2, in, NULL, 0);
}
