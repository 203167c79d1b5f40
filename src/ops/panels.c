/* A matrix that changes from step to step, in panels of sixteen outputs as products of few rows want them (kernels/packing_dense.c). */
#include "ops/ops.h"

#include <string.h>

static size_t panels_chunks(const ink_job *j) { return j->y->dim[0].count; }

static void panels_chunk(const ink_job *j, size_t i)
{
    const bool turned = *(const bool *)j->y->options;
    const ink_node *w = j->y->in[0];
    const size_t rows = w->dim[0].count, cols = ink_node_width(w), outputs = turned ? cols : rows, depth = turned ? rows : cols, first = 16 * i;
    const size_t n = outputs - first < 16 ? outputs - first : 16;
    const float *x = w->constant->data;
    float *y = ink_view_row(j->out, i);
    if (n < 16)
        memset(y, 0, 16 * depth * sizeof *y);
    for (size_t k = 0; k < depth; k++)
        for (size_t lane = 0; lane < n; lane++)
            y[16 * k + lane] = turned ? x[k * cols + first + lane] : x[(first + lane) * cols + k];
}

const ink_op ink_op_panels = { .name = "panels", .flow = INK_FLOW_CHUNKS, .detached = true, .chunks = panels_chunks, .chunk = panels_chunk };

ink_node *ink_panels(ink_graph *g, ink_node *weight, bool turned)
{
    const size_t rows = weight->dim[0].count, cols = ink_node_width(weight), outputs = turned ? cols : rows;
    ink_node *y = ink_graph_node(g, &ink_op_panels, weight, 16 * (turned ? rows : cols), 1, &weight, &turned, sizeof turned);
    y->dim[0] = (ink_dim){ (outputs + 15) / 16, INK_SIZE_ONE };
    return y;
}
