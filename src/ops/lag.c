/* Rows of the same sequence side by side, the oldest first: what a window of words is to a feed-forward model (Bengio et al. 2003,
   section 2), and the state that each step of a recurrent layer began with. */
#include "ops/recur.h"

#include <string.h>

static const float *lag_from(const ink_job *j, const ink_ragged *batch, const ink_segment *s, size_t t, size_t back)
{
    const ink_lag_options *o = j->y->options;
    if (back <= t)
        return ink_view_row(j->in[0], s->first_row + t - back);
    if (!batch->shape || back > s->first_position + t)
        return NULL;
    return recur_kept(batch, s, o->layer, s->first_position + t - back, o->columns);
}

static size_t lag_chunks(const ink_job *j) { return ((const ink_ragged *)(const void *)j->in[1].data)->count; }

static void lag_chunk(const ink_job *j, size_t i)
{
    const ink_lag_options *o = j->y->options;
    const ink_ragged *batch = (const void *)j->in[1].data;
    const ink_segment *s = &batch->segments[i];
    for (size_t t = 0; t < s->rows; t++) {
        float *y = ink_view_row(j->out, s->first_row + t);
        for (size_t back = o->last + 1; back-- > o->first; y += o->columns) {
            const float *x = lag_from(j, batch, s, t, back);
            if (x)
                memcpy(y, x, o->columns * sizeof *y);
            else
                memset(y, 0, o->columns * sizeof *y);
        }
        if (batch->shape)
            memcpy(recur_kept(batch, s, o->layer, s->first_position + t, o->columns), ink_view_row(j->in[0], s->first_row + t), o->columns * sizeof *y);
    }
}

static void lag_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    dx[0] = ink_lag_back(g, dy, y->in[1], y->in[0], y->options);
}

const ink_op ink_op_lag = { .name = "lag", .flow = INK_FLOW_CHUNKS, .chunks = lag_chunks, .chunk = lag_chunk, .backward = lag_backward };

ink_node *ink_lag(ink_graph *g, ink_node *x, ink_node *batch, const ink_lag_options *o)
{
    ink_node *in[] = { x, batch };
    return ink_graph_node(g, &ink_op_lag, x, (o->last - o->first + 1) * o->columns, 2, in, o, sizeof *o);
}
