/* Products with quantised weights. For 32 columns (16, where a sub-scale covers 16) the integer products are summed
   exactly, starting from minus zero times the sum of the activations. A cell of 32 columns adds
       cell = fl(sum · w_scale), or, of two groups, cell = fl(sum0 · w_scale0 - base · w_scale1), cell = fl((base + sum1) · w_scale1 + cell),
       cell = fma(minimum, act_sum, cell) of each group, and acc = fma(cell, act_scale, acc).
   The base (below) saves steps. Of two groups it costs the first a rounding at two thirds of an integer of the second at most: what one of its
   activations loses by being eight bits.
   Columns in order, output rows in lanes: every instruction set and every number of rows walks the same way, so all give
   the same bits.
   Few rows read the planes as they are. Many rows share a strip: some cells of one or two panels, their planes expanded to
   bytes and their scales to floats once, then tiles of several rows, their sums resting in y between strips. The same cells of all
   panels come one after the other, so that what these cells are of the rows is still near (512 rows of 5,632 columns are 4.5 MiB, and
   reading them anew for every two panels cost a tenth). */
#include "base/count.h"
#include "kernels/act_layout.h"
#include "kernels/fetch.h"
#include "kernels/kernels.h"
#include "kernels/lanes.h"
#include "kernels/quant.h"

/* What the registers have room for: panels and rows of a tile of many rows (where a cell has two groups), rows of a group of few. And whether weights
   stand in a strip less their zero. */
#if defined(INK_ISA_AVX512)
enum { MATMUL_PANELS = 2, MATMUL_TILE = 6, MATMUL_TILE_TWO = 4, MATMUL_FEW = 12 }; /* 12 sums of integers, 12 of floats, 2 weights: 26 of 32 registers */
#elif defined(INK_ISA_AVX2)
enum { MATMUL_PANELS = 1, MATMUL_TILE = 2, MATMUL_TILE_TWO = 2, MATMUL_FEW = 2 };
#else
enum { MATMUL_PANELS = 1, MATMUL_TILE = 1, MATMUL_TILE_TWO = 1, MATMUL_FEW = 1 };
#endif
enum { MATMUL_ROWS = (int)MATMUL_FEW > (int)MATMUL_TILE ? (int)MATMUL_FEW : (int)MATMUL_TILE }; /* the most that are walked side by side */
/* Rows from which on a strip pays. */
#if defined(INK_ISA_AMX)
enum { MATMUL_MANY = 24 };
#elif defined(INK_ISA_AVX512)
enum { MATMUL_MANY = 40 };
#else
enum { MATMUL_MANY = 8 };
#endif
enum { MATMUL_QUADS = INK_QUANT_CELL / 4, MATMUL_CELLS = 2 /* of a row, that a strip needs: products of tiles begin a cell before they are asked for */ };
#if defined(INK_ISA_AMX)
enum { MATMUL_SIGNED = 1 };
#else
enum { MATMUL_SIGNED = 0 };
#endif
/* Where a product goes: rows `stride` floats apart. */
typedef struct matmul_out {
    float *y;
    size_t stride;
} matmul_out;

LANES_INLINE matmul_out matmul_out_at(matmul_out o, size_t row, size_t column)
{
    o.y += row * o.stride + column;
    return o;
}

/* What a type is, known when its functions are compiled. */
typedef struct matmul_type {
    int bits;
    unsigned groups;   /* groups of a cell: 1, or 2 where a sub-scale covers 16 columns */
    int zero;
    ink_quant_scale scale;
    const int8_t *table;
    size_t cells;            /* of a block */
    size_t head, subs, cell; /* bytes: scales of a block; sub-scales and all of a cell */
} matmul_type;

/* Cells that are taken together: whole blocks. */
LANES_INLINE size_t matmul_together(const matmul_type *t) { return INK_STRIP_CELLS / t->cells * t->cells; }

