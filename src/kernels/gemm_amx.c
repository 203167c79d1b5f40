/* The products of gemm_bf16.c where the processor multiplies tiles: 16 rows of 32 steps by 32 steps of 16 columns are one instruction.
   Both sides are rounded to bf16 into whole tiles, zero past their ends; four tiles of sums walk the depth in order, so that
   blocks and tiles change no bit. Numbers below 2^-126 count as zero. */
#include "kernels/amx.h"

enum {
    TILE = 16,                /* rows of a, columns of b and c */
    GEMM_STEP = 2,
    GEMM_ROWS = TILE,
    GEMM_WIDE = TILE,
    TILE_DEPTH = 32,          /* steps of the depth, two to a pair of bf16 */
    TILE_BYTES = 1024,
    GEMM_PAIR = 2 * TILE,
    GATHER_WIDE = 4 * TILE,   /* lanes that are read at a time where they lie side by side */
    LINE = 64,
    GEMM_DEPTH = 512,         /* over which two panels of a fit the first cache */
    GEMM_DEEP = 1536,         /* over which sums of c are written once */
    GEMM_A_ROOM = 384 << 10,  /* of a block of a, */
    GEMM_B_ROOM = 640 << 10,  /* and of b, which stay in the second cache */
};

#include "kernels/gemm_blocks.h"

_Static_assert(GEMM_A_ROOM + GEMM_B_ROOM <= INK_GEMM_SCRATCH, "the scratch is too small");

static size_t gemm_steps(size_t depth) { return ink_pieces(depth, TILE_DEPTH) * TILE; }

/* Panels are whole tiles, one after another. */
static bool gemm_along(const gemm_side *s)
{
    (void)s;
    return false;
}

LANES_INLINE f32x16 gemm_pairs(f32x16 even, f32x16 odd) /* lane by lane */
{
    const __m512i low = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(even)), high = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(odd));
    return _mm512_castsi512_ps(_mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
}

/* Floats are read in the order in which they lie, since memory and its prefetching want that, and turned where they were put. */

/* Steps lie side by side: a row of a tile is 32 of them of a lane. */
static void gemm_lane(const float *x, size_t depth, float *out)
{
    size_t k = 0;
    for (; k + TILE_DEPTH <= depth; k += TILE_DEPTH, out += TILE * TILE)
        f_store(out, (f32x16)_mm512_castsi512_ps((__m512i)_mm512_cvtne2ps_pbh(f_load(x + k + TILE), f_load(x + k))));
    if (k < depth)
        f_store(out, (f32x16)_mm512_castsi512_ps((__m512i)_mm512_cvtne2ps_pbh(f_load_n(x + k + TILE, depth - k > TILE ? depth - k - TILE : 0), f_load_n(x + k, ink_least(depth - k, TILE)))));
}

/* Lanes lie side by side: a row of a tile is two steps of 16 of them. */
static void gemm_pair_of_steps(const float *even, const float *odd, size_t lanes, size_t each, float *out)
{
    size_t i = 0;
    for (; i + TILE <= lanes; i += TILE, out += each)
        f_store(out, gemm_pairs(f_load(even + i), odd ? f_load(odd + i) : f_zero()));
    if (i < lanes)
        f_store(out, gemm_pairs(f_load_n(even + i, lanes - i), odd ? f_load_n(odd + i, lanes - i) : f_zero()));
}

/* Nothing in the rows of tiles from `row` on. */
static void gemm_blank(float *out, size_t row, size_t tiles, size_t each)
{
    for (size_t t = 0; t < tiles; t++)
        memset(out + t * each + row * TILE, 0, (TILE - row) * TILE * sizeof *out);
}

static void gemm_turn(float *tile)
{
    f32x16 r[TILE];
    LANES_EACH(i, TILE)
        r[i] = f_load(tile + TILE * i);
    f_transpose(r);
    LANES_EACH(i, TILE)
        f_store(tile + TILE * i, r[i]);
}

