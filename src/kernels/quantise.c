/* A row of activations as int8 per 32 columns, with their scale and sums. */
#include "kernels/act_layout.h"
#include "kernels/kernels.h"
#include "kernels/lanes.h"

/* Sixteen columns: what they become, and the negated sum. What is not finite becomes -127, times a scale that is not. */
static inline int32_t quantise_half(f32x16 x, f32x16 by, int8_t *q)
{
    i32x16 v = i_from_f(f_min(f_max(f_mul(x, by), f_set1(-127.0f)), f_set1(127.0f)));
    i_store_i8(q, v);
    return -i_sum(v);
}

static void quantise_q8(size_t n, const float *x, void *dst)
{
    ink_act_q8 a = ink_act_q8_at(dst, n);
    for (size_t c = 0; c < n / 32; c++, x += 32) {
        f32x16 low = f_load(x), high = f_load(x + 16);
        float most = f_hmax(f_max(f_abs(low), f_abs(high)));
        f32x16 by = f_set1(most > 0.0f ? 127.0f / most : 0.0f);
        a.minus16[2 * c] = quantise_half(low, by, a.q + 32 * c);
        a.minus16[2 * c + 1] = quantise_half(high, by, a.q + 32 * c + 16);
        a.minus[c] = a.minus16[2 * c] + a.minus16[2 * c + 1];
        a.d[c] = most / 127.0f;
        a.ds[c] = a.d[c] * (float)-a.minus[c];
    }
}

void INK_KERNEL(ink_quantise)(ink_kernels *k);
void INK_KERNEL(ink_quantise)(ink_kernels *k)
{
    k->act[INK_ACT_Q8] = quantise_q8;
}
