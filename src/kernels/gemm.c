/* A product of two matrices of floats wherever they lie: what training multiplies, since there both sides change at every step. */
enum { GEMM_STEP = 1 };
#include "kernels/gemm_walk.h"

LANES_INLINE f32x16 gemm_join(const f32x16 *r) { return r[0]; }
LANES_INLINE f32x16 gemm_words(const float *x, size_t n) { return f_load_n(x, n); }

LANES_INLINE void gemm_multiply(const gemm_part *g, const float *a, const float *b, int rows, int panels, f32x16 acc[GEMM_ROWS][GEMM_PANELS])
{
    f32x16 w[GEMM_PANELS];
    LANES_TWICE for (size_t k = 0; k < g->steps; k++, a += GEMM_ROWS, b += g->b_width)
    {
        LANES_EACH(p, panels) {
            w[p] = f_load(b + LANES * p);
            LANES_HIDE(w[p]);
        }
        LANES_EACH(r, rows) {
            const f32x16 x = f_set1(a[r]);
            LANES_EACH(p, panels)
                acc[r][p] = f_fma(x, w[p], acc[r][p]);
        }
    }
}

void INK_KERNEL(ink_gemm)(ink_kernels *k);
void INK_KERNEL(ink_gemm)(ink_kernels *k)
{
    k->gemm = k->gemm_bf16 = gemm_walk; /* where the processor has no products of bf16, floats are as fast */
    k->gemm_form = k->gemm_bf16_form = &gemm_form;
}
