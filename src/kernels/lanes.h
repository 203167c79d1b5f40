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

/* The address sanitizer checks every access where it is written: unrolled and inlined tiles then take minutes a file to compile,
   and plain loops and calls do the same work. */
#if defined(__has_feature) /* clang */
#if __has_feature(address_sanitizer)
#define LANES_CHECKED
#endif
#elif defined(__SANITIZE_ADDRESS__) /* gcc */
#define LANES_CHECKED
#endif
/* Plain C has no registers to fill. */
#if (defined(INK_ISA_AVX512) || defined(INK_ISA_AVX2)) && !defined(LANES_CHECKED)
#define LANES_WIDE
#endif

/* Small loops over registers: unrolled, so that an array of lanes never reaches memory. */
#ifdef LANES_WIDE
#define LANES_UNROLL _Pragma("GCC unroll 8")
#else
#define LANES_UNROLL
#endif
/* A loop of at most 16 rounds that vanishes, under either compiler. */
#if !defined(LANES_WIDE)
#define LANES_EACH(i, count) for (int i = 0; i < count; i++)
#elif defined(__clang__)
#define LANES_EACH(i, count) _Pragma("clang loop unroll(full)") for (int i = 0; i < count; i++)
#else
#define LANES_EACH(i, count) _Pragma("GCC unroll 16") for (int i = 0; i < count; i++)
#endif
/* The compiler knows no longer where a pointer or a number comes from, keeps it as it is, and makes no other of it. */
#define LANES_KEEP(p) __asm__("" : "+r"(p))
#ifdef LANES_CHECKED
#define LANES_INLINE static inline
#else
#define LANES_INLINE static inline __attribute__((always_inline))
#endif

/* A loop over long depths: half as many steps for its counters. Where a neighbour shares the core, instructions are what there are too many of. */
#ifdef LANES_WIDE
#define LANES_TWICE _Pragma("GCC unroll 2")
#else
#define LANES_TWICE
#endif

#if defined(INK_ISA_AVX512)
#include "kernels/lanes_avx512.h"
#if defined(INK_ISA_AMX_MODEL) /* AMX beside the wide registers */
#define INK_ISA_NAME amx_model
#elif defined(INK_ISA_AMX)
#define INK_ISA_NAME amx
#else
#define INK_ISA_NAME avx512
#endif
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

/* e^y, exactly 0 where x, which y was before its bounds, is below -87.3 (so no result is denormal; Cephes expf's reduction and
   coefficients, written as fused steps). */
static inline f32x16 f_exp_bounded(f32x16 x, f32x16 y)
{
    const f32x16 whole = f_set1(0x1.8p23f); /* a sum this large has no room for fractions */
    f32x16 n = f_sub(f_fma(y, f_set1(1.44269504088896341f), whole), whole);
    y = f_fma(n, f_set1(-0.693359375f), y);
    y = f_fma(n, f_set1(2.12194440e-4f), y);
    f32x16 p = f_set1(1.9875691500e-4f);
    p = f_fma(p, y, f_set1(1.3981999507e-3f));
    p = f_fma(p, y, f_set1(8.3334519073e-3f));
    p = f_fma(p, y, f_set1(4.1665795894e-2f));
    p = f_fma(p, y, f_set1(1.6666665459e-1f));
    p = f_fma(p, y, f_set1(5.0000001201e-1f));
    p = f_add(f_fma(p, f_mul(y, y), y), f_set1(1.0f));
    return f_scale2_from(f_set1(-87.33654f), x, p, n);
}

/* e^x, at most 2 ulp off between -87.3 and 88.7; exactly 0 below, +infinity above. NaN gives the least value. */
static inline f32x16 f_exp(f32x16 x)
{
    return f_exp_bounded(x, f_min(f_max(x, f_set1(-87.33654f)), f_set1(89.0f))); /* 1.3 * 2^128: infinity */
}

/* The same of x that is at most 88.7 or NaN, an instruction less. */
static inline f32x16 f_exp_falling(f32x16 x) { return f_exp_bounded(x, f_max(x, f_set1(-87.33654f))); }