/* One row of tiles along the depth. */
static void gemm_tiles_along(const gemm_side *s, size_t lanes, size_t depth, float *out)
{
    const size_t tiles = ink_pieces(depth, TILE_DEPTH);
    for (size_t i = 0; i < lanes; i++)
        gemm_lane(s->x + i * s->lane, depth, out + i * TILE);
    if (lanes < TILE)
        gemm_blank(out, lanes, tiles, TILE * TILE);
    for (size_t t = 0; s->which == INK_GEMM_B && t < tiles; t++)
        gemm_turn(out + t * TILE * TILE);
}

/* One row of tiles along the lanes. */
static void gemm_tiles_across(const gemm_side *s, size_t lanes, size_t depth, size_t each, float *out)
{
    const size_t tiles = ink_pieces(lanes, TILE), filled = (depth + 1) / 2;
    for (size_t k = 0; k < depth; k += 2)
        gemm_pair_of_steps(s->x + k * s->step, k + 1 < depth ? s->x + (k + 1) * s->step : NULL, lanes, each, out + k / 2 * TILE);
    if (filled < TILE)
        gemm_blank(out, filled, tiles, each);
    for (size_t t = 0; s->which == INK_GEMM_A && t < tiles; t++)
        gemm_turn(out + t * each);
}

/* Tiles along the depth, then along the lanes. A row of one is a lane's steps (a), or a pair of steps of all its lanes (b). */
static void gemm_gather(const gemm_side *s, size_t lanes, size_t depth, const gemm_panels *p, float *out)
{
    gemm_side from = *s;
    if (s->step == 1)
        for (size_t i = 0; i < lanes; i += TILE, from.x += TILE * s->lane)
            gemm_tiles_along(&from, ink_least(lanes - i, TILE), depth, out + i / TILE * p->each);
    else
        for (size_t k = 0; k < depth; k += TILE_DEPTH)
            for (size_t i = 0; i < lanes; i += GATHER_WIDE) {
                from.x = s->x + k * s->step + i;
                gemm_tiles_across(&from, ink_least(lanes - i, GATHER_WIDE), ink_least(depth - k, TILE_DEPTH), p->each, out + i / TILE * p->each + k / TILE_DEPTH * TILE * TILE);
            }
}

typedef struct gemm_sums { /* 32 rows by 32 columns of c, where less than that is there; what is past them goes along and nowhere */
    _Alignas(64) float at[GEMM_PAIR][GEMM_PAIR];
} gemm_sums;

static void gemm_edge(gemm_sums *s, float *c, size_t c_row, size_t rows, size_t columns, bool out)
{
    for (size_t r = 0; r < rows; r++)
        memcpy(out ? (void *)(c + r * c_row) : (void *)s->at[r], out ? (void *)s->at[r] : (void *)(c + r * c_row), columns * sizeof *c);
}

typedef struct gemm_two { /* two tiles along the depth; `next` bytes from the first to the second, or 0 where there is one */
    const uint8_t *at;
    size_t next;
} gemm_two;

static gemm_two gemm_pair(const gemm_panels *p, size_t lane, size_t deep)
{
    return (gemm_two){ (const uint8_t *)(p->at + lane / TILE * p->each) + deep * TILE_BYTES, p->lanes - lane > TILE ? p->each * sizeof *p->at : 0 };
}

/* c of two tiles by two += a b over so many tiles of the depth; add: c holds sums. Meanwhile some of the tiles that are next are fetched
   into the second cache: of two lines side by side one, as the processor fetches the other. */
static void gemm_four(gemm_two l, gemm_two r, size_t depth, float *c, size_t c_row, bool add, gemm_two next)
{
    const uint8_t *a = l.at, *b = r.at;
    const size_t row = c_row * sizeof *c;
    if (add) {
        amx_load(0, c, row);
        amx_load(1, c + TILE, row);
        amx_load(2, c + TILE * c_row, row);
        amx_load(3, c + TILE * c_row + TILE, row);
    } else {
        amx_zero(0);
        amx_zero(1);
        amx_zero(2);
        amx_zero(3);
    }
    for (size_t k = 0; k < depth; k++, a += TILE_BYTES, b += TILE_BYTES) {
        amx_load(4, a, 64);
        amx_load(6, b, 64);
        amx_dot_bf16(0, 4, 6);
        amx_load(7, b + r.next, 64);
        amx_dot_bf16(1, 4, 7);
        amx_load(5, a + l.next, 64);
        amx_dot_bf16(2, 5, 6);
        amx_dot_bf16(3, 5, 7);
        __builtin_prefetch(next.at, 0, 2);
        __builtin_prefetch(next.at + next.next, 0, 2);
        next.at += 2 * LINE;
    }
    amx_store(0, c, row);
    amx_store(1, c + TILE, row);
    amx_store(2, c + TILE * c_row, row);
    amx_store(3, c + TILE * c_row + TILE, row);
}

