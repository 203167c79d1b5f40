/* Convolution over time of bf16, two channels to a step, summed in floats. Compiled once more for processors with VDPBF16PS, which
   takes numbers below 2^-126 for zero and adds a pair in its own order. */
#include "kernels/lanes.h"

typedef i32x16 conv_lanes;
#include "kernels/conv_walk.h"

LANES_INLINE conv_lanes conv_load(const uint8_t *weight) { return i_load((const int32_t *)(const void *)weight); }
LANES_INLINE conv_lanes conv_every(const uint8_t *x) { return i_set1(*(const int32_t *)(const void *)x); }

#if defined(__AVX512BF16__)
LANES_INLINE f32x16 conv_step(conv_lanes w, conv_lanes x, f32x16 acc) { return _mm512_dpbf16_ps(acc, (__m512bh)w, (__m512bh)x); }
#else
LANES_INLINE f32x16 conv_step(conv_lanes w, conv_lanes x, f32x16 acc)
{
    return f_fma(f_high_bf16(w), f_high_bf16(x), f_fma(f_low_bf16(w), f_low_bf16(x), acc));
}
#endif

LANES_INLINE void conv_leaky_row(const ink_conv_rows *r, size_t n, const float *x, uint16_t *y, bool rest)
{
    const f32x16 by = f_set1(r->scale), low = f_set1(r->slope);
    for (size_t i = 0; i < n; i += LANES) {
        const size_t left = n - i < LANES ? n - i : LANES;
        const f32x16 v = f_mul(by, left < LANES ? f_load_n(x + i, left) : f_load(x + i)), leaky = f_max(f_mul(v, low), v);
        uint16_t part[2][LANES], *to = left < LANES ? part[0] : y + i, *after = left < LANES ? part[1] : y + i + r->rest;
        f_store_bf16(to, leaky);
        if (rest)
            f_store_bf16(after, f_sub(leaky, f_load_bf16(to)));
        if (left == LANES)
            continue;
        memcpy(y + i, part[0], left * sizeof *y);
        if (rest)
            memcpy(y + i + r->rest, part[1], left * sizeof *y);
    }
}

static void conv_leaky_bf16(const ink_conv_rows *r)
{
    const bool one = r->n == r->x_stride && r->n == r->y_stride;
    const float *x = r->x;
    uint16_t *y = r->y;
    for (size_t i = 0; i < (one ? 1 : r->rows); i++, x += r->x_stride, y += r->y_stride)
        if (r->rest)
            conv_leaky_row(r, r->n, x, y, true);
        else
            conv_leaky_row(r, one ? r->rows * r->n : r->n, x, y, false);
}

#if defined(__AVX512BF16__)
void ink_conv_bf16_pairs(ink_kernels *k);
void ink_conv_bf16_pairs(ink_kernels *k)
#else
void INK_KERNEL(ink_conv_bf16)(ink_kernels *k);
void INK_KERNEL(ink_conv_bf16)(ink_kernels *k)
#endif
{
    k->conv_bf16 = conv_walk;
    k->leaky_bf16 = conv_leaky_bf16;
}
