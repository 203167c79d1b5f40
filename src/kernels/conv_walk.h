/* Convolution over time on rows [time, channels]: each tap is a product of the rows, shifted, with panels of 16 outputs.
   One accumulator per output begins as the bias and goes tap by tap, step by step; so a row is the same whatever rows it is
   computed with. A step is 4 bytes of a row: whoever includes this says what lanes of steps are (conv_lanes, conv_load,
   conv_every) and what they add (conv_step). */
#ifndef INK_KERNELS_CONV_WALK_H
#define INK_KERNELS_CONV_WALK_H

#include "kernels/kernels.h"
#include "kernels/rows_beside.h"

/* As many accumulators as hide the latency and leave registers for what they are fed with. */
#if defined(INK_ISA_AVX512)
enum { CONV_PANELS = 2, CONV_ROWS = 12 };
#elif defined(INK_ISA_AVX2)
enum { CONV_PANELS = 1, CONV_ROWS = 6 };
#else
enum { CONV_PANELS = 1, CONV_ROWS = 4 };
#endif

enum { CONV_STEP = 4 }; /* bytes */
_Static_assert((int)CONV_ROWS <= (int)ROWS_BESIDE, "a tile's rows are read side by side");

LANES_INLINE conv_lanes conv_load(const uint8_t *weight); /* a step of sixteen outputs */
LANES_INLINE conv_lanes conv_every(const uint8_t *x);     /* a step of a row, for all of them */
LANES_INLINE f32x16 conv_step(conv_lanes w, conv_lanes x, f32x16 acc);

LANES_INLINE void conv_begin(const ink_conv *c, size_t panel, int panels, int rows, f32x16 acc[CONV_PANELS][CONV_ROWS])
{
    LANES_EACH(p, panels) {
        const size_t column = LANES * (panel + (size_t)p), left = c->w->rows - column;
        const f32x16 bias = c->bias ? f_load_n(c->bias + column, left < LANES ? left : LANES) : f_zero();
        LANES_EACH(r, rows)
            acc[p][r] = bias;
    }
}

LANES_INLINE void conv_end(const ink_conv *c, size_t panel, size_t row, int panels, int rows, f32x16 acc[CONV_PANELS][CONV_ROWS])
{
    LANES_EACH(r, rows)
        LANES_EACH(p, panels) {
            const size_t at = row + (size_t)r, column = LANES * (panel + (size_t)p);
            f32x16 sum = acc[p][r];
            for (size_t i = 0; i < INK_CONV_ADDS && c->add[i].x; i++)
                sum = f_add(sum, f_load(c->add[i].x + at * c->add[i].stride + column));
            f_store(c->y + at * c->y_stride + column, sum);
        }
}

/* Rows [row, row + rows) of `panels` panels. */
LANES_INLINE void conv_tile(const ink_conv *c, size_t panel, size_t row, int panels, int rows)
{
    f32x16 acc[CONV_PANELS][CONV_ROWS];
    conv_lanes w[CONV_PANELS];
    const uint8_t *weight[CONV_PANELS];
    LANES_EACH(p, panels)
        weight[p] = c->w->data + (panel + (size_t)p) * c->w->panel_bytes;
    conv_begin(c, panel, panels, rows, acc);
    for (size_t tap = 0; tap < c->taps; tap++) {
        rows_beside x = rows_begin((const uint8_t *)c->x + (row + tap * c->dilation) * c->x_stride * CONV_STEP, c->x_stride * CONV_STEP, rows);
        for (size_t k = 0; k < c->channels; k++) {
            LANES_EACH(p, panels) {
                w[p] = conv_load(weight[p]);
                weight[p] += CONV_STEP * LANES;
            }
            LANES_EACH(r, rows) {
                const conv_lanes v = conv_every(rows_at(&x, r));
                LANES_EACH(p, panels)
                    acc[p][r] = conv_step(w[p], v, acc[p][r]);
            }
            rows_next(&x, rows, CONV_STEP);
        }
    }
    conv_end(c, panel, row, panels, rows, acc);
}

static void conv_wide(const ink_conv *c, size_t panel, size_t row) { conv_tile(c, panel, row, CONV_PANELS, CONV_ROWS); }
static void conv_wide_row(const ink_conv *c, size_t panel, size_t row) { conv_tile(c, panel, row, CONV_PANELS, 1); }
static void conv_narrow(const ink_conv *c, size_t panel, size_t row) { conv_tile(c, panel, row, 1, CONV_ROWS); }
static void conv_narrow_row(const ink_conv *c, size_t panel, size_t row) { conv_tile(c, panel, row, 1, 1); }

/* Whole tiles; the last one is moved back to end with the rows, and computes some of them twice. */
static void conv_rows(const ink_conv *c, size_t panel, void (*tile)(const ink_conv *, size_t, size_t), void (*single)(const ink_conv *, size_t, size_t))
{
    size_t row = 0;
    for (; row + CONV_ROWS <= c->rows; row += CONV_ROWS)
        tile(c, panel, row);
    if (row < c->rows && c->rows >= CONV_ROWS)
        tile(c, panel, c->rows - CONV_ROWS);
    for (; row < c->rows && c->rows < CONV_ROWS; row++)
        single(c, panel, row);
}

static void conv_walk(const ink_conv *c, size_t p0, size_t p1)
{
    for (; p0 + CONV_PANELS <= p1; p0 += CONV_PANELS)
        conv_rows(c, p0, conv_wide, conv_wide_row);
    for (; p0 < p1; p0++)
        conv_rows(c, p0, conv_narrow, conv_narrow_row);
}

#endif