#define MATMUL_SUBS(scale) ((scale) == INK_SCALE_SUBM ? 2u : (scale) == INK_SCALE_SUB || (scale) == INK_SCALE_NIBBLES ? 1u : 0u)
#define MATMUL_TYPE(bits_, group, zero_, scale_, table_)                                                                                             \
    { .bits = (bits_), .groups = 32 / (group), .zero = (zero_), .scale = (scale_), .table = (table_),                              \
      .cells = MATMUL_SUBS(scale_) ? 8 : 1,                                                                                                          \
      .head = (scale_) == INK_SCALE_E8 ? 16 : (scale_) == INK_SCALE_D || (scale_) == INK_SCALE_SUB ? 32 : 64,                                        \
      .subs = MATMUL_SUBS(scale_) * 16 * (32 / (group)), .cell = MATMUL_SUBS(scale_) * 16 * (32 / (group)) + (bits_) * 64 }

LANES_INLINE bool matmul_minimum(const matmul_type *t)
{
    return t->scale == INK_SCALE_DM || t->scale == INK_SCALE_SUBM || t->scale == INK_SCALE_NIBBLES;
}

/* One plane's share of the quads: bits [done, done + bits) of every byte, or'ed to what is there. */
LANES_INLINE void matmul_plane(const uint8_t *p, int bits, int done, u8x64 w[MATMUL_QUADS])
{
    LANES_UNROLL for (int q = 0; q < MATMUL_QUADS; q++)
    {
        u8x64 part = b_move(b_load(p + q % bits * 64), done - q / bits * bits, ((1 << bits) - 1) << done);
        w[q] = done ? b_or(w[q], part) : part;
    }
}

/* The planes of one cell as eight quads of bytes. */
LANES_INLINE void matmul_planes(const matmul_type *t, const uint8_t *p, u8x64 w[MATMUL_QUADS])
{
    if (t->bits == 8) {
        LANES_UNROLL for (int q = 0; q < MATMUL_QUADS; q++)
            w[q] = b_load(p + 64 * q);
        return;
    }
    if (t->bits & 4)
        matmul_plane(p, 4, 0, w);
    if (t->bits & 2)
        matmul_plane(p + (t->bits & 4) * 64, 2, t->bits & 4, w);
    if (t->bits & 1)
        matmul_plane(p + (t->bits & 6) * 64, 1, t->bits & 6, w);
}

LANES_INLINE void matmul_look_up(const matmul_type *t, u8x64 w[MATMUL_QUADS])
{
    if (!t->table)
        return;
    LANES_UNROLL for (int q = 0; q < MATMUL_QUADS; q++)
        w[q] = b_table(w[q], t->table);
}

/* The bits of 1.5 · 2^23, where floats are whole numbers. A sum of integers that begins with them is, read as a float, 1.5 · 2^23 + sum, and one fused
   step takes it times a scale: fma(read, scale, -1.5 · 2^23 · scale) is fl(sum · scale) to the bit while both products are exact, as |sum| < 2^22 and
   a scale is an f16 times eight bits at most (19 bits, and two more; scales of two groups share the f16, so that their sum is 20 bits). Saves the
   steps that make floats of integers. */
enum { MATMUL_BASE = 0x4b400000 };
#define MATMUL_BASE_VALUE 12582912.0f

/* Zero where a scale may be any power of two: one that its product with the base exceeds. */
LANES_INLINE int32_t matmul_base(const matmul_type *t) { return t->scale == INK_SCALE_E8 ? 0 : MATMUL_BASE; }

/* Some rows of activations, so many bytes and columns wide. */
typedef struct matmul_acts {
    const uint8_t *x;
    size_t stride, columns;
} matmul_acts;

LANES_INLINE ink_act_q8 matmul_row(const matmul_acts *rows, size_t r) { return ink_act_q8_at(rows->x + r * rows->stride, rows->columns); }

/* Rows at a cell: where the bytes of each stand, and how far from there its other numbers do, which is the same for all. So one pointer a row is all
   that moves, and the compiler is kept from making others of it: there are not so many registers. */
