/* -log softmax(x)[label] of each row, 0 where the label is negative. The logarithm is summed in double with operations that
   every machine rounds alike. */
#include "ops/ops.h"

#include <string.h>

/* x = m 2^e with m near 1: e ln 2 + 2 artanh((m - 1) / (m + 1)), whose first term left out is below 1e-17. */
static double cross_entropy_log(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, 8);
    int64_t e = (int64_t)(bits >> 52) - 1023;
    bits = (bits & 0xfffffffffffffu) | (uint64_t)1023 << 52;
    double m;
    memcpy(&m, &bits, 8);
    if (m > 1.4142135623730951) {
        m *= 0.5;
        e++;
    }
    double z = (m - 1) / (m + 1), p = 0;
    for (int i = 21; i >= 1; i -= 2)
        p = p * z * z + 1.0 / i;
    return (double)e * 0.69314718055994530942 + 2 * z * p;
}

static void cross_entropy_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row, (void)columns;
    const size_t n = ink_node_width(j->y->in[0]);
    for (size_t i = 0; i < rows; i++) {
        const float *x = ink_view_row(j->in[0], i);
        const int32_t label = *(const int32_t *)(const void *)ink_view_row(j->in[1], i);
        const float top = j->k->max(n, x);
        *ink_view_row(j->out, i) = label < 0 ? 0 : (float)(cross_entropy_log((double)j->k->sum_exp(n, x, top)) + (double)top - (double)x[label]);
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
