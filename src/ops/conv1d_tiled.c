/* conv1d by tiles (kernels/conv_tiles.c): six products for four rows, `dilation` apart, and each three taps, or for two rows and five.
   Tiles begin at multiples of ink_conv1d_tile, so rows keep their tiles when a run begins at such a multiple. */
#include "base/count.h"
#include "ops/conv_input.h"

enum { TILED_ROWS = 240, TILED_ROWS_WIDE = 96, TILED_NARROW = 64 };

typedef struct tiled_grid {
    size_t first, last, blocks, groups, panels; /* rows; blocks of rows; groups of so many panels */
    size_t rows, taps, depth, wide;             /* of a block; groups of taps; columns of a product; floats of a row of products */
    ink_conv_tiling tiling;
} tiled_grid;

size_t ink_conv1d_tile(size_t taps, size_t dilation) { return ink_conv_tiling_of(taps).rows * dilation; }

size_t ink_conv1d_tile_reach(size_t taps, size_t dilation)
{
    const ink_conv_tiling t = ink_conv_tiling_of(taps);
    const size_t all = ink_round_up(taps, t.taps), before = (taps - 1) / 2, after = all - 1 - before;
    return (after + t.rows - 1) * dilation;
}

/* The least rows of a block: whole tiles of all dilations, and twelve at a time, as many as the kernel takes. */
size_t ink_conv1d_tile_block(size_t taps, size_t dilation)
{
    size_t rows = ink_conv1d_tile(taps, dilation), whole = rows;
    while (whole % (12 * ink_conv_tiling_of(taps).rows))
        whole += rows;
    return whole;
}

static void tiled_shape(const ink_node *y, tiled_grid *g)
{
    const ink_conv1d_options *o = y->options;
    const size_t channels = ink_node_width(y->in[0]), least = ink_conv1d_tile_block(o->taps, o->dilation), most = channels > TILED_NARROW ? TILED_ROWS_WIDE : TILED_ROWS;
    g->rows = most > least ? most / least * least : least;
    g->tiling = ink_conv_tiling_of(o->taps);
    g->taps = ink_pieces(o->taps, g->tiling.taps);
    g->depth = g->taps * conv_stride(channels);
    g->wide = INK_CONV_POINTS * conv_stride(ink_node_width(y));
}

static tiled_grid tiled_divide(const ink_job *j)
{
    const ink_conv1d_options *o = j->y->options;
    tiled_grid g;
    tiled_shape(j->y, &g);
    conv_wanted(&o->reach, o->span ? &j->in[o->span] : NULL, j->rows, &g.first, &g.last);
    g.first -= g.first % ink_conv1d_tile(o->taps, o->dilation);
    g.blocks = ink_pieces(g.last - g.first, g.rows);
    conv_group(g.blocks, conv_stride(ink_node_width(j->y)) / 16, &g.panels, &g.groups);
    return g;
}

static size_t conv1d_tiled_chunks(const ink_job *j)
{
    const tiled_grid g = tiled_divide(j);
    return g.blocks * g.groups;
}

/* The row of a block that a tile begins with: as many tiles side by side as the dilation, then a gap. */
static size_t tiled_begin(const tiled_grid *g, size_t tile, size_t dilation) { return tile / dilation * g->tiling.rows * dilation + tile % dilation; }

static size_t tiled_input_rows(const tiled_grid *g, size_t rows, size_t dilation) { return rows + (g->tiling.taps * g->taps - 1) * dilation; }

static void tiled_out(const ink_job *j, const tiled_grid *g, const float *products, size_t row, size_t from, size_t columns)
{
    const ink_conv1d_options *o = j->y->options;
    ink_conv_tile t = { .m = products + from, .m_step = conv_stride(ink_node_width(j->y)), .bias = o->bias ? ink_view_row(j->in[o->bias], 0) + from : NULL };
    t.rows = g->tiling.rows;
    for (size_t k = 0; k < t.rows; k++) {
        const size_t at = row + k * o->dilation;
        t.y[k] = at < j->rows ? ink_view_row(j->out, at) + from : NULL;
        for (size_t a = 0; a < o->adds && t.y[k]; a++)
            t.add[a][k] = ink_view_row(j->in[o->add + a], at) + from;
    }
    j->k->conv_tile_out(columns, &t);
}

