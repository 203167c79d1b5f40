/* Tiles of a strip where the processor multiplies matrices (AMX): 16 rows by a group of a cell of a panel are one instruction.
   Weights stand in the strip less their zero, as signed bytes, which gives the same integers; floats then walk as in every other
   set.
   While tiles multiply, floats of 512 bits leave the processor through one port instead of two, so floats are what there is to
   wait for, and products must never be: each begins more than a cell of floats before it is asked for, those of the next tile
   while this one ends. Part of matmul.c. */
#include "kernels/amx.h"

enum { AMX_ROWS = 16, AMX_SETS = 2, AMX_CELLS = (INK_STRIP_CELLS + 15) / 16 * 16 };

/* Where the products of 16 rows by a panel begin: groups of columns lie one after another. */
typedef struct matmul_sides {
    const uint8_t *w;
    const int8_t *q;
} matmul_sides;

/* The products of tile after tile. Those past the `count` of this one are the first of the next. */
typedef struct matmul_products {
    matmul_sides now, next;
    size_t x_stride, first, count; /* first: how many there were before this tile */
    int32_t (*sums)[AMX_ROWS * 16]; /* of two cells, [row][lane] each */
} matmul_products;

/* What 16 rows of activations bring to the cells of a strip: scales, and sums of a cell or of each of its groups. They are copied so that one pointer
   reaches those of all rows. */
typedef struct matmul_rows {
    _Alignas(64) float d[AMX_ROWS][AMX_CELLS], sum[AMX_ROWS][2 * AMX_CELLS];
} matmul_rows;

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

/* A row of a tile of sums that begin with their base. */
static const _Alignas(64) int32_t matmul_bases[16] = { [0 ... 15] = MATMUL_BASE };

/* Products take turns with two sets of tiles. */
LANES_INLINE void matmul_multiply(const matmul_type *t, const matmul_products *p, size_t k)
{
    const unsigned groups = t->groups;
    const matmul_sides from = k < p->count ? p->now : p->next;
    const size_t at = k < p->count ? k : k - p->count;
    const int8_t *q = from.q + at * (INK_QUANT_CELL / groups);
    const uint8_t *w = from.w + at * (512 / groups);
    if ((p->first + k) % AMX_SETS) {
        amx_load(3, q, p->x_stride);
        amx_load(4, w, 64);
        if (matmul_base(t))
            amx_load(5, matmul_bases, 0);
        else
            amx_zero(5);
        amx_dot(5, 3, 4);
    } else {
        amx_load(0, q, p->x_stride);
        amx_load(1, w, 64);
        if (matmul_base(t))
            amx_load(2, matmul_bases, 0);
        else
            amx_zero(2);
        amx_dot(2, 0, 1);
    }
}

LANES_INLINE void matmul_keep(unsigned groups, matmul_products *p, size_t k)
{
    int32_t *sums = p->sums[(p->first + k) % (2 * groups)];
    if ((p->first + k) % AMX_SETS)
        amx_store(5, sums, 64);
    else
        amx_store(2, sums, 64);
}

LANES_INLINE void matmul_begin(const matmul_type *t, matmul_products *p)
{
    matmul_multiply(t, p, 0);
    LANES_UNROLL for (unsigned g = 0; g < t->groups; g++) {
        matmul_multiply(t, p, g + 1);
        matmul_keep(t->groups, p, g);
    }
}

/* What is done beside row r of the floats of a cell: in turns a product begins and the one before it is kept. */
LANES_INLINE void matmul_beside(const matmul_type *t, matmul_products *p, size_t cell, unsigned r)
{
    const unsigned rows = AMX_ROWS / t->groups;
    const size_t k = (cell + 1) * t->groups + r / rows;
    if (r % rows == 0)
        matmul_multiply(t, p, k + 1);
    if (r % rows == rows / 2)
        matmul_keep(t->groups, p, k);
}

LANES_INLINE void matmul_copy(const float *from, size_t count, float *to)
{
    for (size_t i = 0; i < count; i += 16)
        f_store(to + i, f_load_n(from + i, ink_least(count - i, 16)));
}

