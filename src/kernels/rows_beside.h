/* Rows that are read side by side, a step at a time: every third has a pointer, and from there an address reaches the two behind it, so that they
   take no instruction of their own. Compilers left alone add up where each row stands, one after the other, in every step. */
#ifndef INK_KERNELS_ROWS_BESIDE_H
#define INK_KERNELS_ROWS_BESIDE_H

#include "kernels/lanes.h"

enum { ROWS_BESIDE = 12 /* the most */, ROWS_REACHED = 3 };

typedef struct rows_beside {
    const uint8_t *x[(ROWS_BESIDE + ROWS_REACHED - 1) / ROWS_REACHED];
    size_t row; /* bytes from one to the next */
} rows_beside;

LANES_INLINE rows_beside rows_begin(const uint8_t *x, size_t row, int count)
{
    rows_beside rows = { .row = row };
    LANES_EACH(i, (count + ROWS_REACHED - 1) / ROWS_REACHED)
        rows.x[i] = x + (size_t)(ROWS_REACHED * i) * row;
    return rows;
}

/* Where row r stands. */
LANES_INLINE const uint8_t *rows_at(const rows_beside *rows, int r) { return rows->x[r / ROWS_REACHED] + (size_t)(r % ROWS_REACHED) * rows->row; }

LANES_INLINE void rows_next(rows_beside *rows, int count, size_t bytes)
{
    LANES_EACH(i, (count + ROWS_REACHED - 1) / ROWS_REACHED) {
        rows->x[i] += bytes;
        LANES_KEEP(rows->x[i]);
    }
}

#endif
