/* A product of two matrices of floats wherever they lie: what training multiplies, since there both sides change at every step. */
enum { GEMM_STEP = 1 };
#include "kernels/gemm_walk.h"

/* Each value of a row goes to all lanes by itself, so a row whose steps lie side by side needs no turning. */
static bool gemm_reads(const gemm_side *s) { return s->which == INK_GEMM_A && s->step == 1; }

LANES_INLINE f32x16 gemm_join(const f32x16 *r) { return r[0]; }
LANES_INLINE f32x16 gemm_words(const float *x, size_t n) { return f_load_n(x, n); }

LANES_INLINE void gemm_multiply(const gemm_part *g, const float *a, const float *b, int rows, int panels, f32x16 acc[GEMM_ROWS][GEMM_PANELS])
{
    const size_t next = g->a_row;
    const float *x[(GEMM_ROWS + 2) / 3]; /* three rows to a pointer, so that eight take few registers */
    f32x16 w[GEMM_PANELS];
    LANES_EACH(i, (rows + 2) / 3)
        x[i] = a + 3 * (size_t)i * next;
    LANES_TWICE for (size_t k = 0; k < g->steps; k++, b += g->b_width)
    {
        LANES_EACH(p, panels) {
            w[p] = f_load(b + LANES * p);
            LANES_HIDE(w[p]);
        }
        LANES_EACH(r, rows) {
            const f32x16 v = f_set1(x[r / 3][(size_t)(r % 3) * next]);
            LANES_EACH(p, panels)
                acc[r][p] = f_fma(v, w[p], acc[r][p]);
        }
        LANES_EACH(i, (rows + 2) / 3) {
            x[i] += g->a_step;
            LANES_KEEP(x[i]);
        }
    }
}

void INK_KERNEL(ink_gemm)(ink_kernels *k);
void INK_KERNEL(ink_gemm)(ink_kernels *k)
{
    k->gemm = k->gemm_bf16 = gemm_walk; /* where the processor has no products of bf16, floats are as fast */
    k->gemm_form = k->gemm_bf16_form = &gemm_form;
}
