/* Convolution over time of bf16 where the processor multiplies matrices: 16 rows of 32 channels by 32 channels of 16 outputs are one
   instruction. Rows are read where they lie, a tap further on for each tap; a panel lies as a tile wants it already. An output
   walks taps and channels in order, whichever tile it falls into. Numbers below 2^-126 count as zero. */
#include "kernels/amx.h"
#include "kernels/kernels.h"

enum { TILE = 16, TILE_BYTES = 1024, TILE_ROW = 64, CONV_STEP = 4 };

typedef struct conv_sums { /* of 32 rows by two panels */
    _Alignas(64) float at[2 * TILE][2 * TILE];
} conv_sums;

/* `tall` tiles of rows by `wide` panels. Tiles 0 to 3: sums, 4 and 5: rows, 6 and 7: weights. */
LANES_INLINE void conv_square(const ink_conv *c, size_t panel, size_t row, int tall, int wide, conv_sums *s)
{
    const size_t stride = c->x_stride * CONV_STEP, out = sizeof s->at[0];
    const uint8_t *w = c->w->data + panel * c->w->panel_bytes;
    amx_zero(0);
    amx_zero(1);
    amx_zero(2);
    amx_zero(3);
    for (size_t tap = 0; tap < c->taps; tap++) {
        const uint8_t *x = (const uint8_t *)c->x + (row + tap * c->dilation) * stride;
        for (size_t k = 0; k < c->channels; k += TILE_ROW / CONV_STEP, x += TILE_ROW, w += TILE_BYTES) {
            amx_load(4, x, stride);
            amx_load(6, w, TILE_ROW);
            amx_dot_bf16(0, 4, 6);
            if (wide > 1) {
                amx_load(7, w + c->w->panel_bytes, TILE_ROW);
                amx_dot_bf16(1, 4, 7);
            }
            if (tall > 1) {
                amx_load(5, x + TILE * stride, stride);
                amx_dot_bf16(2, 5, 6);
            }
            if (tall > 1 && wide > 1)
                amx_dot_bf16(3, 5, 7);
        }
    }
    amx_store(0, s->at[0], out);
    amx_store(1, s->at[0] + TILE, out);
    amx_store(2, s->at[TILE], out);
    amx_store(3, s->at[TILE] + TILE, out);
}

static void conv_square_1_1(const ink_conv *c, size_t panel, size_t row, conv_sums *s) { conv_square(c, panel, row, 1, 1, s); }
static void conv_square_1_2(const ink_conv *c, size_t panel, size_t row, conv_sums *s) { conv_square(c, panel, row, 1, 2, s); }
static void conv_square_2_1(const ink_conv *c, size_t panel, size_t row, conv_sums *s) { conv_square(c, panel, row, 2, 1, s); }
static void conv_square_2_2(const ink_conv *c, size_t panel, size_t row, conv_sums *s) { conv_square(c, panel, row, 2, 2, s); }

static void conv_out(const ink_conv *c, size_t panel, size_t row, size_t rows, const conv_sums *s)
{
    const size_t column = LANES * panel, left = c->w->rows - column;
    const f32x16 bias = c->bias ? f_load_n(c->bias + column, left < LANES ? left : LANES) : f_zero();
    for (size_t r = 0; r < rows; r++) {
        f32x16 sum = f_add(bias, f_load(s->at[r]));
        for (size_t i = 0; i < INK_CONV_ADDS && c->add[i].x; i++)
            sum = f_add(sum, f_load(c->add[i].x + (row + r) * c->add[i].stride + column));
        f_store(c->y + (row + r) * c->y_stride + column, sum);
    }
}

static void conv_amx(const ink_conv *c, size_t p0, size_t p1)
{
    static const amx_shapes shapes = { .palette = 1, .bytes = { 64, 64, 64, 64, 64, 64, 64, 64 }, .rows = { 16, 16, 16, 16, 16, 16, 16, 16 } };
    static void (*const squares[2][2])(const ink_conv *, size_t, size_t, conv_sums *) = { { conv_square_1_1, conv_square_1_2 }, { conv_square_2_1, conv_square_2_2 } };
    conv_sums sums;
    amx_configure(&shapes);
    for (; p0 < p1; p0 += 2)
        for (size_t row = 0; row < c->rows; row += 2 * TILE) {
            const size_t rows = c->rows - row < 2 * TILE ? c->rows - row : 2 * TILE;
            squares[rows > TILE][p0 + 1 < p1](c, p0, row, &sums);
            conv_out(c, p0, row, rows, &sums);
            if (p0 + 1 < p1)
                conv_out(c, p0 + 1, row, rows, (const conv_sums *)(const void *)(sums.at[0] + TILE));
        }
    amx_release();
}

void INK_KERNEL(ink_conv)(ink_kernels *k);
void INK_KERNEL(ink_conv)(ink_kernels *k)
{
    k->conv_bf16 = conv_amx;
}
