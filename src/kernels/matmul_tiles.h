/* Tiles of a strip in wide registers: panels by rows, sums of integers and of floats side by side. Part of matmul.c. */

/* What the sums of integers of each row begin with, group by group of a strip: a step for sixteen, where each would take one. */
typedef struct matmul_starts {
    int32_t of[MATMUL_TILE][2 * INK_STRIP_CELLS];
} matmul_starts;

LANES_INLINE void matmul_start_rows(int T, unsigned groups, int zero, const matmul_strip *s, const ink_act_q8 *a, matmul_starts *starts)
{
    const size_t count = groups * s->cells;
    LANES_UNROLL for (int r = 0; r < T; r++)
    {
        const int32_t *minus = groups == 1 ? a[r].minus + s->first : a[r].minus16 + 2 * s->first;
        for (size_t i = 0; i < count; i++)
            starts->of[r][i] = minus[i] * zero;
    }
}

/* Integer sums of a group of cell c of a strip: P panels by T rows. */
LANES_INLINE void matmul_sums(int P, int T, unsigned groups, bool wide, int zero, const matmul_strip *s, const ink_act_q8 *a, const matmul_starts *starts, size_t c, unsigned g,
                              i32x16 sum[MATMUL_PANELS][MATMUL_TILE])
{
    const int quads = MATMUL_QUADS / (int)groups;
    const uint8_t *w = s->w + 512 * c;
    LANES_UNROLL for (int r = 0; r < T; r++)
    {
        sum[0][r] = zero ? i_set1(starts->of[r][groups * c + g]) : i_zero();
        LANES_UNROLL for (int p = 1; p < P; p++)
            sum[p][r] = sum[0][r];
    }
    LANES_UNROLL for (int q = (int)g * quads; q < ((int)g + 1) * quads; q++)
    {
        u8x64 v[MATMUL_PANELS];
        LANES_UNROLL for (int p = 0; p < P; p++)
            v[p] = b_load(w + (size_t)p * 512 * s->cells + q * 64);
        LANES_UNROLL for (int r = 0; r < T; r++)
        {
            u8x64 x = b_quad(a[r].q + 32 * (s->first + c) + 4 * q);
            LANES_UNROLL for (int p = 0; p < P; p++)
                sum[p][r] = wide ? b_dot(sum[p][r], v[p], x) : b_dot7(sum[p][r], v[p], x);
        }
    }
}

/* P panels by T rows over the cells of a strip, going on from what y holds unless these are the first; what varies among
   types is how many groups a cell has, whether there are zeros and minimums, and whether a weight may exceed 127. */
LANES_INLINE void matmul_tile(int P, int T, unsigned groups, bool minimum, bool wide, int zero, const matmul_strip *s, const ink_act_q8 *a, const matmul_out *o)
{
    f32x16 acc[MATMUL_PANELS][MATMUL_TILE];
    const size_t cells = s->cells, scales = 16 * groups;
    matmul_starts starts;
    if (zero)
        matmul_start_rows(T, groups, zero, s, a, &starts);
    LANES_UNROLL for (int p = 0; p < P; p++)
        LANES_UNROLL for (int r = 0; r < T; r++)
            acc[p][r] = s->first ? f_load(o->y + (size_t)r * o->stride + 16 * (size_t)p) : f_zero();
    for (size_t c = 0; c < cells; c++) {
        i32x16 sum[2][MATMUL_PANELS][MATMUL_TILE];
        LANES_UNROLL for (unsigned g = 0; g < groups; g++)
            matmul_sums(P, T, groups, wide, zero, s, a, &starts, c, g, sum[g]);
        LANES_UNROLL for (int p = 0; p < P; p++)
        {
            const float *dp = s->d + ((size_t)p * cells + c) * scales, *mp = s->m + ((size_t)p * cells + c) * scales;
            const f32x16 d[2] = { f_load(dp), groups > 1 ? f_load(dp + 16) : f_zero() };
            const f32x16 m[2] = { minimum ? f_load(mp) : f_zero(), minimum && groups > 1 ? f_load(mp + 16) : f_zero() };
            LANES_UNROLL for (int r = 0; r < T; r++)
            {
                const i32x16 both[2] = { sum[0][p][r], groups > 1 ? sum[1][p][r] : i_zero() };
                acc[p][r] = matmul_add(groups, minimum, both, d, m, matmul_brings(groups, minimum, &a[r], s->first + c), acc[p][r]);
            }
        }
    }
    LANES_UNROLL for (int p = 0; p < P; p++)
        LANES_UNROLL for (int r = 0; r < T; r++)
            f_store(o->y + (size_t)r * o->stride + 16 * (size_t)p, acc[p][r]);
}

/* How many of `left` rows the next tile takes: no tile of one or two where the last two can share. */
static size_t matmul_tile_rows(size_t left, size_t most)
{
    if (left >= most + most / 2 || left == most)
        return most;
    return most > 4 && left >= 4 ? 4 : most > 2 && left >= 2 ? 2 : 1;
}

LANES_INLINE void matmul_tiles(const matmul_type *t, const matmul_strip *s, int P, const uint8_t *x, size_t n, size_t rows, matmul_out o)
{
    const size_t x_stride = ink_act_bytes(INK_ACT_Q8, n);
    const bool minimum = matmul_minimum(t), wide = t->bits == 8 || t->table;
    const int most = t->groups == 2 ? MATMUL_TILE_TWO : MATMUL_TILE;
    ink_act_q8 a[MATMUL_TILE];
    for (size_t r = 0, T; r < rows; r += T) {
        T = matmul_tile_rows(rows - r, (size_t)most);
        for (size_t i = 0; i < T; i++)
            a[i] = ink_act_q8_at(x + (r + i) * x_stride, n);
        const matmul_out to = matmul_out_at(o, r, 0);
        if (most > 4 && T == (size_t)most)
            matmul_tile(P, most, t->groups, minimum, wide, t->zero, s, a, &to);
        else if (most >= 4 && T == 4)
            matmul_tile(P, 4, t->groups, minimum, wide, t->zero, s, a, &to);
        else if (most >= 2 && T == 2)
            matmul_tile(P, 2, t->groups, minimum, wide, t->zero, s, a, &to);
        else
            matmul_tile(P, 1, t->groups, minimum, wide, t->zero, s, a, &to);
    }
}
