/* Tiles of a strip where the processor multiplies matrices (AMX): a cell of 16 rows by one panel is one instruction, two where
   a cell has two groups. Weights stand in the strip less their zero, as signed bytes, which gives the same integers; floats
   then walk as in every other set. Part of matmul.c. */
#include "kernels/amx.h"

enum { AMX_ROWS = 16 };

typedef struct matmul_sums16 { /* of a cell: [group][row][lane] */
    _Alignas(64) int32_t at[2][AMX_ROWS * 16];
} matmul_sums16;

/* Tiles 0 and 3: activations, 1 and 4: weights, 2 and 5: sums. */
static void matmul_shapes(size_t rows, unsigned groups)
{
    amx_shapes s = { .palette = 1 };
    for (int turn = 0; turn < 6; turn += 3) {
        s.rows[turn] = s.rows[turn + 2] = (uint8_t)rows;
        s.bytes[turn] = (uint16_t)(INK_QUANT_CELL / groups);
        s.rows[turn + 1] = (uint8_t)(MATMUL_QUADS / groups);
        s.bytes[turn + 1] = s.bytes[turn + 2] = 64;
    }
    amx_configure(&s);
}

/* Neighbouring cells take turns with two sets of tiles, so that one multiplies while the sums of the other are added up. */
LANES_INLINE void matmul_multiply(size_t cell, unsigned groups, const uint8_t *w, const int8_t *q, size_t x_stride, matmul_sums16 *sums)
{
    LANES_UNROLL for (unsigned g = 0; g < groups; g++, q += INK_QUANT_CELL / groups, w += 512 / groups)
        if (cell % 2) {
            amx_zero(5);
            amx_load(3, q, x_stride);
            amx_load(4, w, 64);
            amx_dot(5, 3, 4);
            amx_store(5, sums->at[g], 64);
        } else {
            amx_zero(2);
            amx_load(0, q, x_stride);
            amx_load(1, w, 64);
            amx_dot(2, 0, 1);
            amx_store(2, sums->at[g], 64);
        }
}

/* Panel p of the strip by T rows: 16, or what is left, the last of which is then walked again for each that is missing. */
LANES_INLINE void matmul_tile(int T, unsigned groups, bool minimum, const matmul_strip *s, size_t p, const uint8_t *x, size_t n, const matmul_out *o)
{
    const size_t x_stride = ink_act_bytes(INK_ACT_Q8, n), scales = 16 * groups, first = p * s->cells;
    const ink_act_q8 top = ink_act_q8_at(x, n);
    matmul_sums16 sums[2];
    if (T < AMX_ROWS)
        memset(sums, 0, sizeof sums);
    f32x16 acc[AMX_ROWS];
    LANES_EACH(r, AMX_ROWS)
        acc[r] = s->first && r < T ? f_load(o->y + (size_t)r * o->stride) : f_zero();
    matmul_multiply(0, groups, s->w + 512 * first, top.q + 32 * s->first, x_stride, &sums[0]);
    for (size_t c = 0; c < s->cells; c++) {
        if (c + 1 < s->cells)
            matmul_multiply(c + 1, groups, s->w + 512 * (first + c + 1), top.q + 32 * (s->first + c + 1), x_stride, &sums[(c + 1) % 2]);
        const float *dp = s->d + (first + c) * scales, *mp = s->m + (first + c) * scales;
        const f32x16 d[2] = { f_load(dp), groups > 1 ? f_load(dp + 16) : f_zero() };
        const f32x16 m[2] = { minimum ? f_load(mp) : f_zero(), minimum && groups > 1 ? f_load(mp + 16) : f_zero() };
        const int32_t *at = sums[c % 2].at[0];
        LANES_EACH(r, AMX_ROWS) {
            const i32x16 sum[2] = { i_load(at + 16 * r), groups > 1 ? i_load(at + 16 * (AMX_ROWS + r)) : i_zero() };
            const ink_act_q8 a = ink_act_q8_at(x + (size_t)(r < T ? r : T - 1) * x_stride, n);
            acc[r] = matmul_add(groups, minimum, sum, d, m, &a, s->first + c, acc[r]);
        }
    }
    LANES_EACH(r, AMX_ROWS)
        if (r < T)
            f_store(o->y + (size_t)r * o->stride, acc[r]);
}

LANES_INLINE void matmul_tiles(const matmul_type *t, const matmul_strip *s, int P, const uint8_t *x, size_t n, size_t rows, matmul_out o)
{
    const size_t x_stride = ink_act_bytes(INK_ACT_Q8, n), whole = rows / AMX_ROWS * AMX_ROWS;
    const bool minimum = matmul_minimum(t);
    matmul_shapes(AMX_ROWS, t->groups);
    for (size_t r = 0; r < whole; r += AMX_ROWS)
        for (size_t p = 0; p < (size_t)P; p++) {
            const matmul_out to = matmul_out_at(o, r, 16 * p);
            matmul_tile(AMX_ROWS, t->groups, minimum, s, p, x + r * x_stride, n, &to);
        }
    if (whole < rows) {
        matmul_shapes(rows - whole, t->groups);
        for (size_t p = 0; p < (size_t)P; p++) {
            const matmul_out to = matmul_out_at(o, whole, 16 * p);
            matmul_tile((int)(rows - whole), t->groups, minimum, s, p, x + whole * x_stride, n, &to);
        }
    }
    amx_release();
}
