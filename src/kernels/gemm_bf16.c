/* The same products with both sides rounded to bf16 on their way into the panels, two steps of the depth to a pair, summed in
   floats: for processors with VDPBF16PS, which takes numbers below 2^-126 for zero and adds a pair in its own order. */
enum { GEMM_STEP = 2 };
#include "kernels/gemm_walk.h"

LANES_INLINE void gemm_put(const f32x16 *r, size_t room, float *out)
{
    const __m512i even = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(r[0])), odd = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(r[1]));
    f_store_n(out, _mm512_castsi512_ps(_mm512_or_si512(even, _mm512_slli_epi32(odd, 16))), room);
}

LANES_INLINE void gemm_multiply(const gemm_part *g, const float *a, const float *b, int rows, int panels, f32x16 acc[GEMM_ROWS][GEMM_PANELS])
{
    __m512bh w[GEMM_PANELS];
    for (size_t k = 0; k < g->steps; k++, a += GEMM_ROWS, b += g->b_width) {
        LANES_EACH(p, panels) {
            w[p] = (__m512bh)_mm512_castps_si512(f_load(b + LANES * p));
            LANES_HIDE(w[p]);
        }
        LANES_EACH(r, rows) {
            const __m512bh x = (__m512bh)_mm512_castps_si512(f_set1(a[r]));
            LANES_EACH(p, panels)
                acc[r][p] = _mm512_dpbf16_ps(acc[r][p], x, w[p]);
        }
    }
}

void ink_gemm_bf16_avx512(ink_kernels *k);
void ink_gemm_bf16_avx512(ink_kernels *k)
{
    k->gemm_bf16 = gemm_walk;
    k->gemm_bf16_form = &gemm_form;
}
