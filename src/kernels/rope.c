/* Rotary positions. A pair (a, b) at an angle becomes (a cos - b sin, b cos + a sin): both products are rounded, then
   their sum, as PyTorch does it. The two ways to pair dimensions give the same bits for the same pair. */
#include "kernels/kernels.h"
#include "kernels/lanes.h"

/* Up to 16 pairs (i, i + half) of one head. */
static inline void rope_halves(const float *x, size_t half, f32x16 c, f32x16 s, size_t n, float *y)
{
    f32x16 a = f_load_n(x, n), b = f_load_n(x + half, n);
    f_store_n(y, f_sub(f_mul(a, c), f_mul(b, s)), n);
    f_store_n(y + half, f_add(f_mul(b, c), f_mul(a, s)), n);
}

static void rope_row_halves(size_t heads, size_t head_dim, size_t half, const float *cosine, const float *sine, const float *x, float *y)
{
    for (size_t i = 0; i < half; i += LANES) {
        size_t n = half - i < LANES ? half - i : LANES;
        f32x16 c = f_load_n(cosine + i, n), s = f_load_n(sine + i, n);
        for (size_t h = 0; h < heads; h++)
            rope_halves(x + h * head_dim + i, half, c, s, n, y + h * head_dim + i);
    }
}

/* Neighbours (2i, 2i + 1): every lane takes its own cosine, and its neighbour times the sine with the sign of its place. */
static void rope_row_neighbours(size_t heads, size_t head_dim, size_t half, const float *cosine, const float *sine, const float *x, float *y)
{
    for (size_t i = 0; i < half; i += LANES / 2) {
        size_t pairs = half - i < LANES / 2 ? half - i : LANES / 2, n = 2 * pairs;
        float own[LANES] = { 0 }, other[LANES] = { 0 };
        for (size_t p = 0; p < pairs; p++) {
            own[2 * p] = own[2 * p + 1] = cosine[i + p];
            other[2 * p] = -sine[i + p];
            other[2 * p + 1] = sine[i + p];
        }
        f32x16 c = f_load(own), s = f_load(other);
        for (size_t h = 0; h < heads; h++) {
            f32x16 v = f_load_n(x + h * head_dim + 2 * i, n);
            f_store_n(y + h * head_dim + 2 * i, f_add(f_mul(v, c), f_mul(f_swap(v), s)), n);
        }
    }
}

static void rope_row(size_t heads, size_t head_dim, size_t n_rot, bool half, const float *cosine, const float *sine, const float *x, float *y)
{
    if (half)
        rope_row_halves(heads, head_dim, n_rot / 2, cosine, sine, x, y);
    else
        rope_row_neighbours(heads, head_dim, n_rot / 2, cosine, sine, x, y);
    for (size_t h = 0; x != y && n_rot < head_dim && h < heads; h++)
        memcpy(y + h * head_dim + n_rot, x + h * head_dim + n_rot, 4 * (head_dim - n_rot));
}

void INK_KERNEL(ink_rope)(ink_kernels *k);
void INK_KERNEL(ink_rope)(ink_kernels *k)
{
    k->rope = rope_row;
}
