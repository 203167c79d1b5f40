/* y[t] = b + sum over taps k of W[k] leaky(scale x[t + k dilation - before]), plus up to two things that are added. Rows beyond
   the ends are zeros. Pieces: a stretch of rows, and of few rows some of the panels. */
#include "base/count.h"
#include "ops/conv_input.h"

/* Rows of a block: whole tiles of the kernels. */
static size_t conv1d_block(ink_act_form form) { return form == INK_ACT_BF16 ? 256 : 240; }

/* Rows first to last in blocks of so many, and panels in groups. */
typedef struct conv1d_grid {
    size_t first, last, rows, blocks, groups, panels;
} conv1d_grid;

static const ink_packed *conv1d_weight(const ink_node *y) { return y->in[1]->constant->packed; }
static conv_meeting conv1d_meet(const ink_node *y) { return conv_meet(conv1d_weight(y), ((const ink_conv1d_options *)y->options)->taps, ink_node_width(y->in[0])); }

static conv1d_grid conv1d_divide(const ink_job *j)
{
    const ink_conv1d_options *o = j->y->options;
    conv1d_grid g = { .rows = conv1d_block(conv1d_weight(j->y)->form) };
    conv_wanted(&o->reach, o->span ? &j->in[o->span] : NULL, j->rows, &g.first, &g.last);
    g.blocks = ink_pieces(g.last - g.first, g.rows);
    conv_group(g.blocks, conv1d_weight(j->y)->panels, &g.panels, &g.groups);
    return g;
}

static size_t conv1d_chunks(const ink_job *j)
{
    const conv1d_grid g = conv1d_divide(j);
    return g.blocks * g.groups;
}

/* The rows that a block reads, where they lie when nothing is to be done to them, else made ready in scratch. */
static const float *conv1d_input(const ink_job *j, const conv_meeting *m, size_t row, size_t rows, size_t *stride)
{
    const ink_conv1d_options *o = j->y->options;
    const size_t count = rows + (o->taps - 1) * o->dilation;
    const ptrdiff_t from = (ptrdiff_t)row - (ptrdiff_t)o->before;
    if (m->form == INK_ACT_F32 && from >= 0 && (size_t)from + count <= j->rows && o->entry.slope == 1.0f && o->entry.scale == 1.0f) {
        *stride = j->in[0].stride / sizeof(float);
        return ink_view_row(j->in[0], (size_t)from);
    }
    *stride = conv_row(m);
    conv_fill(j, &o->entry, m, from, count, j->rows, ink_node_width(j->y->in[0]), (float *)(void *)j->scratch);
    return (const float *)(const void *)j->scratch;
}

static void conv1d_chunk(const ink_job *j, size_t i)
{
    const ink_conv1d_options *o = j->y->options;
    const conv1d_grid g = conv1d_divide(j);
    const ink_packed *w = conv1d_weight(j->y);
    const conv_meeting m = conv1d_meet(j->y);
    const size_t row = g.first + i / g.groups * g.rows, rows = g.last - row < g.rows ? g.last - row : g.rows;
    ink_conv c = { .w = w, .taps = o->taps, .dilation = o->dilation, .channels = m.depth, .rows = rows,
                   .y = ink_view_row(j->out, row), .y_stride = j->out.stride / sizeof(float) };
    c.x = conv1d_input(j, &m, row, rows, &c.x_stride);
    c.bias = o->bias ? ink_view_row(j->in[o->bias], 0) : NULL;
    for (size_t a = 0; a < o->adds; a++) {
        c.add[a].x = ink_view_row(j->in[o->add + a], row);
        c.add[a].stride = j->in[o->add + a].stride / sizeof(float);
    }
    const size_t p0 = i % g.groups * g.panels, p1 = p0 + g.panels;
    conv_multiply(j, &c, p0, p1 < w->panels ? p1 : w->panels);
}

static size_t conv1d_scratch(const ink_kernels *k, const ink_node *y, const size_t bounds[INK_SIZES])
{
    (void)k;
    (void)bounds;
    const ink_conv1d_options *o = y->options;
    const conv_meeting m = conv1d_meet(y);
    return (conv1d_block(m.form) + (o->taps - 1) * o->dilation + INK_CONV_SPARE) * conv_row(&m) * sizeof(float);
}

const ink_op ink_op_conv1d = { .name = "conv1d", .flow = INK_FLOW_CHUNKS, .chunks = conv1d_chunks, .chunk = conv1d_chunk, .scratch = conv1d_scratch };

ink_node *ink_conv1d(ink_graph *g, ink_node *x, ink_node *weight, ink_node *bias, ink_node *span, const ink_conv1d_options *options, ink_node *const adds[INK_CONV_ADDS])
{
    ink_conv1d_options o = *options;
    ink_node *in[INK_NODE_INPUTS];
    const size_t n = conv1d_inputs(&o, x, weight, bias, span, adds, in);
    return ink_graph_node(g, &ink_op_conv1d, x, weight->dim[0].count, n, in, &o, sizeof o);
}
