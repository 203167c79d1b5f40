/* y = a b, where either may lie turned: the products of training. The side with fewer lanes (rows of a, columns of b) is gathered first, by
   all threads, unless that gains nothing (product_gathers); then each chunk of y takes a stretch of the other side's lanes, which it gathers
   itself. Every element is one sum over the depth in order (kernels/gemm_blocks.h), so where the cuts are changes no bit. */
#include "base/count.h"
#include "ops/ops.h"

typedef struct product_options {
    bool a_turned, b_turned, bf16;
} product_options;

/* Lanes of a chunk: from, to, and in whole panels of at least so many; and how many chunks a thread has where they may be broad. */
enum { PRODUCT_LEAST = 190, PRODUCT_MOST = 768, PRODUCT_UNIT = 32, PRODUCT_CHUNKS = 4, PRODUCT_NEAR = 64 /* part of their time by which they may miss it */,
       PRODUCT_LARGE = 4 << 20 /* bytes: more than caches near a thread hold */ };

static const ink_gemm_form *product_form(const ink_kernels *k, const ink_node *y)
{
    const product_options *o = y->options;
    return o->bf16 ? k->gemm_bf16_form : k->gemm_form;
}

/* Lanes that the busiest thread has, if all are as fast. */
static size_t product_busiest(size_t lanes, size_t stretch, size_t threads)
{
    const size_t whole = lanes / stretch, rounds = whole / threads;
    return whole % threads ? (rounds + 1) * stretch : rounds * stretch + lanes % stretch;
}

/* Lanes of a chunk of the longer side, so that threads end together, nearly. Each chunk reads all of the other side, so of those that do the broadest. */
static size_t product_stretch(const ink_job *j, ink_gemm_which side, size_t lanes)
{
    const size_t panel = product_form(j->k, j->y)->lanes[side], unit = ink_pieces(PRODUCT_UNIT, panel) * panel, each = ink_pieces(lanes + !lanes, j->threads);
    const size_t least = ink_pieces(ink_least(PRODUCT_LEAST, each), unit) * unit, broad = each / PRODUCT_CHUNKS;
    const size_t most = broad < 2 * PRODUCT_LEAST ? 2 * PRODUCT_LEAST : ink_least(broad, PRODUCT_MOST);
    size_t best = product_busiest(lanes, least, j->threads), stretch = least;
    for (size_t s = least; s <= most; s += unit)
        best = ink_least(best, product_busiest(lanes, s, j->threads));
    for (size_t s = least; s <= most; s += unit)
        stretch = product_busiest(lanes, s, j->threads) <= best + best / PRODUCT_NEAR ? s : stretch;
    return stretch;
}

/* The whole product. */
static ink_gemm product_whole(const ink_job *j)
{
    const product_options *o = j->y->options;
    const size_t a = ink_matrix_gap(j, 0), b = ink_matrix_gap(j, 1);
    return (ink_gemm){ .rows = j->rows, .columns = ink_node_width(j->y), .depth = o->a_turned ? ink_node_rows(j->y->in[0], j->sizes) : ink_node_width(j->y->in[0]),
                       .a = (const float *)(const void *)j->in[0].data, .a_row = o->a_turned ? 1 : a, .a_step = o->a_turned ? a : 1,
                       .b = (const float *)(const void *)j->in[1].data, .b_step = o->b_turned ? 1 : b, .b_column = o->b_turned ? b : 1,
                       .c = ink_view_row(j->out, 0), .c_row = j->out.stride / sizeof(float), .more = j->more, .scratch = j->scratch };
}

/* Whether a side is gathered before. Not rows that are as good where they lie. And beside such rows every chunk may as well copy a large b for itself, block
   by block: written as a whole, it would go to memory and come back. */
static bool product_gathers(const ink_gemm_form *form, const product_options *o, const ink_gemm *g, ink_gemm_which side)
{
    if (!form->rows_stay || o->a_turned)
        return true;
    return side == INK_GEMM_B && (o->b_turned || g->depth * g->columns * sizeof(float) <= PRODUCT_LARGE);
}

static ink_gemm_which product_shared(const ink_gemm *g) { return g->rows < g->columns ? INK_GEMM_A : INK_GEMM_B; }
static size_t product_lanes(const ink_gemm *g, ink_gemm_which side) { return side == INK_GEMM_A ? g->rows : g->columns; }

/* So many lanes of a side, and of c what belongs to them. */
static void product_narrow(ink_gemm *g, ink_gemm_which side, size_t first, size_t lanes)
{
    if (side == INK_GEMM_A) {
        g->a += first * g->a_row;
        g->c += first * g->c_row;
        g->rows = g->rows - first < lanes ? g->rows - first : lanes;
    } else {
        g->b += first * g->b_column;
        g->c += first;
        g->columns = g->columns - first < lanes ? g->columns - first : lanes;
    }
}

