/* y = x W, or x W^T, over a matrix that stays as its file has it, of any type: the products of training over a quantised base (QLoRA, Dettmers et al. 2023, section 3:
   computed with dequantised values). x is gathered once, by all threads, a slice of the depth after another, unless it is as good where it lies;
   then each chunk of y takes some columns and widens of W what they meet, slice by slice, in its own scratch. Every element is one sum over the
   depth in order, as of ops/product.c over the same values. */
#include "base/count.h"
#include "ops/ops.h"

typedef struct frozen_options {
    bool turned, bf16; /* x W^T */
} frozen_options;

/* A slice is whole blocks of every type and of every kernel's depth; columns of a chunk are whole blocks where they lie in one row of W. */
enum { FROZEN_SLICE = 512, FROZEN_WIDE = 256 };

static size_t frozen_columns(const ink_node *y)
{
    const frozen_options *o = y->options;
    return o->turned || INK_GEMM_LANES % ink_type_find((int)y->in[1]->constant->type)->block == 0 ? INK_GEMM_LANES : FROZEN_WIDE;
}

static const ink_gemm_form *frozen_form(const ink_kernels *k, const ink_node *y)
{
    const frozen_options *o = y->options;
    return o->bf16 ? k->gemm_bf16_form : k->gemm_form;
}

/* Bytes of x gathered for a slice: whole pieces of INK_GEMM_LANES rows. */
static size_t frozen_piece(const ink_gemm_form *form, size_t depth) { return INK_GEMM_LANES / form->lanes[INK_GEMM_A] * form->panel(INK_GEMM_A, depth); }

/* Slice number `slice` of the product, x not gathered. */
static ink_gemm frozen_slice(const ink_job *j, size_t slice)
{
    const size_t depth = ink_node_width(j->y->in[0]), from = slice * FROZEN_SLICE;
    return (ink_gemm){ .rows = j->rows, .columns = ink_node_width(j->y), .depth = ink_least(depth - from, FROZEN_SLICE), .a = ink_view_row(j->in[0], 0) + from,
                       .a_row = j->in[0].stride / sizeof(float), .a_step = 1, .c = ink_view_row(j->out, 0), .c_row = j->out.stride / sizeof(float),
                       .more = j->more || slice, .scratch = j->scratch };
}

static size_t frozen_slices(const ink_node *y) { return ink_pieces(ink_node_width(y->in[0]), FROZEN_SLICE); }

/* Where the rows from piece number `piece` on lie, of a slice: slices before it are whole. */
static uint8_t *frozen_gathered(const ink_job *j, size_t slice, size_t depth, size_t piece)
{
    const ink_gemm_form *form = frozen_form(j->k, j->y);
    return j->prepared + slice * ink_pieces(j->rows, INK_GEMM_LANES) * frozen_piece(form, FROZEN_SLICE) + piece * frozen_piece(form, depth);
}

static size_t frozen_prepares(const ink_job *j) { return frozen_form(j->k, j->y)->rows_stay ? 0 : frozen_slices(j->y) * ink_pieces(j->rows, INK_GEMM_LANES); }

static void frozen_prepare(const ink_job *j, size_t i)
{
    const size_t pieces = ink_pieces(j->rows, INK_GEMM_LANES), slice = i / pieces, piece = i % pieces;
    ink_gemm g = frozen_slice(j, slice);
    g.a += piece * INK_GEMM_LANES * g.a_row;
    g.rows = ink_least(g.rows - piece * INK_GEMM_LANES, INK_GEMM_LANES);
    frozen_form(j->k, j->y)->gather(&g, INK_GEMM_A, frozen_gathered(j, slice, g.depth, piece));
}

static size_t frozen_chunks(const ink_job *j) { return ink_pieces(ink_node_width(j->y), frozen_columns(j->y)); }

/* Values [from, from + n) of rows [first, first + count) of W, as floats, one row after the other. */
static void frozen_widen(const ink_job *j, size_t first, size_t count, size_t from, size_t n, float *to)
{
    const ink_node *w = j->y->in[1];
    const ink_constant *c = w->constant;
    const ink_type_info *type = ink_type_find((int)c->type);
    const size_t row_bytes = ink_node_width(w) / type->block * type->bytes;
    for (size_t r = first; r < first + count; r++)
        j->k->widen(c->type, (const uint8_t *)c->data + (c->rows ? c->rows[r] : r) * row_bytes + from / type->block * type->bytes, n, to + (r - first) * n);
}

static void frozen_chunk(const ink_job *j, size_t i)
{
    const frozen_options *o = j->y->options;
    const size_t columns = frozen_columns(j->y), first = i * columns, n = ink_least(ink_node_width(j->y) - first, columns);
    float *w = (float *)(void *)(j->scratch + INK_GEMM_SCRATCH);
    for (size_t s = 0; s < frozen_slices(j->y); s++) {
        ink_gemm g = frozen_slice(j, s);
        if (o->turned)
            frozen_widen(j, first, n, s * FROZEN_SLICE, g.depth, w);
        else
            frozen_widen(j, s * FROZEN_SLICE, g.depth, first, n, w);
        g.b = w;
        g.b_step = o->turned ? 1 : n;
        g.b_column = o->turned ? g.depth : 1;
        g.columns = n;
        g.c += first;
        g.a_panels = frozen_form(j->k, j->y)->rows_stay ? NULL : frozen_gathered(j, s, g.depth, 0);
        (o->bf16 ? j->k->gemm_bf16 : j->k->gemm)(&g);
    }
}

static size_t frozen_scratch(const ink_kernels *k, const ink_node *y, const size_t bounds[INK_SIZES])
{
    (void)k, (void)bounds;
    return INK_GEMM_SCRATCH + FROZEN_SLICE * frozen_columns(y) * sizeof(float);
}

static size_t frozen_prepared(const ink_kernels *k, const ink_node *y, const size_t bounds[INK_SIZES])
{
    const ink_gemm_form *form = frozen_form(k, y);
    return form->rows_stay ? 0 : frozen_slices(y) * ink_pieces(ink_node_rows(y, bounds), INK_GEMM_LANES) * frozen_piece(form, FROZEN_SLICE);
}

static double frozen_operations(const ink_job *j) { return 2.0 * (double)j->rows * (double)ink_node_width(j->y) * (double)ink_node_width(j->y->in[0]); }

/* dx = dy W^T, or dy W. */
static void frozen_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    const frozen_options *o = y->options;
    if (y->in[0]->wants)
        dx[0] = ink_frozen(g, dy, y->in[1], !o->turned);
}

const ink_op ink_op_frozen = { .name = "frozen", .flow = INK_FLOW_CHUNKS, .chunks = frozen_chunks, .chunk = frozen_chunk, .scratch = frozen_scratch, .prepares = frozen_prepares,
                               .prepare = frozen_prepare, .prepared = frozen_prepared, .operations = frozen_operations, .adds = true, .backward = frozen_backward };

ink_node *ink_frozen(ink_graph *g, ink_node *x, ink_node *weight, bool turned)
{
    const frozen_options o = { turned, g->bf16 };
    ink_node *in[] = { x, weight };
    return ink_graph_node(g, &ink_op_frozen, x, turned ? weight->dim[0].count : ink_node_width(weight), 2, in, &o, sizeof o);
}