typedef struct matmul_here {
    const uint8_t *q[MATMUL_ROWS];
    ptrdiff_t d, sum, minus16;
} matmul_here;

LANES_INLINE matmul_here matmul_first_cell(const matmul_acts *rows, int T, size_t cell)
{
    matmul_here at;
    const ink_act_q8 a = matmul_row(rows, 0);
    const uint8_t *q = (const uint8_t *)a.q + INK_QUANT_CELL * cell;
    at.d = (const uint8_t *)(a.d + cell) - q;
    at.sum = (const uint8_t *)(a.sum + cell) - q;
    at.minus16 = (const uint8_t *)(a.minus16 + 2 * cell) - q;
    LANES_EACH(r, T)
        at.q[r] = q + (size_t)r * rows->stride;
    return at;
}

LANES_INLINE void matmul_next_cell(matmul_here *at, int T)
{
    LANES_EACH(r, T)
    {
        at->q[r] += INK_QUANT_CELL;
        LANES_KEEP(at->q[r]);
    }
    at->d += (ptrdiff_t)sizeof(float) - INK_QUANT_CELL;
    at->sum += (ptrdiff_t)sizeof(float) - INK_QUANT_CELL;
    at->minus16 += 2 * (ptrdiff_t)sizeof(int32_t) - INK_QUANT_CELL;
}

/* What a cell of a row of activations brings: its scale, and the sum of it or of each of its groups where weights have a minimum. */
typedef struct matmul_act {
    float d, sum[2];
} matmul_act;

LANES_INLINE matmul_act matmul_brings(const matmul_type *t, const matmul_here *at, int r)
{
    const uint8_t *q = at->q[r];
    matmul_act x = { .d = *(const float *)(const void *)(q + at->d) };
    if (matmul_minimum(t) && t->groups == 1)
        x.sum[0] = *(const float *)(const void *)(q + at->sum);
    if (matmul_minimum(t) && t->groups == 2) {
        const int32_t *minus = (const int32_t *)(const void *)(q + at->minus16);
        x.sum[0] = (float)-minus[0];
        x.sum[1] = (float)-minus[1];
    }
    return x;
}

/* What the integer sums of some cells of rows begin with, group by group: a step for sixteen, where each would take one. */
typedef struct matmul_starts {
    int32_t of[MATMUL_ROWS][2 * INK_STRIP_CELLS];
} matmul_starts;

LANES_INLINE void matmul_start_rows(const matmul_type *t, const matmul_acts *rows, int T, size_t first, size_t cells, matmul_starts *starts)
{
    if (!t->zero)
        return;
    LANES_EACH(r, T)
    {
        const ink_act_q8 a = matmul_row(rows, (size_t)r);
        const int32_t *minus = t->groups == 1 ? a.minus + first : a.minus16 + 2 * first;
        for (size_t i = 0; i < t->groups * cells; i++)
            starts->of[r][i] = minus[i] * t->zero + matmul_base(t);
    }
}

LANES_INLINE i32x16 matmul_start(const matmul_type *t, const matmul_starts *starts, int r, size_t cell, unsigned group)
{
    return i_set1(t->zero ? starts->of[r][t->groups * cell + group] : matmul_base(t));
}

/* Scales and minimums of the weights of a cell, by group. */
typedef struct matmul_cell_scales {
    f32x16 d[2], m[2], back; /* back: what takes the bases out of both products */
} matmul_cell_scales;

