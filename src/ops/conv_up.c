/* Transposed convolution: each row of x becomes `stride` rows of y. Output row t is phase (t + pad) mod stride of place
   q = (t + pad) / stride, and needs x[q - taps + 1 … q] alone; so the phases of one place are the outputs of one ordinary
   product (the polyphase form: Crochiere and Rabiner 1983, section 3.3). Rows beyond the ends are zeros. */
#include "ops/conv_input.h"

enum { CONV_UP_PLACES = 48 };

typedef struct conv_up_range {
    size_t first, last; /* rows of y */
    size_t from, to;    /* places */
} conv_up_range;

static conv_up_range conv_up_divide(const ink_job *j)
{
    const ink_conv_up_options *o = j->y->options;
    conv_up_range r;
    conv_wanted(&o->reach, o->span ? &j->in[o->span] : NULL, j->rows, &r.first, &r.last);
    r.from = (r.first + o->pad) / o->stride;
    r.to = r.last > r.first ? (r.last - 1 + o->pad) / o->stride + 1 : r.from;
    return r;
}

static size_t conv_up_chunks(const ink_job *j)
{
    const conv_up_range r = conv_up_divide(j);
    return (r.to - r.from + CONV_UP_PLACES - 1) / CONV_UP_PLACES;
}

static size_t conv_up_input_floats(const ink_node *y)
{
    const ink_conv_up_options *o = y->options;
    return (CONV_UP_PLACES + o->taps - 1) * conv_stride(ink_node_width(y->in[0]));
}

static size_t conv_up_wide(const ink_node *y)
{
    const ink_conv_up_options *o = y->options;
    return conv_stride(o->stride * ink_node_width(y));
}

static void conv_up_chunk(const ink_job *j, size_t i)
{
    const ink_conv_up_options *o = j->y->options;
    const conv_up_range r = conv_up_divide(j);
    const size_t place = r.from + i * CONV_UP_PLACES, places = r.to - place < CONV_UP_PLACES ? r.to - place : CONV_UP_PLACES;
    const size_t channels = ink_node_width(j->y->in[0]), width = ink_node_width(j->y), stride = conv_stride(channels), wide = conv_up_wide(j->y);
    float *x = (float *)(void *)j->scratch, *y = x + conv_up_input_floats(j->y);
    conv_fill(j, &o->entry, (ptrdiff_t)place - (ptrdiff_t)(o->taps - 1), places + o->taps - 1, j->rows / o->stride, channels, x, stride);
    const ink_packed *w = j->y->in[1]->constant->packed;
    const ink_conv c = { .w = w, .taps = o->taps, .dilation = 1, .channels = channels, .rows = places, .x = x, .x_stride = stride, .y = y, .y_stride = wide,
                         .bias = ink_view_row(j->in[2], 0) };
    j->k->conv(&c, 0, w->panels);
    for (size_t q = 0; q < places; q++)
        for (size_t phase = 0; phase < o->stride; phase++) {
            const size_t t = (place + q) * o->stride + phase;
            if (t >= r.first + o->pad && t < r.last + o->pad)
                memcpy(ink_view_row(j->out, t - o->pad), y + q * wide + phase * width, width * sizeof *y);
        }
}

static size_t conv_up_scratch(const ink_kernels *k, const ink_node *y, const size_t bounds[INK_SIZES])
{
    (void)k;
    (void)bounds;
    return (conv_up_input_floats(y) + CONV_UP_PLACES * conv_up_wide(y)) * sizeof(float);
}

const ink_op ink_op_conv_up = { .name = "conv_up", .flow = INK_FLOW_CHUNKS, .chunks = conv_up_chunks, .chunk = conv_up_chunk, .scratch = conv_up_scratch };

ink_node *ink_conv_up(ink_graph *g, ink_node *x, ink_node *weight, ink_node *bias, ink_node *span, const ink_conv_up_options *options)
{
    ink_conv_up_options o = *options;
    ink_node *in[] = { x, weight, bias, span };
    o.span = span ? 3 : 0;
    ink_node *y = ink_graph_node(g, &ink_op_conv_up, x, weight->dim[0].count / o.stride, span ? 4 : 3, in, &o, sizeof o);
    y->dim[0].count *= o.stride;
    return y;
}