/* Two panels of a, from `row` on, by all columns of the block, over tiles [from, from + deep) of the depth. */
static void gemm_strip(const ink_gemm *g, const gemm_panels side[2], size_t row, size_t from, size_t deep, bool add, gemm_two next)
{
    const gemm_panels *a = &side[INK_GEMM_A], *b = &side[INK_GEMM_B];
    const size_t c_row = g->c_row, tall = ink_least(a->lanes - row, GEMM_PAIR);
    gemm_sums edge;
    for (size_t column = 0; column < b->lanes; column += GEMM_PAIR, next.at += deep * 2 * LINE) {
        const size_t wide = ink_least(b->lanes - column, GEMM_PAIR);
        const bool whole = tall == GEMM_PAIR && wide == GEMM_PAIR;
        float *c = g->c + (a->first + row) * c_row + b->first + column;
        if (!whole && add)
            gemm_edge(&edge, c, c_row, tall, wide, false);
        gemm_four(gemm_pair(a, row, from), gemm_pair(b, column, from), deep, whole ? c : edge.at[0], whole ? c_row : GEMM_PAIR, add, next);
        if (!whole)
            gemm_edge(&edge, c, c_row, tall, wide, true);
    }
}

/* The block of b stays in the second cache, two panels of a in the first; c is written as it lies. */
static void gemm_block(const ink_gemm *g, const gemm_panels side[2], size_t depth, bool add)
{
    const gemm_panels *a = &side[INK_GEMM_A];
    const size_t all = ink_pieces(depth, TILE_DEPTH), most = ink_pieces(all, ink_pieces(depth, GEMM_DEPTH));
    for (size_t row = 0; row < a->lanes; row += GEMM_PAIR)
        for (size_t from = 0; from < all; from += most) {
            const size_t deep = ink_least(all - from, most);
            const bool last = from + deep == all, ends = last && row + GEMM_PAIR >= a->lanes;
            gemm_strip(g, side, row, from, deep, add || from, gemm_pair(a, last && !ends ? row + GEMM_PAIR : row, last ? 0 : from + deep));
        }
}

/* Lanes of a block that takes so many bytes. */
static size_t gemm_lanes_of(size_t bytes, size_t depth)
{
    const size_t lanes = bytes / (ink_pieces(depth, TILE_DEPTH) * TILE_BYTES / TILE) / GEMM_PAIR * GEMM_PAIR;
    return lanes < GEMM_PAIR ? GEMM_PAIR : lanes;
}

/* Blocks are equally deep. What its caller has gathered of a passes by as a whole. */
static gemm_cut gemm_cut_of(const ink_gemm *g)
{
    const size_t depth = g->depth ? g->depth : 1, deep = ink_pieces(ink_pieces(depth, TILE_DEPTH), ink_pieces(depth, GEMM_DEEP)) * TILE_DEPTH;
    return (gemm_cut){ .deep = deep, .most = { g->a_panels && g->rows ? g->rows : gemm_lanes_of(GEMM_A_ROOM, deep), gemm_lanes_of(GEMM_B_ROOM, deep) },
                       .room = GEMM_A_ROOM / sizeof(float) };
}

static void gemm(const ink_gemm *g)
{
    static const amx_shapes shapes = { .palette = 1, .bytes = { 64, 64, 64, 64, 64, 64, 64, 64 }, .rows = { 16, 16, 16, 16, 16, 16, 16, 16 } };
    amx_configure(&shapes);
    gemm_walk(g);
    amx_release();
}

void ink_gemm_tiles_amx(ink_kernels *k);
void ink_gemm_tiles_amx(ink_kernels *k)
{
    k->gemm_bf16 = gemm;
    k->gemm_bf16_form = &gemm_form;
}
