/* A row of activations as int8 per 32 columns, with their scale and sums. */
#include "kernels/act_layout.h"
#include "kernels/kernels.h"
#include "kernels/lanes.h"

enum { QUANTISE_LOT = LANES /* cells of 32 columns that are done side by side */ };

/* What is not finite becomes -127, times a scale that is not. */
static inline void quantise_half(f32x16 x, f32x16 by, int8_t *q)
{
    i_store_i8(q, i_from_f(f_min(f_max(f_mul(x, by), f_set1(-127.0f)), f_set1(127.0f))));
}

/* The sums of cell c, given the sum of each four columns, in all four places. */
static inline void quantise_sums(const ink_act_q8 *a, size_t c, const int32_t *fours)
{
    a->minus16[2 * c] = -fours[0];
    a->minus16[2 * c + 1] = -fours[4];
    a->minus[c] = -fours[0] - fours[4];
    a->sum[c] = (float)(fours[0] + fours[4]);
}

/* Cells from c: a whole lot, or the last `cells`, which are fewer. Maxima, quotients and sums of all of them at once: a cell
   alone would wait for each of its own. */
static inline void quantise_lot(const ink_act_q8 *a, size_t c, size_t cells, const float *x)
{
    f32x16 most[QUANTISE_LOT];
    float by[QUANTISE_LOT];
    for (size_t i = 0; i < QUANTISE_LOT; i++)
        most[i] = i < cells ? f_max(f_abs(f_load(x + 32 * i)), f_abs(f_load(x + 32 * i + 16))) : f_zero();
    f_transpose(most);
    for (size_t i = 1; i < QUANTISE_LOT; i++)
        most[0] = f_max(most[0], most[i]);
    f_store(by, f_if_less(f_zero(), most[0], f_div(f_set1(127.0f), most[0]), f_zero()));
    f_store_n(a->d + c, f_div(most[0], f_set1(127.0f)), cells);
    int8_t *q = a->q + 32 * c;
    for (size_t i = 0; i < cells; i++) {
        quantise_half(f_load(x + 32 * i), f_set1(by[i]), q + 32 * i);
        quantise_half(f_load(x + 32 * i + 16), f_set1(by[i]), q + 32 * i + 16);
    }
    int32_t fours[QUANTISE_LOT * 8];
    const u8x64 ones = b_quad((const int8_t[]){ 1, 1, 1, 1 });
    for (size_t i = 0; i < cells / 2; i++)
        i_store(fours + 16 * i, i_fours(b_dot(i_zero(), ones, b_load((const uint8_t *)q + 64 * i))));
    if (cells % 2) {
        int8_t last[64] = { 0 };
        memcpy(last, q + 32 * (cells - 1), 32);
        i_store(fours + 8 * (cells - 1), i_fours(b_dot(i_zero(), ones, b_load((const uint8_t *)last))));
    }
    for (size_t i = 0; i < cells; i++)
        quantise_sums(a, c + i, fours + 8 * i);
}

static void quantise_q8(size_t n, const float *x, void *dst)
{
    const ink_act_q8 a = ink_act_q8_at(dst, n);
    const size_t cells = n / 32, whole = cells / QUANTISE_LOT * QUANTISE_LOT;
    for (size_t c = 0; c < whole; c += QUANTISE_LOT)
        quantise_lot(&a, c, QUANTISE_LOT, x + 32 * c);
    if (whole < cells)
        quantise_lot(&a, whole, cells - whole, x + 32 * whole);
}

void INK_KERNEL(ink_quantise)(ink_kernels *k);
void INK_KERNEL(ink_quantise)(ink_kernels *k)
{
    k->act[INK_ACT_Q8] = quantise_q8;
}
