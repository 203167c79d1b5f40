/* The convolution that ends a decoder of sound: from all channels of a row to one number; the numbers of a frame lie side by
   side in one row of y. Each is one dot product. */
#include "base/count.h"
#include "ops/conv_input.h"

enum { CONV_LAST_ROWS = 512 };

static void conv_last_wanted(const ink_job *j, size_t *first, size_t *last)
{
    const ink_conv1d_options *o = j->y->options;
    conv_wanted(&o->reach, o->span ? &j->in[o->span] : NULL, j->rows * ink_node_width(j->y), first, last);
}

static size_t conv_last_chunks(const ink_job *j)
{
    size_t first, last;
    conv_last_wanted(j, &first, &last);
    return ink_pieces(last - first, CONV_LAST_ROWS);
}

static void conv_last_chunk(const ink_job *j, size_t i)
{
    const ink_conv1d_options *o = j->y->options;
    const size_t channels = ink_node_width(j->y->in[0]), hop = ink_node_width(j->y);
    const float *weight = ink_view_row(j->in[1], 0);
    float *x = (float *)(void *)j->scratch, bias = o->bias ? ink_view_row(j->in[o->bias], 0)[0] : 0;
    size_t first, last;
    conv_last_wanted(j, &first, &last);
    first += i * CONV_LAST_ROWS;
    last = last - first < CONV_LAST_ROWS ? last : first + CONV_LAST_ROWS;
    const conv_meeting floats = { INK_ACT_F32, channels, 1, channels };
    conv_fill(j, &o->entry, &floats, (ptrdiff_t)first - (ptrdiff_t)o->before, last - first + o->taps - 1, j->rows * hop, channels, x);
    for (size_t t = first; t < last; t++, x += channels)
        ink_view_row(j->out, t / hop)[t % hop] = j->k->dot(o->taps * channels, x, weight) + bias;
}

static size_t conv_last_scratch(const ink_kernels *k, const ink_node *y, const size_t bounds[INK_SIZES])
{
    (void)k;
    (void)bounds;
    const ink_conv1d_options *o = y->options;
    return (CONV_LAST_ROWS + o->taps) * ink_node_width(y->in[0]) * sizeof(float);
}

const ink_op ink_op_conv_last = { .name = "conv_last", .flow = INK_FLOW_CHUNKS, .chunks = conv_last_chunks, .chunk = conv_last_chunk, .scratch = conv_last_scratch };

ink_node *ink_conv_last(ink_graph *g, ink_node *x, ink_node *weight, ink_node *bias, ink_node *span, const ink_conv1d_options *options)
{
    ink_conv1d_options o = *options;
    ink_node *in[] = { x, weight, bias ? bias : span, span };
    o.bias = bias ? 2 : 0;
    o.span = !span ? 0 : bias ? 3 : 2;
    ink_node *y = ink_graph_node(g, &ink_op_conv_last, x, x->dim[0].count, 2 + (bias != NULL) + (span != NULL), in, &o, sizeof o);
    y->dim[0].count = 1;
    return y;
}
