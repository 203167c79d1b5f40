/* A product of two matrices wherever they lie: what training multiplies, since there both sides change at every step. Blocks
   of both are gathered into panels that stay in the caches; tiles of rows by lanes keep their sums in registers. Every
   element of the result is one sum, over the depth in order: blocks and tiles change no bit. */
#include "kernels/kernels.h"
#include "kernels/lanes.h"

#if defined(INK_ISA_AVX512)
enum { GEMM_ROWS = 8, GEMM_PANELS = 3 };
#else
enum { GEMM_ROWS = 6, GEMM_PANELS = 1 };
#endif
enum {
    GEMM_WIDE = GEMM_PANELS * LANES, /* columns of a tile */
    GEMM_DEPTH = 256,                /* of a block: a panel of b fits the first cache, */
    GEMM_TALL = 22 * 12,             /* the rows of a gathered block the second */
    GEMM_BROAD = 384,                /* and its columns the second or third */
};

/* c += a b for one tile; a holds GEMM_ROWS values a step, b GEMM_WIDE. */
static void gemm_tile(size_t depth, const float *a, const float *b, float *c, size_t c_row)
{
    f32x16 acc[GEMM_ROWS][GEMM_PANELS], w[GEMM_PANELS];
    LANES_EACH(r, GEMM_ROWS)
        LANES_EACH(p, GEMM_PANELS)
            acc[r][p] = f_load(c + (size_t)r * c_row + LANES * p);
    for (size_t k = 0; k < depth; k++, a += GEMM_ROWS, b += GEMM_WIDE) {
        LANES_EACH(p, GEMM_PANELS) {
            w[p] = f_load(b + LANES * p);
            LANES_HIDE(w[p]);
        }
        LANES_EACH(r, GEMM_ROWS) {
            const f32x16 x = f_set1(a[r]);
            LANES_EACH(p, GEMM_PANELS)
                acc[r][p] = f_fma(x, w[p], acc[r][p]);
        }
    }
    LANES_EACH(r, GEMM_ROWS)
        LANES_EACH(p, GEMM_PANELS)
            f_store(c + (size_t)r * c_row + LANES * p, acc[r][p]);
}

/* A tile at the edge, through one of full size. */
static void gemm_edge(size_t depth, const float *a, const float *b, float *c, size_t c_row, size_t rows, size_t columns)
{
    float whole[GEMM_ROWS * GEMM_WIDE] = { 0 };
    for (size_t r = 0; r < rows; r++)
        memcpy(whole + r * GEMM_WIDE, c + r * c_row, columns * sizeof *c);
    gemm_tile(depth, a, b, whole, GEMM_WIDE);
    for (size_t r = 0; r < rows; r++)
        memcpy(c + r * c_row, whole + r * GEMM_WIDE, columns * sizeof *c);
}

/* Panels of `width` lanes: lane i of step k of panel p is x[(p width + i) lane + k step]; lanes past the end are zero. */
static void gemm_gather(const float *x, size_t lane, size_t step, size_t lanes, size_t depth, size_t width, float *out)
{
    for (size_t first = 0; first < lanes; first += width, out += width * depth) {
        const size_t n = lanes - first < width ? lanes - first : width;
        const float *from = x + first * lane;
        if (n < width)
            memset(out, 0, width * depth * sizeof *out);
        if (lane == 1)
            for (size_t k = 0; k < depth; k++)
                memcpy(out + k * width, from + k * step, n * sizeof *out);
        else
            for (size_t i = 0; i < n; i++)
                for (size_t k = 0; k < depth; k++)
                    out[k * width + i] = from[i * lane + k * step];
    }
}

static void gemm_block(const ink_gemm *g, const float *a, const float *b, size_t depth, size_t row, size_t rows, size_t column, size_t columns)
{
    for (size_t i = 0; i < rows; i += GEMM_ROWS)
        for (size_t j = 0; j < columns; j += GEMM_WIDE) {
            float *c = g->c + (row + i) * g->c_row + column + j;
            const float *pa = a + i * depth, *pb = b + j * depth;
            if (rows - i >= GEMM_ROWS && columns - j >= GEMM_WIDE)
                gemm_tile(depth, pa, pb, c, g->c_row);
            else
                gemm_edge(depth, pa, pb, c, g->c_row, rows - i < GEMM_ROWS ? rows - i : GEMM_ROWS, columns - j < GEMM_WIDE ? columns - j : GEMM_WIDE);
        }
}

static size_t gemm_least(size_t a, size_t b) { return a < b ? a : b; }

static void gemm(const ink_gemm *g)
{
    float *b = g->scratch, *a = b + GEMM_DEPTH * GEMM_BROAD;
    if (!g->more)
        for (size_t r = 0; r < g->rows; r++)
            memset(g->c + r * g->c_row, 0, g->columns * sizeof *g->c);
    for (size_t column = 0; column < g->columns; column += GEMM_BROAD)
        for (size_t k = 0; k < g->depth; k += GEMM_DEPTH) {
            const size_t columns = gemm_least(g->columns - column, GEMM_BROAD), depth = gemm_least(g->depth - k, GEMM_DEPTH);
            gemm_gather(g->b + column * g->b_column + k * g->b_step, g->b_column, g->b_step, columns, depth, GEMM_WIDE, b);
            for (size_t row = 0; row < g->rows; row += GEMM_TALL) {
                const size_t rows = gemm_least(g->rows - row, GEMM_TALL);
                gemm_gather(g->a + row * g->a_row + k * g->a_step, g->a_row, g->a_step, rows, depth, GEMM_ROWS, a);
                gemm_block(g, a, b, depth, row, rows, column, columns);
            }
        }
}

void INK_KERNEL(ink_gemm)(ink_kernels *k);
void INK_KERNEL(ink_gemm)(ink_kernels *k)
{
    k->gemm = gemm;
}

_Static_assert(GEMM_TALL % GEMM_ROWS == 0 && GEMM_BROAD % GEMM_WIDE == 0, "blocks are whole tiles");
_Static_assert((GEMM_TALL + GEMM_BROAD) * GEMM_DEPTH * sizeof(float) <= INK_GEMM_SCRATCH, "the scratch is too small");
