/* Walking over a row in lanes, and sums over one: what the files of row kernels share. */
#ifndef INK_KERNELS_ROW_H
#define INK_KERNELS_ROW_H

#include "kernels/lanes.h"

/* `whole` for each sixteen of a row, at i; then `rest` for the `left` that remain, if any do. */
#define ROWS_EACH(n, whole, rest)                \
    do {                                         \
        size_t i = 0;                            \
        for (; i + LANES <= (n); i += LANES)     \
            whole;                               \
        const size_t left = (n) - i;             \
        if (left)                                \
            rest;                                \
    } while (0)

/* The sum of (x - centre)^2; what lies past the row reads as the centre itself. */
static float rows_squares(size_t n, const float *x, float centre)
{
    const f32x16 c = f_set1(centre);
    f32x16 sum = f_zero(), d;
    ROWS_EACH(n, (d = f_sub(f_load(x + i), c), sum = f_fma(d, d, sum)),
              (d = f_sub(f_load_or(x + i, left, c), c), sum = f_fma(d, d, sum)));
    return f_sum(sum);
}

static float rows_sum(size_t n, const float *x)
{
    f32x16 sum = f_zero();
    ROWS_EACH(n, sum = f_add(sum, f_load(x + i)), sum = f_add(sum, f_load_n(x + i, left)));
    return f_sum(sum);
}

#endif
