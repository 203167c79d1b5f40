/* The most that multiplying can be: twelve independent sums in registers, nothing loaded. And reading, nothing computed. */
#include "kernels/kernels.h"
#include "kernels/lanes.h"

enum { PEAK_SUMS = 12 };

static double peak_int8(size_t n, float *sink)
{
    i32x16 sum[PEAK_SUMS];
    const uint8_t three[64] = { 3 };
    const u8x64 w = b_load(three);
    LANES_UNROLL for (int i = 0; i < PEAK_SUMS; i++)
        sum[i] = i_zero();
    for (size_t k = 0; k < n; k++) {
        LANES_UNROLL for (int i = 0; i < 8; i++)
            sum[i] = b_dot(sum[i], w, w);
        LANES_UNROLL for (int i = 8; i < PEAK_SUMS; i++)
            sum[i] = b_dot(sum[i], w, w);
    }
    for (int i = 0; i < PEAK_SUMS; i++)
        sink[i] = (float)i_sum(sum[i]);
    return 128.0 * PEAK_SUMS * (double)n;
}

static double peak_f32(size_t n, float *sink)
{
    f32x16 sum[PEAK_SUMS];
    const f32x16 x = f_set1(0.999f);
    LANES_UNROLL for (int i = 0; i < PEAK_SUMS; i++)
        sum[i] = f_zero();
    for (size_t k = 0; k < n; k++) {
        LANES_UNROLL for (int i = 0; i < 8; i++)
            sum[i] = f_fma(sum[i], x, x);
        LANES_UNROLL for (int i = 8; i < PEAK_SUMS; i++)
            sum[i] = f_fma(sum[i], x, x);
    }
    for (int i = 0; i < PEAK_SUMS; i++)
        sink[i] = f_sum(sum[i]);
    return 32.0 * PEAK_SUMS * (double)n;
}

static float peak_read(const uint8_t *p, size_t n)
{
    i32x16 sum[4] = { i_zero(), i_zero(), i_zero(), i_zero() };
    for (size_t i = 0; i + 256 <= n; i += 256)
        LANES_UNROLL for (int j = 0; j < 4; j++)
            sum[j] = i_add(sum[j], i_load((const int32_t *)(const void *)(p + i + 64 * j)));
    return (float)i_sum(i_add(i_add(sum[0], sum[1]), i_add(sum[2], sum[3])));
}

void INK_KERNEL(ink_peak)(ink_kernels *k);
void INK_KERNEL(ink_peak)(ink_kernels *k)
{
    k->peak[INK_ACT_Q8] = peak_int8;
    k->peak[INK_ACT_BF16] = peak_f32; /* where bf16 is widened */
    k->peak[INK_ACT_F32] = peak_f32;
    k->read = peak_read;
}
