/* Four rows of a convolution of three taps from six products instead of twelve, or two rows of five taps instead of ten: the filtering
   algorithms F(4, 3) and F(2, 5) of Winograd (1980, chapter 4) in the form of Lavin and Gray (2016, section 4.3), both at the points 0,
   1, -1, 2, -2 and infinity. Here are what becomes of six rows before the products, and of six products after them. */
#include "kernels/kernels.h"
#include "kernels/lanes.h"

static void conv_tile_in(size_t n, const float *x, size_t x_step, float *v, size_t v_step)
{
    const f32x16 two = f_set1(2), four = f_set1(4), five = f_set1(-5);
    for (size_t i = 0; i < n; i += LANES) {
        f32x16 r[INK_CONV_POINTS];
        LANES_EACH(k, INK_CONV_POINTS)
            r[k] = f_load(x + (size_t)k * x_step + i);
        const f32x16 a = f_fma(f_sub(f_zero(), four), r[2], r[4]), b = f_fma(f_sub(f_zero(), four), r[1], r[3]);
        const f32x16 c = f_sub(r[4], r[2]), d = f_mul(two, f_sub(r[3], r[1]));
        f_store(v + i, f_fma(four, r[0], f_fma(five, r[2], r[4])));
        f_store(v + v_step + i, f_add(a, b));
        f_store(v + 2 * v_step + i, f_sub(a, b));
        f_store(v + 3 * v_step + i, f_add(c, d));
        f_store(v + 4 * v_step + i, f_sub(c, d));
        f_store(v + 5 * v_step + i, f_fma(four, r[1], f_fma(five, r[3], r[5])));
    }
}

static inline void conv_tile_row(const ink_conv_tile *t, int row, size_t i, f32x16 y)
{
    if (!t->y[row])
        return;
    for (size_t a = 0; a < INK_CONV_ADDS && t->add[a][row]; a++)
        y = f_add(y, f_load(t->add[a][row] + i));
    f_store(t->y[row] + i, y);
}

static void conv_tile_out(size_t n, const ink_conv_tile *t)
{
    const f32x16 two = f_set1(2), four = f_set1(4), eight = f_set1(8);
    for (size_t i = 0; i < n; i += LANES) {
        f32x16 m[INK_CONV_POINTS];
        LANES_EACH(k, INK_CONV_POINTS)
            m[k] = f_load(t->m + (size_t)k * t->m_step + i);
        const f32x16 bias = t->bias ? f_load_n(t->bias + i, n - i < LANES ? n - i : LANES) : f_zero();
        const f32x16 a = f_add(m[1], m[2]), b = f_sub(m[1], m[2]), c = f_add(m[3], m[4]), d = f_sub(m[3], m[4]);
        conv_tile_row(t, 0, i, f_add(bias, f_add(m[0], f_add(a, c))));
        if (t->rows == 2) {
            conv_tile_row(t, 1, i, f_add(bias, f_fma(two, d, f_add(b, m[5]))));
            continue;
        }
        conv_tile_row(t, 1, i, f_add(bias, f_fma(two, d, b)));
        conv_tile_row(t, 2, i, f_add(bias, f_fma(four, c, a)));
        conv_tile_row(t, 3, i, f_add(bias, f_fma(eight, d, f_add(b, m[5]))));
    }
}

void INK_KERNEL(ink_conv_tiles)(ink_kernels *k);
void INK_KERNEL(ink_conv_tiles)(ink_kernels *k)
{
    k->conv_tile_in = conv_tile_in;
    k->conv_tile_out = conv_tile_out;
}
