/* Where things stand in a row of activations. INK_ACT_Q8, n columns: n int8; then for each 32 columns a scale d (f32), the
   sum (f32) and the negated sum (i32); then for each 16 columns the negated sum (i32). */
#ifndef INK_KERNELS_ACT_LAYOUT_H
#define INK_KERNELS_ACT_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

typedef struct ink_act_q8 {
    int8_t *q;
    float *d, *sum;
    int32_t *minus, *minus16;
} ink_act_q8;

static inline ink_act_q8 ink_act_q8_at(const void *row, size_t n)
{
    uint8_t *p = (uint8_t *)(uintptr_t)row;
    ink_act_q8 a = { .q = (int8_t *)p, .d = (float *)(void *)(p + n) };
    a.sum = a.d + n / 32;
    a.minus = (int32_t *)(void *)(a.sum + n / 32);
    a.minus16 = a.minus + n / 32;
    return a;
}

enum { INK_ACT_Q8_CELL = 32 + 3 * 4 + 2 * 4 }; /* bytes for 32 columns */

#endif
