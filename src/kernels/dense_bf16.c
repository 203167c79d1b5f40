/* Products with BF16 weights and activations by the processor's pair product: acc += odd·odd, then even·even. It flushes
   denormals and rounds in its own way, so bits differ from other processors, but not between numbers of rows or chunks. */
#include "kernels/dense_walk.h"

/* Two neighbours of a row of bf16. */
DENSE_INLINE int32_t dense_pair(const uint8_t *x)
{
    int32_t pair;
    memcpy(&pair, x, sizeof pair);
    return pair;
}

DENSE_INLINE void dense_pairs(const dense_job *j, int panels, int tokens)
{
    f32x16 acc[DENSE_PANELS][DENSE_TOKENS];
    __m512bh w[DENSE_PANELS];
    rows_beside x = rows_begin(j->x, j->x_bytes, tokens);
    dense_zero(panels, tokens, acc);
    for (size_t k = 0; k < (j->cols + 1) / 2; k++) {
        dense_fetch(j, panels, tokens, 64 * k);
        for (int p = 0; p < panels; p++)
            w[p] = (__m512bh)_mm512_loadu_si512(j->w + p * j->panel_bytes + 64 * k);
        LANES_EACH(t, tokens) {
            const __m512bh pair = (__m512bh)_mm512_set1_epi32(dense_pair(rows_at(&x, t)));
            LANES_EACH(p, panels)
                acc[p][t] = _mm512_dpbf16_ps(acc[p][t], w[p], pair);
        }
        rows_next(&x, tokens, sizeof(int32_t));
    }
    dense_store(j, panels, tokens, acc);
}

DENSE_TILES(dense_pairs)
DENSE_MATMUL(dense_pairs)

/* The most that this instruction can do, as in peak.c. */
static double dense_pairs_peak(size_t n, float *sink)
{
    enum { SUMS = 16 };
    f32x16 sum[SUMS];
    i32x16 ones = i_set1(0x3f803f80);
    LANES_EACH(i, SUMS)
        sum[i] = f_zero();
    for (size_t k = 0; k < n; k++)
        LANES_EACH(i, SUMS) {
            LANES_HIDE(ones);
            sum[i] = _mm512_dpbf16_ps(sum[i], (__m512bh)ones, (__m512bh)ones);
        }
    for (int i = 1; i < SUMS; i++)
        sum[0] = f_add(sum[0], sum[i]);
    *sink = f_sum(sum[0]);
    return 64.0 * SUMS * (double)n;
}

void ink_dense_bf16_avx512(ink_kernels *k);
void ink_dense_bf16_avx512(ink_kernels *k)
{
    k->matmul[INK_PACK_BF16] = dense_pairs_matmul;
    k->peak[INK_ACT_BF16] = dense_pairs_peak;
}