static size_t product_prepares(const ink_job *j)
{
    const ink_gemm g = product_whole(j);
    const ink_gemm_which side = product_shared(&g);
    return product_gathers(product_form(j->k, j->y), j->y->options, &g, side) ? ink_pieces(product_lanes(&g, side), INK_GEMM_LANES) : 0;
}

static void product_prepare(const ink_job *j, size_t i)
{
    ink_gemm g = product_whole(j);
    const ink_gemm_which side = product_shared(&g);
    const ink_gemm_form *form = product_form(j->k, j->y);
    product_narrow(&g, side, i * INK_GEMM_LANES, INK_GEMM_LANES);
    form->gather(&g, side, j->prepared + i * (INK_GEMM_LANES / form->lanes[side]) * form->panel(side, g.depth));
}

static size_t product_chunks(const ink_job *j)
{
    const ink_gemm g = product_whole(j);
    const ink_gemm_which side = !product_shared(&g);
    const size_t lanes = product_lanes(&g, side);
    return ink_pieces(lanes, product_stretch(j, side, lanes));
}

static void product_chunk(const ink_job *j, size_t i)
{
    const product_options *o = j->y->options;
    ink_gemm g = product_whole(j);
    const ink_gemm_which shared = product_shared(&g);
    const size_t stretch = product_stretch(j, !shared, product_lanes(&g, !shared));
    if (product_gathers(product_form(j->k, j->y), o, &g, shared))
        *(shared == INK_GEMM_A ? &g.a_panels : &g.b_panels) = j->prepared;
    product_narrow(&g, !shared, i * stretch, stretch);
    (o->bf16 ? j->k->gemm_bf16 : j->k->gemm)(&g);
}

static size_t product_scratch(const ink_kernels *k, const ink_node *y, const size_t bounds[INK_SIZES])
{
    (void)k, (void)y, (void)bounds;
    return INK_GEMM_SCRATCH;
}

/* A run of fewer rows may share the other side, so the larger of both counts where rows may be as many as columns. */
static size_t product_prepared(const ink_kernels *k, const ink_node *y, const size_t bounds[INK_SIZES])
{
    const product_options *o = y->options;
    const ink_gemm_form *form = product_form(k, y);
    const ink_gemm g = { .rows = ink_node_rows(y, bounds), .columns = ink_node_width(y), .depth = o->a_turned ? ink_node_rows(y->in[0], bounds) : ink_node_width(y->in[0]) };
    const size_t lanes[] = { ink_least(g.rows, g.columns), g.rows < g.columns ? 0 : g.columns };
    size_t most = 0;
    for (ink_gemm_which side = INK_GEMM_A; side <= INK_GEMM_B; side++) {
        const size_t pieces = product_gathers(form, o, &g, side) ? ink_pieces(lanes[side], INK_GEMM_LANES) : 0, bytes = pieces * (INK_GEMM_LANES / form->lanes[side]) * form->panel(side, g.depth);
        most = bytes > most ? bytes : most;
    }
    return most;
}

static double product_operations(const ink_job *j)
{
    const ink_gemm g = product_whole(j);
    return 2.0 * (double)g.rows * (double)g.columns * (double)g.depth;
}

/* da = dy b^T, db = a^T dy, either turned as what it belongs to. */
static void product_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    const product_options *o = y->options;
    ink_node *a = y->in[0], *b = y->in[1];
    if (o->a_turned) {
        ink_graph_fail(g, INK_E_UNSUPPORTED, "a product over rows has no gradient of its own");
        return;
    }
    if (a->wants)
        dx[0] = ink_product(g, a, dy, false, b, !o->b_turned);
    if (b->wants)
        dx[1] = o->b_turned ? ink_product(g, b, dy, true, a, false) : ink_product(g, b, a, true, dy, false);
}

const ink_op ink_op_product = { .name = "product", .flow = INK_FLOW_CHUNKS, .chunks = product_chunks, .chunk = product_chunk, .scratch = product_scratch,
                                .prepares = product_prepares, .prepare = product_prepare, .prepared = product_prepared, .operations = product_operations, .adds = true, .backward = product_backward };

ink_node *ink_product(ink_graph *g, const ink_node *like, ink_node *a, bool a_turned, ink_node *b, bool b_turned)
{
    const product_options o = { a_turned, b_turned, g->bf16 };
    ink_node *in[] = { a, b };
    return ink_graph_node(g, &ink_op_product, like, b_turned ? b->dim[0].count : ink_node_width(b), 2, in, &o, sizeof o);
}