/* Scale and minimum of a group of a cell. */
LANES_INLINE void matmul_group_scales(const matmul_type *t, const uint8_t *head, const uint8_t *cell, unsigned group, f32x16 *d, f32x16 *m)
{
    const uint8_t *sub = cell + 16 * group;
    *d = t->scale == INK_SCALE_E8 ? f_load_e8(head) : f_load_f16((const uint16_t *)(const void *)head);
    if (t->scale == INK_SCALE_SUB)
        *d = f_mul(*d, f_load_i8((const int8_t *)sub));
    if (t->scale == INK_SCALE_SUBM)
        *d = f_mul(*d, f_load_u8(sub));
    if (t->scale == INK_SCALE_NIBBLES)
        *d = f_mul(*d, f_load_nibble(sub, 0));
    if (!matmul_minimum(t))
        return;
    *m = f_load_f16((const uint16_t *)(const void *)(head + 32));
    if (t->scale == INK_SCALE_SUBM)
        *m = f_sub(f_zero(), f_mul(*m, f_load_u8(sub + 16 * t->groups)));
    if (t->scale == INK_SCALE_NIBBLES)
        *m = f_sub(f_zero(), f_mul(*m, f_load_nibble(sub, 1)));
}

LANES_INLINE matmul_cell_scales matmul_scales(const matmul_type *t, const uint8_t *head, const uint8_t *cell)
{
    matmul_cell_scales k = { .back = f_zero() };
    LANES_UNROLL for (unsigned g = 0; g < t->groups; g++)
        matmul_group_scales(t, head, cell, g, &k.d[g], &k.m[g]);
    if (matmul_base(t)) {
        const f32x16 base = f_set1(-MATMUL_BASE_VALUE);
        k.back = f_mul(k.d[0], base);
        k.back = t->groups == 2 ? f_fma(k.d[1], base, k.back) : k.back;
    }
    return k;
}

/* A sum and the products of four columns, whose activations stand at q. */
LANES_INLINE i32x16 matmul_quad(const matmul_type *t, i32x16 sum, u8x64 w, const uint8_t *q)
{
    const int8_t *a = (const int8_t *)q;
    return t->bits == 8 || t->table ? b_dot_quad(sum, w, a) : b_dot7_quad(sum, w, a); /* there a weight may exceed 127 */
}

/* What a cell adds to a row's accumulator. */
LANES_INLINE f32x16 matmul_add(const matmul_type *t, i32x16 sum0, i32x16 sum1, const matmul_cell_scales *k, matmul_act a, f32x16 acc)
{
    f32x16 cell = matmul_base(t) ? f_fma(f_bits(sum0), k->d[0], k->back) : f_mul(f_from_i(sum0), k->d[0]);
    if (t->groups == 2)
        cell = f_fma(f_bits(sum1), k->d[1], cell);
    LANES_UNROLL for (unsigned g = 0; g < t->groups; g++)
        cell = matmul_minimum(t) ? f_fma(k->m[g], f_set1(a.sum[g]), cell) : cell;
    return f_fma(cell, f_set1(a.d), acc);
}

/* ---- few rows: T of them against one panel, planes as they lie ---- */

/* c: the cell among those that have starts. */
LANES_INLINE void matmul_cell(const matmul_type *t, const uint8_t *head, const uint8_t *cell, size_t c, const matmul_here *at, const matmul_starts *starts, int T, f32x16 *acc)
{
    u8x64 w[MATMUL_QUADS];
    matmul_planes(t, cell + t->subs, w);
    matmul_look_up(t, w);
    const matmul_cell_scales k = matmul_scales(t, head, cell);
    const int quads = MATMUL_QUADS / (int)t->groups;
    LANES_EACH(r, T)
    {
        i32x16 sum[2] = { i_zero(), i_zero() };
        LANES_UNROLL for (unsigned g = 0; g < t->groups; g++)
        {
            sum[g] = matmul_start(t, starts, r, c, g);
            LANES_UNROLL for (int q = (int)g * quads; q < ((int)g + 1) * quads; q++)
                sum[g] = matmul_quad(t, sum[g], w[q], at->q[r] + 4 * q);
        }
        acc[r] = matmul_add(t, sum[0], sum[1], &k, matmul_brings(t, at, r), acc[r]);
    }
}

