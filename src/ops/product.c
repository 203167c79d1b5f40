/* y = a b, where either may lie turned: the products of training, in chunks of y whose borders depend on its shape alone.
   Every element is one sum over the depth in order (kernels/gemm.c). */
#include "ops/ops.h"

typedef struct product_options {
    bool a_turned, b_turned, bf16;
} product_options;

typedef struct product_grid { /* y in blocks */
    size_t rows, columns, tall, broad;
} product_grid;

enum { PRODUCT_TALL = 1024, PRODUCT_BROAD = 768, PRODUCT_ROWS = 32, PRODUCT_COLUMNS = 96 /* whole tiles of the widest kernels */, PRODUCT_CHUNKS = 16 };

static size_t product_pieces(size_t n, size_t piece) { return (n + piece - 1) / piece; }
static size_t product_even(size_t n, size_t pieces, size_t of) { return product_pieces(product_pieces(n, pieces), of) * of; }

/* Large blocks, since gathering is done for each; smaller ones where there would be too few for many threads. */
static product_grid product_cut(const ink_job *j)
{
    product_grid g = { .rows = j->rows, .columns = ink_node_width(j->y) };
    g.tall = product_even(g.rows, product_pieces(g.rows, PRODUCT_TALL), PRODUCT_ROWS);
    g.broad = product_even(g.columns, product_pieces(g.columns, PRODUCT_BROAD), PRODUCT_COLUMNS);
    while (product_pieces(g.rows, g.tall) * product_pieces(g.columns, g.broad) < PRODUCT_CHUNKS && (g.broad > PRODUCT_COLUMNS || g.tall > PRODUCT_COLUMNS))
        if (g.broad >= g.tall)
            g.broad = product_even(g.broad, 2, PRODUCT_COLUMNS);
        else
            g.tall = product_even(g.tall, 2, PRODUCT_ROWS);
    return g;
}

static size_t product_chunks(const ink_job *j)
{
    const product_grid g = product_cut(j);
    return product_pieces(g.rows, g.tall) * product_pieces(g.columns, g.broad);
}

/* Floats from row to row: a weight lies dense. */
static size_t product_stride(const ink_job *j, size_t i)
{
    return j->y->in[i]->leaf == INK_LEAF_WEIGHT ? ink_node_width(j->y->in[i]) : j->in[i].stride / sizeof(float);
}

static void product_chunk(const ink_job *j, size_t i)
{
    const product_options *o = j->y->options;
    const product_grid grid = product_cut(j);
    const size_t across = product_pieces(grid.columns, grid.broad), row = i / across * grid.tall, column = i % across * grid.broad;
    const size_t a = product_stride(j, 0), b = product_stride(j, 1), c = j->out.stride / sizeof(float);
    ink_gemm g = { .a_row = o->a_turned ? 1 : a, .a_step = o->a_turned ? a : 1, .b_step = o->b_turned ? 1 : b, .b_column = o->b_turned ? b : 1,
                   .c_row = c, .more = j->more, .scratch = j->scratch };
    g.rows = grid.rows - row < grid.tall ? grid.rows - row : grid.tall;
    g.columns = grid.columns - column < grid.broad ? grid.columns - column : grid.broad;
    g.depth = o->a_turned ? ink_node_rows(j->y->in[0], j->sizes) : ink_node_width(j->y->in[0]);
    g.a = (const float *)(const void *)j->in[0].data + row * g.a_row;
    g.b = (const float *)(const void *)j->in[1].data + column * g.b_column;
    g.c = ink_view_row(j->out, row) + column;
    (o->bf16 ? j->k->gemm_bf16 : j->k->gemm)(&g);
}

static size_t product_scratch(const ink_kernels *k, const ink_node *y, const size_t bounds[INK_SIZES])
{
    (void)k, (void)y, (void)bounds;
    return INK_GEMM_SCRATCH;
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
                                .adds = true, .backward = product_backward };

ink_node *ink_product(ink_graph *g, const ink_node *like, ink_node *a, bool a_turned, ink_node *b, bool b_turned)
{
    const product_options o = { a_turned, b_turned, g->bf16 };
    ink_node *in[] = { a, b };
    return ink_graph_node(g, &ink_op_product, like, b_turned ? b->dim[0].count : ink_node_width(b), 2, in, &o, sizeof o);
}
