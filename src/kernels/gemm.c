/* A product of two matrices of floats wherever they lie: what training multiplies, since there both sides change at every step. */
enum { GEMM_STEP = 1 };
#include "kernels/gemm_walk.h"

LANES_INLINE f32x16 gemm_join(const f32x16 *r) { return r[0]; }
LANES_INLINE f32x16 gemm_words(const float *x, size_t n) { return f_load_n(x, n); }
LANES_INLINE f32x16 gemm_add(f32x16 sum, f32x16 a, f32x16 b) { return f_fma(a, b, sum); }

void INK_KERNEL(ink_gemm)(ink_kernels *k);
void INK_KERNEL(ink_gemm)(ink_kernels *k)
{
    k->gemm = k->gemm_bf16 = gemm_walk; /* where the processor has no products of bf16, floats are as fast */
    k->gemm_form = k->gemm_bf16_form = &gemm_form;
}