LANES_INLINE void matmul_few(const matmul_type *t, const uint8_t *panel, const matmul_acts *rows, int T, const matmul_out *o)
{
    const size_t cells = rows->columns / INK_QUANT_CELL;
    matmul_here at = matmul_first_cell(rows, T, 0);
    f32x16 acc[MATMUL_FEW];
    LANES_EACH(r, T)
        acc[r] = f_zero();
    for (size_t first = 0, n; first < cells; first += n) {
        matmul_starts starts;
        n = ink_least(cells - first, matmul_together(t));
        matmul_start_rows(t, rows, T, first, n, &starts);
        for (size_t c = 0; c < n; c += t->cells) {
            const uint8_t *head = panel;
            panel += t->head;
            for (size_t i = 0; i < t->cells; i++, panel += t->cell) {
                LANES_UNROLL for (size_t line = 0; line < t->cell; line += 64)
                {
                    __builtin_prefetch(panel + FETCH_NEAR + line);
                    __builtin_prefetch(panel + FETCH_FAR + line, 0, 2);
                }
                matmul_cell(t, head, panel, c + i, &at, &starts, T, acc);
                matmul_next_cell(&at, T);
            }
        }
    }
    LANES_EACH(r, T)
        f_store(o->y + (size_t)r * o->stride, acc[r]);
}

/* ---- many rows: a strip of one or two panels, expanded so many cells at a time as stay in L1; tiles of T rows ---- */

typedef struct matmul_strip {
    uint8_t *w;          /* [panel][cell][512] */
    float *d, *m;        /* [panel][cell][group][16]; room for two groups */
    float *back;         /* [panel][cell][16] */
    size_t first, cells; /* of the row */
} matmul_strip;

LANES_INLINE matmul_cell_scales matmul_strip_scales(const matmul_type *t, const matmul_strip *s, size_t panel, size_t c)
{
    const size_t at = (panel * s->cells + c) * t->groups * 16;
    matmul_cell_scales k = { .back = f_load(s->back + (panel * s->cells + c) * 16) };
    LANES_UNROLL for (unsigned g = 0; g < t->groups; g++)
    {
        k.d[g] = f_load(s->d + at + 16 * g);
        k.m[g] = matmul_minimum(t) ? f_load(s->m + at + 16 * g) : f_zero();
    }
    return k;
}

static matmul_strip matmul_strip_at(void *scratch)
{
    matmul_strip s = { .w = scratch };
    s.d = (float *)(void *)(s.w + 2 * INK_STRIP_CELLS * 512);
    s.m = s.d + 2 * INK_STRIP_CELLS * 2 * 16;
    s.back = s.m + 2 * INK_STRIP_CELLS * 2 * 16;
    return s;
}

LANES_INLINE void matmul_expand(const matmul_type *t, const uint8_t *panel, const matmul_strip *s, size_t at)
{
    uint8_t *w = s->w + at * s->cells * 512;
    float *d = s->d + at * s->cells * t->groups * 16, *m = s->m + at * s->cells * t->groups * 16, *back = s->back + at * s->cells * 16;
    panel += s->first / t->cells * (t->head + t->cells * t->cell);
    for (size_t c = 0; c < s->cells; c += t->cells) {
        const uint8_t *head = panel;
        panel += t->head;
        for (size_t i = 0; i < t->cells; i++, panel += t->cell, w += 512, back += 16) {
            u8x64 v[MATMUL_QUADS];
            LANES_UNROLL for (size_t line = 0; line < t->cell; line += 64)
                __builtin_prefetch(panel + FETCH_FAR + line, 0, 2);
            const matmul_cell_scales k = matmul_scales(t, head, panel);
            matmul_planes(t, panel + t->subs, v);
            matmul_look_up(t, v);
            LANES_UNROLL for (int q = 0; q < MATMUL_QUADS; q++)
                b_store(w + 64 * q, MATMUL_SIGNED ? b_less(v[q], t->zero) : v[q]);
            LANES_UNROLL for (unsigned g = 0; g < t->groups; g++, d += 16, m += 16)
            {
                f_store(d, k.d[g]);
                if (matmul_minimum(t))
                    f_store(m, k.m[g]);
            }
            f_store(back, k.back);
        }
    }
}

