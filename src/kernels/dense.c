/* Products with dense weights: panels of 16 outputs, K-major. One accumulator per output element, acc = w x + acc along K.
   F16 widens exactly; BF16 pairs do too where the processor has no instruction for them (dense_bf16.c is for those that do). */
#include "kernels/dense_walk.h"
#include "kernels/half.h"

/* One column: the weights of each panel, an activation of each token. */
DENSE_INLINE void dense_column(rows_beside *rows, int panels, int tokens, const f32x16 *w, f32x16 acc[DENSE_PANELS][DENSE_TOKENS])
{
    LANES_EACH(t, tokens) {
        const f32x16 x = f_set1(*(const float *)(const void *)rows_at(rows, t));
        LANES_EACH(p, panels)
            acc[p][t] = f_fma(w[p], x, acc[p][t]);
    }
    rows_next(rows, tokens, sizeof(float));
}

DENSE_INLINE void dense_f32(const dense_job *j, int panels, int tokens)
{
    f32x16 acc[DENSE_PANELS][DENSE_TOKENS], w[DENSE_PANELS];
    rows_beside x = rows_begin(j->x, j->x_bytes, tokens);
    dense_zero(panels, tokens, acc);
    for (size_t k = 0; k < j->cols; k++) {
        dense_fetch(j, panels, tokens, 64 * k);
        for (int p = 0; p < panels; p++)
            w[p] = f_load((const float *)(j->w + p * j->panel_bytes + 64 * k));
        dense_column(&x, panels, tokens, w, acc);
    }
    dense_store(j, panels, tokens, acc);
}

DENSE_INLINE void dense_f16(const dense_job *j, int panels, int tokens)
{
    f32x16 acc[DENSE_PANELS][DENSE_TOKENS], w[DENSE_PANELS];
    rows_beside x = rows_begin(j->x, j->x_bytes, tokens);
    dense_zero(panels, tokens, acc);
    for (size_t k = 0; k < j->cols; k++) {
        dense_fetch(j, panels, tokens, 32 * k);
        for (int p = 0; p < panels; p++)
            w[p] = f_load_f16((const uint16_t *)(j->w + p * j->panel_bytes + 32 * k));
        dense_column(&x, panels, tokens, w, acc);
    }
    dense_store(j, panels, tokens, acc);
}

/* Activations of a tile of bf16, widened so many pairs of columns at a time: the even ones of a token, then the odd ones. */
enum { DENSE_STRIP = 64 };

typedef struct dense_wide {
    _Alignas(64) float x[DENSE_TOKENS][2][DENSE_STRIP];
} dense_wide;

DENSE_INLINE void dense_widen(const dense_job *j, int tokens, size_t first, size_t pairs, dense_wide *wide)
{
    LANES_EACH(t, tokens)
        for (size_t k = 0; k < pairs; k += LANES) { /* a row ends with a whole line */
            const i32x16 pair = i_load((const int32_t *)(j->x + t * j->x_bytes) + first + k);
            f_store(wide->x[t][0] + k, f_low_bf16(pair));
            f_store(wide->x[t][1] + k, f_high_bf16(pair));
        }
}

/* Pairs of columns: the even one in the low half of each lane. A last odd column is paired with zeros. */
DENSE_INLINE void dense_bf16(const dense_job *j, int panels, int tokens)
{
    const size_t pairs = (j->cols + 1) / 2;
    f32x16 acc[DENSE_PANELS][DENSE_TOKENS];
    dense_wide wide;
    dense_zero(panels, tokens, acc);
    for (size_t k = 0; k < pairs; k++) {
        f32x16 even[DENSE_PANELS], odd[DENSE_PANELS];
        const size_t at = k % DENSE_STRIP;
        dense_fetch(j, panels, tokens, 64 * k);
        if (!at)
            dense_widen(j, tokens, k, pairs - k < DENSE_STRIP ? pairs - k : DENSE_STRIP, &wide);
        for (int p = 0; p < panels; p++) {
            const i32x16 pair = i_load((const int32_t *)(j->w + p * j->panel_bytes + 64 * k));
            even[p] = f_low_bf16(pair);
            odd[p] = f_high_bf16(pair);
        }
        LANES_EACH(t, tokens) {
            const f32x16 x0 = f_set1(wide.x[t][0][at]), x1 = f_set1(wide.x[t][1][at]);
            LANES_EACH(p, panels)
                acc[p][t] = f_fma(odd[p], x1, f_fma(even[p], x0, acc[p][t]));
        }
    }
    dense_store(j, panels, tokens, acc);
}

DENSE_TILES(dense_f32)
DENSE_TILES(dense_f16)
DENSE_TILES(dense_bf16)

DENSE_MATMUL(dense_f32)
DENSE_MATMUL(dense_f16)
DENSE_MATMUL(dense_bf16)

static void dense_act_f32(size_t n, const float *x, void *dst) { memcpy(dst, x, n * sizeof *x); }

static void dense_act_bf16(size_t n, const float *x, void *dst)
{
    uint16_t *y = dst;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        f_store_bf16(y + i, f_load(x + i));
    for (; i < n; i++)
        y[i] = ink_to_bf16(x[i]);
    if (n % 2)
        y[n] = 0;
}

void INK_KERNEL(ink_dense)(ink_kernels *k);
void INK_KERNEL(ink_dense)(ink_kernels *k)
{
    k->matmul[INK_PACK_F32] = dense_f32_matmul;
    k->matmul[INK_PACK_F16] = dense_f16_matmul;
    k->matmul[INK_PACK_BF16] = dense_bf16_matmul;
    k->act[INK_ACT_F32] = dense_act_f32;
    k->act[INK_ACT_BF16] = dense_act_bf16;
}
