/* The products of gemm_bf16.c where the processor multiplies tiles: 16 rows of 32 steps by 32 steps of 16 columns are one instruction.
   Both sides are rounded to bf16 into whole tiles, zero past their ends; four tiles of sums walk the depth in order, so that
   blocks and tiles change no bit. Numbers below 2^-126 count as zero. */
#include "kernels/amx.h"

enum {
    TILE = 16,                /* rows of a, columns of b and c */
    GEMM_ROWS = TILE,
    GEMM_WIDE = TILE,
    TILE_DEPTH = 32,          /* steps of the depth, two to a pair of bf16 */
    TILE_BYTES = 1024,
    GEMM_DEPTH = 512,         /* of a block: two tiles of a over it fit the first cache, */
    GEMM_TALL = 256,          /* the rows and */
    GEMM_BROAD = 768,         /* columns of gathered blocks the second */
};


#include "kernels/gemm_blocks.h"

_Static_assert((GEMM_TALL + GEMM_BROAD) * GEMM_DEPTH * 2 <= INK_GEMM_SCRATCH, "the scratch is too small");

static size_t gemm_tiles(size_t n, size_t of) { return (n + of - 1) / of; }
static size_t gemm_steps(size_t depth) { return gemm_tiles(depth, TILE_DEPTH) * TILE; }

LANES_INLINE f32x16 gemm_pairs(f32x16 even, f32x16 odd) /* lane by lane */
{
    const __m512i low = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(even)), high = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(odd));
    return _mm512_castsi512_ps(_mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
}

/* A tile as 16 registers: lane by lane where steps lie side by side, pair by pair where lanes do. */
LANES_INLINE void gemm_read(const gemm_side *s, size_t lanes, size_t depth, f32x16 r[TILE])
{
    if (s->step == 1)
        LANES_EACH(i, TILE)
            r[i] = (size_t)i < lanes ? (f32x16)(__m512)_mm512_castsi512_ps((__m512i)_mm512_cvtne2ps_pbh(f_load_n(s->x + (size_t)i * s->lane + 16, depth > 16 ? depth - 16 : 0),
                                                                                                        f_load_n(s->x + (size_t)i * s->lane, gemm_least(depth, 16))))
                                     : f_zero();
    else
        LANES_EACH(i, TILE) {
            const size_t even = 2 * (size_t)i, odd = even + 1;
            r[i] = gemm_pairs(even < depth ? f_load_n(s->x + even * s->step, lanes) : f_zero(), odd < depth ? f_load_n(s->x + odd * s->step, lanes) : f_zero());
        }
}

static void gemm_gather_tile(const gemm_side *s, size_t lanes, size_t depth, float *out)
{
    f32x16 r[TILE];
    if (lanes == TILE && depth == TILE_DEPTH) /* nearly always: known while compiling, so nothing is masked */
        gemm_read(s, TILE, TILE_DEPTH, r);
    else
        gemm_read(s, lanes, depth, r);
    if ((s->step == 1) != (s->which == INK_GEMM_A)) /* a row of a tile is a lane's pairs (a), or a pair of all lanes (b) */
        f_transpose(r);
    LANES_EACH(i, TILE)
        f_store(out + TILE * i, r[i]);
}

/* Tiles along the depth, then along the lanes; read in the order in which they lie. */
static void gemm_gather(const gemm_side *s, size_t lanes, size_t depth, size_t each, float *out)
{
    const size_t across = gemm_tiles(lanes, TILE), deep = gemm_tiles(depth, TILE_DEPTH), along = s->step == 1 ? deep : across;
    for (size_t n = 0; n < across * deep; n++) {
        const size_t i = s->step == 1 ? n / along : n % along, k = s->step == 1 ? n % along : n / along;
        gemm_side from = *s;
        from.x += i * TILE * s->lane + k * TILE_DEPTH * s->step;
        gemm_gather_tile(&from, gemm_least(lanes - i * TILE, TILE), gemm_least(depth - k * TILE_DEPTH, TILE_DEPTH), out + i * each + k * (TILE_BYTES / sizeof *out));
    }
}

typedef struct gemm_sums { /* 32 rows by 32 columns of c, where less than that is there */
    _Alignas(64) float at[2 * TILE][2 * TILE];
} gemm_sums;

static void gemm_edge(gemm_sums *s, float *c, size_t c_row, size_t rows, size_t columns, bool out)
{
    for (size_t r = 0; r < rows; r++)
        memcpy(out ? (void *)(c + r * c_row) : (void *)s->at[r], out ? (void *)s->at[r] : (void *)(c + r * c_row), columns * sizeof *c);
}

typedef struct gemm_tall { /* two tiles along the depth; `next` bytes from the first to the second, or 0 where there is one */
    const uint8_t *at;
    size_t next;
} gemm_tall;

static gemm_tall gemm_two(const gemm_panels *p, size_t lane)
{
    return (gemm_tall){ (const uint8_t *)(p->at + lane / TILE * p->each), p->lanes - lane > TILE ? p->each * sizeof *p->at : 0 };
}

/* c of two tiles by two += a b over so many tiles of the depth; add: c holds sums. */
static void gemm_four(gemm_tall l, gemm_tall r, size_t depth, float *c, size_t c_row, bool add)
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
    }
    amx_store(0, c, row);
    amx_store(1, c + TILE, row);
    amx_store(2, c + TILE * c_row, row);
    amx_store(3, c + TILE * c_row + TILE, row);
}

static void gemm_block(const ink_gemm *g, const gemm_panels side[2], size_t depth, bool add)
{
    const gemm_panels *a = &side[INK_GEMM_A], *b = &side[INK_GEMM_B];
    gemm_sums edge = { { { 0 } } };
    for (size_t i = 0; i < a->lanes; i += 2 * TILE)
        for (size_t j = 0; j < b->lanes; j += 2 * TILE) {
            const size_t tall = gemm_least(a->lanes - i, 2 * TILE), wide = gemm_least(b->lanes - j, 2 * TILE);
            const bool whole = tall == 2 * TILE && wide == 2 * TILE;
            float *c = g->c + (a->first + i) * g->c_row + b->first + j;
            if (!whole && add)
                gemm_edge(&edge, c, g->c_row, tall, wide, false);
            gemm_four(gemm_two(a, i), gemm_two(b, j), gemm_tiles(depth, TILE_DEPTH), whole ? c : edge.at[0], whole ? g->c_row : 2 * TILE, add);
            if (!whole)
                gemm_edge(&edge, c, g->c_row, tall, wide, true);
        }
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
