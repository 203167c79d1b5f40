/* What attention multiplies: tiles of P panels of 16 values by T rows, one accumulator for each, steps in order. Which step
   multiplies and adds is the includer's. */
#ifndef INK_KERNELS_TILE_H
#define INK_KERNELS_TILE_H

#include "kernels/kernels.h"
#include "kernels/lanes.h"

enum { TILE_PANELS = 4, TILE_ROWS = 8 };

/* acc + one step: the weights of 16 rows at w times the activation at x. w_size and x_size are the bytes of a step. */
typedef f32x16 tile_step(f32x16 acc, const uint8_t *w, const uint8_t *x);

typedef struct tile_job {
    size_t steps, panel_bytes, x_stride, y_stride;
    const uint8_t *w, *x;
    float *y;
} tile_job;

/* more: the sums go on from what y holds. */
LANES_INLINE void tile_tile(tile_step *step, const tile_job *j, size_t w_size, size_t x_size, int P, int T, bool more)
{
    f32x16 acc[TILE_PANELS][TILE_ROWS];
    LANES_UNROLL for (int p = 0; p < P; p++)
        LANES_UNROLL for (int r = 0; r < T; r++)
            acc[p][r] = more ? f_load(j->y + (size_t)r * j->y_stride + 16 * p) : f_zero();
    for (size_t i = 0; i < j->steps; i++)
        LANES_UNROLL for (int p = 0; p < P; p++)
        {
            const uint8_t *w = j->w + (size_t)p * j->panel_bytes + i * w_size;
            LANES_UNROLL for (int r = 0; r < T; r++)
                acc[p][r] = step(acc[p][r], w, j->x + (size_t)r * j->x_stride + i * x_size);
        }
    LANES_UNROLL for (int p = 0; p < P; p++)
        LANES_UNROLL for (int r = 0; r < T; r++)
            f_store(j->y + (size_t)r * j->y_stride + 16 * p, acc[p][r]);
}

#endif
