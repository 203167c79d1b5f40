/* The gradient of a route: of a softmax over those that were taken, where they sum to one, else over all. */
#include "ops/ops.h"

static void route_back_row(const ink_job *j, const ink_route_options *o, size_t n, const float *x, const float *dy, float *dx)
{
    float p[INK_ROUTE_EXPERTS], y[INK_ROUTE_EXPERTS], along = 0;
    ink_route_row(j->k, o, n, x, p, y);
    for (size_t i = 0; i < n; i++)
        along += y[i] * dy[i];
    for (size_t i = 0; i < n; i++)
        dx[i] = y[i] * dy[i] - (o->normalised ? y[i] : p[i]) * along;
}

static void route_back_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    for (size_t i = 0; i < rows; i++)
        route_back_row(j, j->y->options, columns, ink_view_row(j->in[0], i), ink_view_row(j->in[1], i), ink_view_row(j->out, i));
}

const ink_op ink_op_route_back = { .name = "route_back", .flow = INK_FLOW_ROWS, .run = route_back_run };

ink_node *ink_route_back(ink_graph *g, ink_node *x, ink_node *dy, const ink_route_options *o)
{
    ink_node *in[] = { x, dy };
    return ink_graph_node(g, &ink_op_route_back, x, ink_node_width(x), 2, in, o, sizeof *o);
}
