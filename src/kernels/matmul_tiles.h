/* Tiles of a strip in wide registers: panels by rows, sums of integers and of floats side by side. Part of matmul.c. */

/* Integer sums of a group of cell c of a strip: P panels by T rows. */
LANES_INLINE void matmul_sums(int P, int T, const matmul_type *t, const matmul_strip *s, const matmul_here *at, const matmul_starts *starts, size_t c, unsigned g,
                              i32x16 sum[MATMUL_PANELS][MATMUL_TILE])
{
    const int quads = MATMUL_QUADS / (int)t->groups;
    const uint8_t *w = s->w + 512 * c;
    LANES_UNROLL for (int r = 0; r < T; r++)
    {
        LANES_UNROLL for (int p = 0; p < P; p++)
            sum[p][r] = matmul_start(t, starts, r, c, g);
    }
    LANES_UNROLL for (int q = (int)g * quads; q < ((int)g + 1) * quads; q++)
    {
        u8x64 v[MATMUL_PANELS];
        LANES_UNROLL for (int p = 0; p < P; p++)
            v[p] = b_load(w + (size_t)p * 512 * s->cells + q * 64);
        LANES_UNROLL for (int r = 0; r < T; r++)
            LANES_UNROLL for (int p = 0; p < P; p++)
                sum[p][r] = matmul_quad(t, sum[p][r], v[p], at->q[r] + 4 * q);
    }
}

/* P panels by T rows over the cells of a strip, going on from what y holds unless these are the first. */
LANES_INLINE void matmul_tile(int P, int T, const matmul_type *t, const matmul_strip *s, const matmul_acts *rows, const matmul_out *o)
{
    f32x16 acc[MATMUL_PANELS][MATMUL_TILE];
    matmul_here at = matmul_first_cell(rows, T, s->first);
    matmul_starts starts;
    matmul_start_rows(t, rows, T, s->first, s->cells, &starts);
    LANES_UNROLL for (int p = 0; p < P; p++)
        LANES_UNROLL for (int r = 0; r < T; r++)
            acc[p][r] = s->first ? f_load(o->y + (size_t)r * o->stride + 16 * (size_t)p) : f_zero();
    for (size_t c = 0; c < s->cells; c++) {
        i32x16 sum[2][MATMUL_PANELS][MATMUL_TILE];
        LANES_UNROLL for (unsigned g = 0; g < t->groups; g++)
            matmul_sums(P, T, t, s, &at, &starts, c, g, sum[g]);
        LANES_UNROLL for (int p = 0; p < P; p++)
        {
            const matmul_cell_scales k = matmul_strip_scales(t, s, (size_t)p, c);
            LANES_UNROLL for (int r = 0; r < T; r++)
                acc[p][r] = matmul_add(t, sum[0][p][r], t->groups > 1 ? sum[1][p][r] : i_zero(), &k, matmul_brings(t, &at, r), acc[p][r]);
        }
        matmul_next_cell(&at, T);
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
    const size_t stride = ink_act_bytes(INK_ACT_Q8, n);
    const int most = t->groups == 2 ? MATMUL_TILE_TWO : MATMUL_TILE;
    for (size_t r = 0, T; r < rows; r += T) {
        const matmul_acts a = { x + r * stride, stride, n };
        const matmul_out to = matmul_out_at(o, r, 0);
        T = matmul_tile_rows(rows - r, (size_t)most);
        if (most > 4 && T == (size_t)most)
            matmul_tile(P, most, t, s, &a, &to);
        else if (most >= 4 && T == 4)
            matmul_tile(P, 4, t, s, &a, &to);
        else if (most >= 2 && T == 2)
            matmul_tile(P, 2, t, s, &a, &to);
        else
            matmul_tile(P, 1, t, s, &a, &to);
    }
}
