/* Kernels over one row of floats. Sums run in 16 lanes and are folded by one tree (f_sum). */
#include "kernels/kernels.h"
#include "kernels/lanes.h"

static void rows_add(size_t n, const float *a, const float *b, float *y)
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        f_store(y + i, f_add(f_load(a + i), f_load(b + i)));
    if (i < n)
        f_store_n(y + i, f_add(f_load_n(a + i, n - i), f_load_n(b + i, n - i)), n - i);
}

void INK_KERNEL(ink_rows)(ink_kernels *k);
void INK_KERNEL(ink_rows)(ink_kernels *k)
{
    k->add = rows_add;
}
