/* Which experts a row goes to, and with which weights: softmax over all, the largest `used` of it, the others zero; summing to one
   again where that is wanted (Shazeer et al. 2017, section 2.1; Jiang et al. 2024, section 2.1). */
#include "ops/ops.h"

/* The largest, one after the other, are marked by what they become; of equals the first. */
void ink_route_row(const ink_kernels *k, const ink_route_options *o, size_t n, const float *x, float *p, float *y)
{
    float sum = 0;
    k->softmax(n, x, p);
    for (size_t i = 0; i < n; i++)
        y[i] = 0;
    for (size_t u = 0; u < o->used; u++) {
        size_t best = n;
        for (size_t i = 0; i < n; i++)
            best = y[i] == 0 && (best == n || p[i] > p[best]) ? i : best;
        if (best < n)
            y[best] = p[best];
    }
    for (size_t i = 0; i < n; i++)
        sum += y[i];
    for (size_t i = 0; o->normalised && i < n; i++)
        y[i] /= sum;
}

static void route_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    float p[INK_ROUTE_EXPERTS];
    for (size_t i = 0; i < rows; i++)
        ink_route_row(j->k, j->y->options, columns, ink_view_row(j->in[0], i), p, ink_view_row(j->out, i));
}

static void route_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    dx[0] = ink_route_back(g, y->in[0], dy, y->options);
}

const ink_op ink_op_route = { .name = "route", .flow = INK_FLOW_ROWS, .run = route_run, .backward = route_backward };

ink_node *ink_route(ink_graph *g, ink_node *x, const ink_route_options *o)
{
    if (ink_node_width(x) > INK_ROUTE_EXPERTS)
        ink_graph_fail(g, INK_E_LIMIT, "%zu experts; at most %d are possible", ink_node_width(x), INK_ROUTE_EXPERTS);
    return ink_graph_node(g, &ink_op_route, x, ink_node_width(x), 1, &x, o, sizeof *o);
}