static void conv1d_tiled_chunk(const ink_job *j, size_t i)
{
    const ink_conv1d_options *o = j->y->options;
    const tiled_grid g = tiled_divide(j);
    const ink_packed *w = j->y->in[1]->constant->packed;
    const size_t channels = ink_node_width(j->y->in[0]), stride = conv_stride(channels), width = ink_node_width(j->y), panels = conv_stride(width) / 16;
    const size_t row = g.first + i / g.groups * g.rows, span = ink_conv1d_tile(o->taps, o->dilation), left = ink_round_up(g.last - row, span);
    const size_t rows = left < g.rows ? left : g.rows, tiles = rows / g.tiling.rows, p0 = i % g.groups * g.panels, p1 = p0 + g.panels < panels ? p0 + g.panels : panels;
    float *x = (float *)(void *)j->scratch, *v = x + tiled_input_rows(&g, g.rows, o->dilation) * stride, *m = v + INK_CONV_POINTS * g.rows / g.tiling.rows * g.depth;
    const conv_meeting floats = { INK_ACT_F32, stride, 1, channels };
    conv_fill(j, &o->entry, &floats, (ptrdiff_t)row - (ptrdiff_t)o->before, tiled_input_rows(&g, rows, o->dilation), j->rows, channels, x);
    for (size_t t = 0; t < tiles; t++)
        for (size_t k = 0; k < g.taps; k++)
            j->k->conv_tile_in(channels, x + (tiled_begin(&g, t, o->dilation) + g.tiling.taps * k * o->dilation) * stride, o->dilation * stride,
                               v + t * g.depth + k * stride, tiles * g.depth);
    for (size_t p = 0; p < INK_CONV_POINTS; p++) {
        const ink_conv c = { .w = w, .taps = 1, .dilation = 1, .channels = g.depth, .rows = tiles, .x = v + p * tiles * g.depth, .x_stride = g.depth, .y = m, .y_stride = g.wide };
        j->k->conv(&c, p * panels + p0, p * panels + p1);
    }
    const size_t from = 16 * p0, columns = 16 * p1 < width ? 16 * (p1 - p0) : width - from;
    for (size_t t = 0; t < tiles; t++)
        tiled_out(j, &g, m + t * g.wide, row + tiled_begin(&g, t, o->dilation), from, columns);
}

static size_t conv1d_tiled_scratch(const ink_kernels *k, const ink_node *y, const size_t bounds[INK_SIZES])
{
    (void)k;
    (void)bounds;
    const ink_conv1d_options *o = y->options;
    tiled_grid g;
    tiled_shape(y, &g);
    return (tiled_input_rows(&g, g.rows, o->dilation) * conv_stride(ink_node_width(y->in[0])) + g.rows / g.tiling.rows * (INK_CONV_POINTS * g.depth + g.wide)) * sizeof(float);
}

const ink_op ink_op_conv1d_tiled = { .name = "conv1d_tiled", .flow = INK_FLOW_CHUNKS, .chunks = conv1d_tiled_chunks, .chunk = conv1d_tiled_chunk, .scratch = conv1d_tiled_scratch };

ink_node *ink_conv1d_tiled(ink_graph *g, ink_node *x, ink_node *weight, ink_node *bias, ink_node *span, size_t out, const ink_conv1d_options *options, ink_node *const adds[INK_CONV_ADDS])
{
    ink_conv1d_options o = *options;
    ink_node *in[INK_NODE_INPUTS];
    const size_t n = conv1d_inputs(&o, x, weight, bias, span, adds, in);
    return ink_graph_node(g, &ink_op_conv1d_tiled, x, out, n, in, &o, sizeof o);
}