/* Natural logarithm of positive normal numbers, at most 2 ulp off (Cephes logf's reduction and coefficients). */
static inline f32x16 f_log(f32x16 x)
{
    const f32x16 root = f_set1(1.41421356237f), one = f_set1(1.0f);
    f32x16 e = f_exponent(x), m = f_mantissa(x);
    e = f_if_less(m, root, e, f_add(e, one));
    f32x16 y = f_sub(f_if_less(m, root, m, f_mul(m, f_set1(0.5f))), one), z = f_mul(y, y);
    f32x16 p = f_set1(7.0376836292e-2f);
    p = f_fma(p, y, f_set1(-1.1514610310e-1f));
    p = f_fma(p, y, f_set1(1.1676998740e-1f));
    p = f_fma(p, y, f_set1(-1.2420140846e-1f));
    p = f_fma(p, y, f_set1(1.4249322787e-1f));
    p = f_fma(p, y, f_set1(-1.6668057665e-1f));
    p = f_fma(p, y, f_set1(2.0000714765e-1f));
    p = f_fma(p, y, f_set1(-2.4999993993e-1f));
    p = f_fma(p, y, f_set1(3.3333331174e-1f));
    p = f_fma(f_mul(p, y), z, f_mul(e, f_set1(-2.12194440e-4f)));
    p = f_fma(f_set1(-0.5f), z, p);
    return f_fma(e, f_set1(0.693359375f), f_add(y, p));
}

/* log(1 + e^x) = max(x, 0) + log(1 + t), t = e^-|x|; what 1 + t loses by rounding is given back. */
static inline f32x16 f_softplus(f32x16 x)
{
    const f32x16 one = f_set1(1.0f);
    f32x16 t = f_exp(f_sub(f_zero(), f_abs(x))), u = f_add(one, t);
    f32x16 lost = f_div(f_sub(t, f_sub(u, one)), u);
    return f_add(f_max(x, f_zero()), f_add(f_log(u), lost));
}

/* The error function, at most 4 ulp off (Cephes ndtrf's coefficients): a polynomial near 0, beyond it 1 - erfc. */
static inline f32x16 f_erf(f32x16 x)
{
    const f32x16 one = f_set1(1.0f), a = f_abs(x), z = f_mul(x, x), q = f_div(one, f_max(z, one));
    f32x16 near = f_set1(7.853861353153693e-5f), mid = f_set1(2.326819970068386e-2f), far = f_set1(-1.047766399936249e+1f);
    static const float nears[] = { -8.010193625184903e-4f, 5.188327685732524e-3f, -2.685381193529856e-2f, 1.128358514861418e-1f, -3.761262582423300e-1f, 1.128379165726710f };
    static const float mids[] = { -1.387039388740657e-1f, 3.687424674597105e-1f, -5.824733027278666e-1f, 6.210004621745983e-1f, -4.944515323274145e-1f,
                                  3.404879937665872e-1f, -2.741127028184656e-1f, 5.638259427386472e-1f };
    static const float fars[] = { 1.297719955372516e+1f, -7.495518717768503f, 2.921019019210786f, -1.015265279202700f, 4.218463358204948e-1f, -2.820767439740514e-1f,
                                  5.641895067754075e-1f };
    for (int i = 0; i < 6; i++)
        near = f_fma(near, z, f_set1(nears[i]));
    for (int i = 0; i < 8; i++)
        mid = f_fma(mid, q, f_set1(mids[i]));
    for (int i = 0; i < 7; i++)
        far = f_fma(far, q, f_set1(fars[i]));
    f32x16 tail = f_mul(f_div(f_exp(f_sub(f_zero(), z)), f_max(a, one)), f_if_less(a, f_set1(2.0f), mid, far));
    f32x16 beyond = f_sub(one, tail);
    beyond = f_if_less(x, f_zero(), f_sub(f_zero(), beyond), beyond);
    return f_if_less(a, one, f_mul(x, near), beyond);
}

static inline f32x16 f_gelu(f32x16 x) { return f_mul(f_mul(x, f_set1(0.5f)), f_add(f_set1(1.0f), f_erf(f_mul(x, f_set1(0.70710678118f))))); }

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