#if defined(INK_ISA_AMX)
#include "kernels/matmul_amx.h"
#else
#include "kernels/matmul_tiles.h"
#endif

LANES_INLINE void matmul_many(const matmul_type *t, const ink_packed *w, size_t p0, size_t p1, const uint8_t *x, size_t rows, matmul_out o, void *scratch)
{
    const size_t cells = w->cols / INK_QUANT_CELL, strips = ink_pieces(cells, INK_STRIP_CELLS);
    size_t most = t->cells > 1 ? matmul_together(t) : ink_pieces(cells, strips);
    while (cells % most == 1) /* no strip of less than MATMUL_CELLS */
        most--;
    matmul_strip s = matmul_strip_at(scratch);
    for (s.first = 0; s.first < cells; s.first += s.cells) {
        s.cells = ink_least(cells - s.first, most);
        for (size_t p = p0, P; p < p1; p += P) {
            P = p1 - p >= MATMUL_PANELS ? MATMUL_PANELS : 1;
            const matmul_out to = matmul_out_at(o, 0, 16 * (p - p0));
            for (size_t i = 0; i < P; i++)
                matmul_expand(t, w->data + (p + i) * w->panel_bytes, &s, i);
            if (MATMUL_PANELS > 1 && P == MATMUL_PANELS)
                matmul_tiles(t, &s, MATMUL_PANELS, x, w->cols, rows, to);
            else
                matmul_tiles(t, &s, 1, x, w->cols, rows, to);
        }
    }
}

/* How many rows are taken at a time, as X(rows). */
#define MATMUL_FEW_LIST(X) X(12) X(8) X(4) X(2) X(1)
#define MATMUL_FEW_FITS(n) if (n <= MATMUL_FEW && left >= n) return n;
#define MATMUL_FEW_CALL(n) if (n <= MATMUL_FEW && T == n) matmul_few(t, panel, &a, n, &to);

static size_t matmul_few_rows(size_t left)
{
    MATMUL_FEW_LIST(MATMUL_FEW_FITS)
    return left;
}

LANES_INLINE void matmul_some(const matmul_type *t, const ink_packed *w, size_t p0, size_t p1, const uint8_t *x, size_t rows, matmul_out o)
{
    const size_t stride = ink_act_bytes(INK_ACT_Q8, w->cols);
    for (size_t p = p0; p < p1; p++)
        for (size_t r = 0, T; r < rows; r += T) {
            const matmul_acts a = { x + r * stride, stride, w->cols };
            const uint8_t *panel = w->data + p * w->panel_bytes;
            const matmul_out to = matmul_out_at(o, r, 16 * (p - p0));
            T = matmul_few_rows(rows - r);
            MATMUL_FEW_LIST(MATMUL_FEW_CALL)
        }
}

/* ---- a function for each type ---- */

#define INK_QUANT(type, bits, group, zero, scale, table, how)                                                                                        \
    static void matmul_##type(const ink_packed *w, size_t p0, size_t p1, const void *x, size_t rows, float *y, size_t y_stride, void *scratch)       \
    {                                                                                                                                                \
        static const matmul_type t = MATMUL_TYPE(bits, group, zero, INK_SCALE_##scale, table);                                                      \
        const matmul_out o = { y, y_stride };                                                                                                        \
        if (rows >= MATMUL_MANY && w->cols >= MATMUL_CELLS * INK_QUANT_CELL)                                                                         \
            matmul_many(&t, w, p0, p1, x, rows, o, scratch);                                                                                         \
        else                                                                                                                                         \
            matmul_some(&t, w, p0, p1, x, rows, o);                                                                                                  \
    }
#include "kernels/quants.def"
#undef INK_QUANT

void INK_KERNEL(ink_matmul)(ink_kernels *k);
void INK_KERNEL(ink_matmul)(ink_kernels *k)
{
#define INK_QUANT(type, bits, group, zero, scale, table, how) k->matmul[INK_PACK_##type] = matmul_##type;
#include "kernels/quants.def"
#undef INK_QUANT
}
