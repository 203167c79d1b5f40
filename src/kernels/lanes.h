/* Sixteen lanes, three ways. rows.c, attention.c, matmul.c and dense.c are written once in these words and compiled
   once per instruction set; this header gives the words their meaning. Every word has one result, bit for bit, in
   all three: that is what makes `scalar`, `avx2` and `avx512` equal. Plain C is the definition. */
#ifndef INK_KERNELS_LANES_H
#define INK_KERNELS_LANES_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define LANES 16

/* Small loops over registers: unrolled, so that an array of lanes never reaches memory. Plain C has no registers to fill. */
#if defined(INK_ISA_AVX512) || defined(INK_ISA_AVX2)
#define LANES_UNROLL _Pragma("GCC unroll 8")
#else
#define LANES_UNROLL
#endif
/* A loop of at most 16 rounds that vanishes, under either compiler. */
#if !defined(INK_ISA_AVX512) && !defined(INK_ISA_AVX2)
#define LANES_EACH(i, count) for (int i = 0; i < count; i++)
#elif defined(__clang__)
#define LANES_EACH(i, count) _Pragma("clang loop unroll(full)") for (int i = 0; i < count; i++)
#else
#define LANES_EACH(i, count) _Pragma("GCC unroll 16") for (int i = 0; i < count; i++)
#endif
#define LANES_INLINE static inline __attribute__((always_inline))

#if defined(INK_ISA_AVX512)
#include "kernels/lanes_avx512.h"
#define INK_ISA_NAME avx512
#elif defined(INK_ISA_AVX2)
#include "kernels/lanes_avx2.h"
#define INK_ISA_NAME avx2
#else
#include "kernels/lanes_scalar.h"
#define INK_ISA_NAME scalar
#endif

/* INK_KERNEL(ink_rows) names ink_rows_avx512 when compiled for AVX-512, and so on. */
#define INK_KERNEL_JOIN_(a, b) a##_##b
#define INK_KERNEL_JOIN(a, b) INK_KERNEL_JOIN_(a, b)
#define INK_KERNEL(name) INK_KERNEL_JOIN(name, INK_ISA_NAME)

/* e^x, at most 2 ulp off between -87.3 and 88.7; exactly 0 below (so no result is denormal), +infinity above (Cephes
   expf's reduction and coefficients, written as fused steps). NaN gives the least value. */
static inline f32x16 f_exp(f32x16 x)
{
    const f32x16 lowest = f_set1(-87.33654f), highest = f_set1(89.0f); /* 1.3 * 2^128: infinity */
    f32x16 y = f_min(f_max(x, lowest), highest);
    f32x16 n = f_round(f_mul(y, f_set1(1.44269504088896341f)));
    y = f_fma(n, f_set1(-0.693359375f), y);
    y = f_fma(n, f_set1(2.12194440e-4f), y);
    f32x16 p = f_set1(1.9875691500e-4f);
    p = f_fma(p, y, f_set1(1.3981999507e-3f));
    p = f_fma(p, y, f_set1(8.3334519073e-3f));
    p = f_fma(p, y, f_set1(4.1665795894e-2f));
    p = f_fma(p, y, f_set1(1.6666665459e-1f));
    p = f_fma(p, y, f_set1(5.0000001201e-1f));
    p = f_add(f_fma(p, f_mul(y, y), y), f_set1(1.0f));
    p = f_scale2(p, n);
    return f_if_less(x, lowest, f_zero(), p);
}

/* x * sigmoid(s x): silu is s = 1; the tanh form of gelu is x * sigmoid(2u). */
static inline f32x16 f_gate(f32x16 x, f32x16 sx)
{
    return f_div(x, f_add(f_set1(1.0f), f_exp(f_sub(f_zero(), sx))));
}

/* tanh, at most 4 ulp off: through exp, 1 - 2/(e^2x + 1); where that would cancel, an odd polynomial (Cephes tanhf). */
static inline f32x16 f_tanh(f32x16 x)
{
    f32x16 e = f_exp(f_add(x, x));
    f32x16 far = f_sub(f_set1(1.0f), f_div(f_set1(2.0f), f_add(e, f_set1(1.0f))));
    f32x16 z = f_mul(x, x);
    f32x16 p = f_set1(-5.70498872745e-3f);
    p = f_fma(p, z, f_set1(2.06390887954e-2f));
    p = f_fma(p, z, f_set1(-5.37397155531e-2f));
    p = f_fma(p, z, f_set1(1.33314422036e-1f));
    p = f_fma(p, z, f_set1(-3.33332819422e-1f));
    return f_if_less(f_abs(x), f_set1(0.625f), f_fma(f_mul(p, z), x, x), far);
}

/* cap tanh(x / cap) */
static inline f32x16 f_softcap(f32x16 x, f32x16 cap) { return f_mul(cap, f_tanh(f_div(x, cap))); }

/* u with gelu(x) = x sigmoid(u) in its tanh form: 2 sqrt(2/pi) (x + 0.044715 x^3). */
static inline f32x16 f_gelu_slope(f32x16 x)
{
    return f_mul(x, f_fma(f_mul(x, x), f_set1(0.0713548162726f), f_set1(1.59576912161f)));
}

#endif
