/* y[t] = b + sum over taps k of W[k] leaky(scale x[t + k dilation - before]), plus up to two things that are added. Rows beyond
   the ends are zeros. Pieces: a stretch of rows, and of few rows some of the panels. */
#include "ops/conv_input.h"

enum { CONV1D_ROWS = 240 };

/* Rows first to last in blocks, and panels in groups. */
typedef struct conv1d_grid {
    size_t first, last, blocks, groups, panels;
} conv1d_grid;

static const ink_packed *conv1d_weight(const ink_job *j) { return j->y->in[1]->constant->packed; }

static conv1d_grid conv1d_divide(const ink_job *j)
{
    const ink_conv1d_options *o = j->y->options;
    conv1d_grid g;
    conv_wanted(&o->reach, o->span ? &j->in[o->span] : NULL, j->rows, &g.first, &g.last);
    g.blocks = (g.last - g.first + CONV1D_ROWS - 1) / CONV1D_ROWS;
    conv_group(g.blocks, conv1d_weight(j)->panels, &g.panels, &g.groups);
    return g;
}

static size_t conv1d_chunks(const ink_job *j)
{
    const conv1d_grid g = conv1d_divide(j);
    return g.blocks * g.groups;
}

/* The rows that a block reads, where they lie when nothing is to be done to them, else made ready in scratch. */
static const float *conv1d_input(const ink_job *j, size_t row, size_t rows, size_t *stride)
{
    const ink_conv1d_options *o = j->y->options;
    const ink_node *x = j->y->in[0];
    const size_t channels = ink_node_width(x), count = rows + (o->taps - 1) * o->dilation;
    const ptrdiff_t from = (ptrdiff_t)row - (ptrdiff_t)o->before;
    if (from >= 0 && (size_t)from + count <= j->rows && o->entry.slope == 1.0f && o->entry.scale == 1.0f) {
        *stride = j->in[0].stride / sizeof(float);
        return ink_view_row(j->in[0], (size_t)from);
    }
    *stride = conv_stride(channels);
    conv_fill(j, &o->entry, from, count, j->rows, channels, (float *)(void *)j->scratch, *stride);
    return (const float *)(const void *)j->scratch;
}

static void conv1d_chunk(const ink_job *j, size_t i)
{
    const ink_conv1d_options *o = j->y->options;
    const conv1d_grid g = conv1d_divide(j);
    const ink_packed *w = conv1d_weight(j);
    const size_t row = g.first + i / g.groups * CONV1D_ROWS, rows = g.last - row < CONV1D_ROWS ? g.last - row : CONV1D_ROWS;
    ink_conv c = { .w = w, .taps = o->taps, .dilation = o->dilation, .channels = ink_node_width(j->y->in[0]), .rows = rows,
                   .y = ink_view_row(j->out, row), .y_stride = j->out.stride / sizeof(float) };
    c.x = conv1d_input(j, row, rows, &c.x_stride);
    c.bias = o->bias ? ink_view_row(j->in[o->bias], 0) : NULL;
    for (size_t a = 0; a < o->adds; a++) {
        c.add[a].x = ink_view_row(j->in[o->add + a], row);
        c.add[a].stride = j->in[o->add + a].stride / sizeof(float);
    }
    const size_t p0 = i % g.groups * g.panels, p1 = p0 + g.panels;
    j->k->conv(&c, p0, p1 < w->panels ? p1 : w->panels);
}

static size_t conv1d_scratch(const ink_kernels *k, const ink_node *y, const size_t bounds[INK_SIZES])
{
    (void)k;
    (void)bounds;
    const ink_conv1d_options *o = y->options;
    return (CONV1D_ROWS + (o->taps - 1) * o->dilation) * conv_stride(ink_node_width(y->in[0])) * sizeof(float);
}

const ink_op ink_op_conv1d = { .name = "conv1d", .flow = INK_FLOW_CHUNKS, .chunks = conv1d_chunks, .chunk = conv1d_chunk, .scratch = conv1d_scratch };

ink_node *ink_conv1d(ink_graph *g, ink_node *x, ink_node *weight, ink_node *bias, ink_node *span, const ink_conv1d_options *options, ink_node *const adds[INK_CONV_ADDS])
{
    ink_conv1d_options o = *options;
    ink_node *in[INK_NODE_INPUTS];
    const size_t n = conv1d_inputs(&o, x, weight, bias, span, adds, in);
    return ink_graph_node(g, &ink_op_conv1d, x, weight->dim[0].count, n, in, &o, sizeof o);
}
