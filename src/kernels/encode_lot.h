/* Sixteen groups of columns on their way into blocks, a lane each, and what all types ask of them. */
#ifndef INK_KERNELS_ENCODE_LOT_H
#define INK_KERNELS_ENCODE_LOT_H

#include "kernels/kernels.h"
#include "kernels/lanes.h"

enum { ENCODE_MOST = 32, ENCODE_ROUNDS = 2 }; /* columns of a group; times that sub-scales are looked at again */

typedef struct encode_lot { /* sixteen groups, turned: a lane for each */
    float x[ENCODE_MOST][LANES], w[ENCODE_MOST][LANES];
    int8_t q[ENCODE_MOST][LANES];
    size_t size;        /* columns of a group */
    float lo, hi;       /* of the integers */
    const int8_t *table; /* what the integers stand for, or NULL */
    bool weighed;        /* columns differ in how much their errors matter */
    float middle[16];    /* between a value of the table and the one before */
} encode_lot;

typedef struct encode_fit { /* sums over a lane's columns: of w, w x, w v, w v v, w v x and the error, v being what q stands for */
    f32x16 w, x, v, vv, vx;
} encode_fit;

static inline f32x16 encode_floor(f32x16 v)
{
    f32x16 r = f_round(v);
    return f_if_less(v, r, f_sub(r, f_set1(1.0f)), r);
}

/* Half away from zero. */
static inline f32x16 encode_half_up(f32x16 v)
{
    f32x16 a = f_abs(v), low = encode_floor(a), r = f_if_less(f_sub(a, low), f_set1(0.5f), low, f_add(low, f_set1(1.0f)));
    return f_if_less(v, f_zero(), f_sub(f_zero(), r), r);
}

/* 1 / v, and 0 for 0. */
static inline f32x16 encode_over(f32x16 one, f32x16 v)
{
    return f_if_less(f_zero(), f_abs(v), f_div(one, v), f_zero());
}

/* The value that lies farthest from zero, the first of equals; and the least and the most. */
static f32x16 encode_farthest(const encode_lot *l)
{
    f32x16 most = f_zero(), v = f_zero();
    for (size_t c = 0; c < l->size; c++) {
        const f32x16 x = f_load(l->x[c]), a = f_abs(x);
        v = f_if_less(most, a, x, v);
        most = f_max(a, most);
    }
    return v;
}

static void encode_range(const encode_lot *l, f32x16 *least, f32x16 *most)
{
    *least = *most = f_load(l->x[0]);
    for (size_t c = 1; c < l->size; c++) {
        *least = f_min(f_load(l->x[c]), *least);
        *most = f_max(f_load(l->x[c]), *most);
    }
}

#endif
