/* Transposed convolution: each row of x becomes `stride` rows of y. Output row t is phase (t + pad) mod stride of place
   q = (t + pad) / stride, and needs x[q - taps + 1 … q] alone; so the phases of one place are the outputs of one ordinary
   product (the polyphase form: Crochiere and Rabiner 1983, section 3.3). Rows beyond the ends are zeros. */
#include "base/count.h"
#include "ops/conv_input.h"

/* Places of a block: whole tiles of the kernels. */
static size_t conv_up_block(ink_act_form form) { return form == INK_ACT_BF16 ? 64 : 48; }
static const ink_packed *conv_up_weight(const ink_node *y) { return y->in[1]->constant->packed; }
static conv_meeting conv_up_meet(const ink_node *y) { return conv_meet(conv_up_weight(y), ((const ink_conv_up_options *)y->options)->taps, ink_node_width(y->in[0])); }

typedef struct conv_up_range {
    size_t first, last; /* rows of y */
    size_t from, to;    /* places */
    size_t places;      /* of a block */
} conv_up_range;

static conv_up_range conv_up_divide(const ink_job *j)
{
    const ink_conv_up_options *o = j->y->options;
    conv_up_range r = { .places = conv_up_block(conv_up_weight(j->y)->form) };
    conv_wanted(&o->reach, o->span ? &j->in[o->span] : NULL, j->rows, &r.first, &r.last);
    r.from = (r.first + o->pad) / o->stride;
    r.to = r.last > r.first ? (r.last - 1 + o->pad) / o->stride + 1 : r.from;
    return r;
}

static size_t conv_up_chunks(const ink_job *j)
{
    const conv_up_range r = conv_up_divide(j);
    return ink_pieces(r.to - r.from, r.places);
}

static size_t conv_up_input_floats(const ink_node *y)
{
    const ink_conv_up_options *o = y->options;
    const conv_meeting m = conv_up_meet(y);
    return (conv_up_block(m.form) + o->taps - 1 + INK_CONV_SPARE) * conv_row(&m);
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
    const ink_packed *w = conv_up_weight(j->y);
    const conv_meeting m = conv_up_meet(j->y);
    const size_t place = r.from + i * r.places, places = r.to - place < r.places ? r.to - place : r.places;
    const size_t channels = ink_node_width(j->y->in[0]), width = ink_node_width(j->y), wide = conv_up_wide(j->y);
    float *x = (float *)(void *)j->scratch, *y = x + conv_up_input_floats(j->y);
    conv_fill(j, &o->entry, &m, (ptrdiff_t)place - (ptrdiff_t)(o->taps - 1), places + o->taps - 1, j->rows / o->stride, channels, x);
    const ink_conv c = { .w = w, .taps = o->taps, .dilation = 1, .channels = m.depth, .rows = places, .x = x, .x_stride = conv_row(&m), .y = y, .y_stride = wide,
                         .bias = ink_view_row(j->in[2], 0) };
    conv_multiply(j, &c, 0, w->panels);
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
    return (conv_up_input_floats(y) + conv_up_block(conv_up_weight(y)->form) * conv_up_wide(y)) * sizeof(float);
}

const ink_op ink_op_conv_up = { .name = "conv_up", .flow = INK_FLOW_CHUNKS, .chunks = conv_up_chunks, .chunk = conv_up_chunk, .scratch = conv_up_scratch };

ink_node *ink_conv_up(ink_graph *g, ink_node *x, ink_node *weight, ink_node *bias, ink_node *span, const ink_conv_up_options *options)
{
    ink_conv_up_options o = *options;
    ink_node *in[] = { x, weight, bias, span };
    o.span = span ? 3 : 0;
    if (ink_node_width(bias) != weight->dim[0].count)
        ink_graph_fail(g, INK_E_FORMAT, "conv_up: a bias of %zu numbers for %zu outputs", ink_node_width(bias), weight->dim[0].count);
    ink_node *y = ink_graph_node(g, &ink_op_conv_up, x, weight->dim[0].count / o.stride, span ? 4 : 3, in, &o, sizeof o);
    y->dim[0].count *= o.stride;
    return y;
}
