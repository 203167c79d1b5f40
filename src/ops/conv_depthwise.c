/* y[t] = b + sum over taps k of w[k] x[t + k dilation - before], each channel by itself. Rows beyond the ends are zeros. */
#include "base/count.h"
#include "ops/conv_input.h"

enum { DEPTHWISE_ROWS = 32 };

static size_t conv_depthwise_chunks(const ink_job *j)
{
    return ink_pieces(j->rows, DEPTHWISE_ROWS);
}

static void conv_depthwise_chunk(const ink_job *j, size_t i)
{
    const ink_conv1d_options *o = j->y->options;
    const size_t width = ink_node_width(j->y), first = i * DEPTHWISE_ROWS, last = first + DEPTHWISE_ROWS < j->rows ? first + DEPTHWISE_ROWS : j->rows;
    const float *weight = ink_view_row(j->in[1], 0), *bias = ink_view_row(j->in[2], 0);
    for (size_t t = first; t < last; t++) {
        float *y = ink_view_row(j->out, t);
        memcpy(y, bias, width * sizeof *y);
        for (size_t tap = 0; tap < o->taps; tap++) {
            const size_t at = t + tap * o->dilation; /* before what is padded */
            if (at >= o->before && at - o->before < j->rows)
                j->k->mul_add(width, weight + tap * width, ink_view_row(j->in[0], at - o->before), y, y);
        }
    }
}

const ink_op ink_op_conv_depthwise = { .name = "conv_depthwise", .flow = INK_FLOW_CHUNKS, .chunks = conv_depthwise_chunks, .chunk = conv_depthwise_chunk };

ink_node *ink_conv_depthwise(ink_graph *g, ink_node *x, ink_node *weight, ink_node *bias, const ink_conv1d_options *o)
{
    ink_node *in[] = { x, weight, bias };
    return ink_graph_node(g, &ink_op_conv_depthwise, x, ink_node_width(x), 3, in, o, sizeof *o);
}
