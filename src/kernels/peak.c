/* The most that multiplying can be: independent sums in registers, nothing loaded. And reading, nothing computed.
   Operands are hidden from the compiler in every round, or it would see that all rounds and sums are one. */
#include "kernels/kernels.h"
#include "kernels/lanes.h"
#if defined(INK_ISA_AMX)
#include "kernels/amx.h"
#endif

/* Enough to hide the latency of an instruction, and no more than there are registers. */
#if defined(INK_ISA_AVX512)
enum { PEAK_SUMS = 16 };
#else
enum { PEAK_SUMS = 6 };
#endif

#if defined(INK_ISA_AMX)
static double peak_int8(size_t n, float *sink)
{
    static const amx_shapes whole = { .palette = 1, .bytes = { 64, 64, 64, 64, 64, 64, 64, 64 }, .rows = { 16, 16, 16, 16, 16, 16, 16, 16 } };
    static const uint8_t threes[64] = { 3, 3, 3, 3 };
    amx_configure(&whole); /* which zeroes the tiles */
    amx_load(6, threes, 0);
    amx_load(7, threes, 0);
    for (size_t k = 0; k < n; k++) {
        amx_dot(0, 6, 7);
        amx_dot(1, 6, 7);
        amx_dot(2, 6, 7);
        amx_dot(3, 6, 7);
    }
    int32_t sum[256];
    amx_store(0, sum, 64);
    amx_release();
    *sink = (float)sum[0];
    return 4.0 * 2 * 16 * 16 * 64 * (double)n;
}
#else
static double peak_int8(size_t n, float *sink)
{
    static const uint8_t threes[64] = { 3, 3, 3, 3 };
    i32x16 sum[PEAK_SUMS];
    u8x64 x = b_load(threes);
    LANES_EACH(i, PEAK_SUMS)
        sum[i] = i_zero();
    for (size_t k = 0; k < n; k++)
        LANES_EACH(i, PEAK_SUMS) {
            LANES_HIDE(x);
            sum[i] = b_dot7(sum[i], x, x);
        }
    for (int i = 1; i < PEAK_SUMS; i++)
        sum[0] = i_add(sum[0], sum[i]);
    *sink = (float)i_sum(sum[0]);
    return 128.0 * PEAK_SUMS * (double)n;
}
#endif

static double peak_f32(size_t n, float *sink)
{
    f32x16 sum[PEAK_SUMS], x = f_set1(0.999f);
    LANES_EACH(i, PEAK_SUMS)
        sum[i] = f_zero();
    for (size_t k = 0; k < n; k++)
        LANES_EACH(i, PEAK_SUMS) {
            LANES_HIDE(x);
            sum[i] = f_fma(sum[i], x, x);
        }
    for (int i = 1; i < PEAK_SUMS; i++)
        sum[0] = f_add(sum[0], sum[i]);
    *sink = f_sum(sum[0]);
    return 32.0 * PEAK_SUMS * (double)n;
}

static float peak_read(const uint8_t *p, size_t n)
{
    enum { LINE = 64, AHEAD = 8192 }; /* as far ahead as dense_walk.h: 8 % more on one core */
    i32x16 even = i_zero(), odd = even;
    for (size_t i = 0; i + 2 * LINE <= n; i += 2 * LINE) {
        __builtin_prefetch(p + i + AHEAD);
        __builtin_prefetch(p + i + AHEAD + LINE);
        even = i_add(even, i_load((const int32_t *)(const void *)(p + i)));
        odd = i_add(odd, i_load((const int32_t *)(const void *)(p + i + LINE)));
    }
    return (float)i_sum(i_add(even, odd));
}

void INK_KERNEL(ink_peak)(ink_kernels *k);
void INK_KERNEL(ink_peak)(ink_kernels *k)
{
    k->peak[INK_ACT_Q8] = peak_int8;
    k->peak[INK_ACT_BF16] = peak_f32; /* where bf16 is widened */
    k->peak[INK_ACT_F32] = peak_f32;
    k->read = peak_read;
}
