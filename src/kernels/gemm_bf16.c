/* The same products with both sides rounded to bf16 on their way into the panels, two steps of the depth to a pair, summed in
   floats: for processors with VDPBF16PS, which takes numbers below 2^-126 for zero and adds a pair in its own order. */
enum { GEMM_STEP = 2 };
#include "kernels/gemm_walk.h"

LANES_INLINE f32x16 gemm_join(const f32x16 *r)
{
    static const uint16_t pairs[2 * LANES] = { 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31 };
    return _mm512_castsi512_ps(_mm512_permutexvar_epi16(_mm512_loadu_si512(pairs), (__m512i)_mm512_cvtne2ps_pbh(r[1], r[0])));
}

LANES_INLINE f32x16 gemm_words(const float *x, size_t n)
{
    const f32x16 rest = n > LANES ? f_load_n(x + LANES, n - LANES) : f_zero();
    return _mm512_castsi512_ps((__m512i)_mm512_cvtne2ps_pbh(rest, f_load_n(x, n < LANES ? n : LANES)));
}

LANES_INLINE f32x16 gemm_add(f32x16 sum, f32x16 a, f32x16 b)
{
    return _mm512_dpbf16_ps(sum, (__m512bh)_mm512_castps_si512(a), (__m512bh)_mm512_castps_si512(b));
}

void ink_gemm_bf16_avx512(ink_kernels *k);
void ink_gemm_bf16_avx512(ink_kernels *k)
{
    k->gemm_bf16 = gemm_walk;
    k->gemm_bf16_form = &gemm_form;
}