/* The last of T rows stands for those that are missing. */
LANES_INLINE void matmul_bring_rows(int T, const matmul_type *t, const matmul_strip *s, const matmul_acts *acts, matmul_rows *rows)
{
    for (int r = 0; r < AMX_ROWS; r++) {
        const ink_act_q8 a = matmul_row(acts, (size_t)(r < T ? r : T - 1));
        matmul_copy(a.d + s->first, s->cells, rows->d[r]);
        if (matmul_minimum(t) && t->groups == 1)
            matmul_copy(a.sum + s->first, s->cells, rows->sum[r]);
        if (matmul_minimum(t) && t->groups == 2)
            for (size_t i = 0; i < 2 * s->cells; i++)
                rows->sum[r][i] = (float)-a.minus16[2 * s->first + i];
    }
}

/* A panel of the strip by 16 rows, of which T are kept. */
LANES_INLINE void matmul_tile(int T, const matmul_type *t, const matmul_strip *s, size_t panel, const matmul_rows *rows, matmul_products *p, const matmul_out *o)
{
    const unsigned groups = t->groups;
    f32x16 acc[AMX_ROWS];
    LANES_EACH(r, AMX_ROWS)
        acc[r] = s->first && r < T ? f_load(o->y + (size_t)r * o->stride) : f_zero();
    const float *d = rows->d[0], *sum = rows->sum[0];
    for (size_t c = 0; c < s->cells; c++, d++, sum += groups) {
        const matmul_cell_scales k = matmul_strip_scales(t, s, panel, c);
        const int32_t *at = p->sums[(p->first + c * groups) % (2 * groups)];
        LANES_KEEP(at); /* or an index beside it would cost each row a step */
        LANES_KEEP(d);
        LANES_KEEP(sum);
        LANES_EACH(r, AMX_ROWS) {
            matmul_beside(t, p, c, (unsigned)r);
            matmul_act a = { .d = d[r * AMX_CELLS] };
            LANES_UNROLL for (unsigned g = 0; g < groups; g++)
                a.sum[g] = matmul_minimum(t) ? sum[2 * r * AMX_CELLS + (int)g] : 0;
            acc[r] = matmul_add(t, i_load(at + 16 * r), groups > 1 ? i_load(at + 16 * (AMX_ROWS + r)) : i_zero(), &k, a, acc[r]);
        }
    }
    LANES_EACH(r, AMX_ROWS)
        if (r < T)
            f_store(o->y + (size_t)r * o->stride, acc[r]);
}

/* `blocks` times T rows by the P panels of the strip. */
LANES_INLINE void matmul_blocks(const matmul_type *t, const matmul_strip *s, int P, int T, size_t blocks, const uint8_t *x, size_t n, matmul_out o)
{
    const size_t x_stride = ink_act_bytes(INK_ACT_Q8, n), tiles = blocks * (size_t)P;
    _Alignas(64) int32_t sums[4][AMX_ROWS * 16] = { { 0 } }; /* rows past T stay so */
    matmul_products p = { .sums = sums, .now = { s->w, ink_act_q8_at(x, n).q + INK_QUANT_CELL * s->first }, .x_stride = x_stride, .count = t->groups * s->cells };
    matmul_rows rows;
    matmul_shapes((size_t)T, t->groups);
    p.next = p.now;
    matmul_begin(t, &p);
    for (size_t i = 0; i < tiles; i++) {
        const size_t panel = i % (size_t)P, row = i / (size_t)P * AMX_ROWS;
        const matmul_out to = matmul_out_at(o, row, 16 * panel);
        if (i + 1 < tiles) {
            p.next.w = s->w + 512 * s->cells * ((i + 1) % (size_t)P);
            p.next.q += panel + 1 == (size_t)P ? AMX_ROWS * x_stride : 0;
        }
        if (!panel)
            matmul_bring_rows(T, t, s, &(matmul_acts){ x + row * x_stride, x_stride, n }, &rows);
        matmul_tile(T, t, s, panel, &rows, &p, &to);
        p.first += p.count;
        p.now = p.next;
    }
    amx_release();
}

LANES_INLINE void matmul_tiles(const matmul_type *t, const matmul_strip *s, int P, const uint8_t *x, size_t n, size_t rows, matmul_out o)
{
    const size_t whole = rows / AMX_ROWS * AMX_ROWS;
    if (whole)
        matmul_blocks(t, s, P, AMX_ROWS, whole / AMX_ROWS, x, n, o);
    if (whole < rows)
        matmul_blocks(t, s, P, (int)(rows - whole), 1, x + whole * ink_act_bytes(INK_ACT_Q8, n), n, matmul_out_at(o, whole, 0));
}
