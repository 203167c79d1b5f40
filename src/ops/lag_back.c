/* The gradient of rows side by side: each row gets what those had of it that stood after it, the nearest first. */
#include "ops/recur.h"

#include <string.h>

static size_t lag_back_chunks(const ink_job *j) { return ((const ink_ragged *)(const void *)j->in[1].data)->count; }

static void lag_back_chunk(const ink_job *j, size_t i)
{
    const ink_lag_options *o = j->y->options;
    const ink_segment *s = &((const ink_ragged *)(const void *)j->in[1].data)->segments[i];
    for (size_t t = 0; t < s->rows; t++) {
        float *dx = ink_view_row(j->out, s->first_row + t);
        memset(dx, 0, ink_node_width(j->y) * sizeof *dx);
        for (size_t back = o->first; back <= o->last && t + back < s->rows; back++)
            j->k->add(o->columns, dx, ink_view_row(j->in[0], s->first_row + t + back) + (o->last - back) * o->columns, dx);
    }
}

const ink_op ink_op_lag_back = { .name = "lag_back", .flow = INK_FLOW_CHUNKS, .chunks = lag_back_chunks, .chunk = lag_back_chunk };

ink_node *ink_lag_back(ink_graph *g, ink_node *dy, ink_node *batch, const ink_node *like, const ink_lag_options *o)
{
    ink_node *in[] = { dy, batch };
    return ink_graph_node(g, &ink_op_lag_back, dy, ink_node_width(like), 2, in, o, sizeof *o);
}
