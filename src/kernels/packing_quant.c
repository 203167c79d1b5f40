/* Quantised weights as panels of 16 rows: for each block the scales of 16 rows, then for each 32 columns the sub-scales and
   the planes. In a plane columns stand as quads: 64 bytes hold four columns of sixteen rows, row by row. A plane of 4 bits
   keeps quads j and j + 4 in the nibbles of 64 bytes, one of 2 bits quads j, j + 2, j + 4 and j + 6, one of 1 bit all eight.
   No bit is lost, so a row comes back exactly. */
#include "base/count.h"
#include "kernels/packing_kind.h"
#include "kernels/quant.h"

#include <string.h>

static size_t packing_block(const ink_quant *q)
{
    return ink_type_find((int)q->type)->block;
}

/* Where things stand in a block of a panel. */
static uint8_t *packing_cell(const ink_quant *q, uint8_t *block, size_t cell)
{
    return block + ink_quant_head_bytes(q) + cell * ink_quant_cell_bytes(q);
}

static size_t packing_subs(const ink_quant *q) /* bytes of sub-scales before the planes of a cell */
{
    return ink_quant_cell_bytes(q) - (size_t)q->bits * 64;
}

static void packing_put_scales(const ink_quant *q, uint8_t *block, size_t lane, const ink_quant_parts *p)
{
    if (q->scale == INK_SCALE_E8) {
        block[lane] = (uint8_t)p->d;
        return;
    }
    memcpy(block + 2 * lane, &p->d, 2);
    if (ink_quant_head_bytes(q) == 64)
        memcpy(block + 32 + 2 * lane, &p->m, 2);
    size_t groups = INK_QUANT_CELL / q->group;
    for (size_t i = 0; packing_subs(q) && i < packing_block(q) / q->group; i++) {
        uint8_t *at = packing_cell(q, block, i / groups) + i % groups * 16 + lane;
        *at = (uint8_t)(q->scale == INK_SCALE_NIBBLES ? p->sub[i] | p->submin[i] << 4 : p->sub[i]);
        if (q->scale == INK_SCALE_SUBM)
            at[groups * 16] = (uint8_t)p->submin[i];
    }
}

static void packing_get_scales(const ink_quant *q, uint8_t *block, size_t lane, ink_quant_parts *p)
{
    if (q->scale == INK_SCALE_E8)
        p->d = block[lane];
    else
        memcpy(&p->d, block + 2 * lane, 2);
    if (ink_quant_head_bytes(q) == 64)
        memcpy(&p->m, block + 32 + 2 * lane, 2);
    size_t groups = INK_QUANT_CELL / q->group;
    for (size_t i = 0; i < packing_block(q) / q->group; i++) {
        p->sub[i] = p->submin[i] = 1;
        if (!packing_subs(q))
            continue;
        const uint8_t *at = packing_cell(q, block, i / groups) + i % groups * 16 + lane;
        p->sub[i] = q->scale == INK_SCALE_NIBBLES ? *at & 15 : q->scale == INK_SCALE_SUBM ? *at : (int8_t)*at;
        p->submin[i] = q->scale == INK_SCALE_NIBBLES ? *at >> 4 : q->scale == INK_SCALE_SUBM ? at[groups * 16] : 1;
    }
}

/* The planes of q, the lowest bits first. */
static unsigned packing_plane(unsigned bits, unsigned done)
{
    unsigned left = bits - done;
    return left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
}

enum { PACKING_QUADS = INK_QUANT_CELL / 4 };

static uint32_t packing_word(const uint8_t *p)
{
    uint32_t w;
    memcpy(&w, p, 4);
    return w;
}

/* One row of a cell: a quad is a word, of which each plane takes some bits of every byte. */
static void packing_put(const ink_quant *q, uint8_t *planes, size_t lane, const uint8_t *values)
{
    for (unsigned done = 0, bits; done < q->bits; planes += bits * 64, done += bits) {
        bits = packing_plane(q->bits, done);
        const uint32_t mask = ((1u << bits) - 1) * 0x01010101u;
        uint32_t words[PACKING_QUADS] = { 0 };
        for (unsigned quad = 0; quad < PACKING_QUADS; quad++)
            words[quad % bits] |= (packing_word(values + 4 * quad) >> done & mask) << quad / bits * bits;
        for (unsigned v = 0; v < bits; v++)
            memcpy(planes + 64 * v + 4 * lane, &words[v], 4);
    }
}

static void packing_get(const ink_quant *q, const uint8_t *planes, size_t lane, uint8_t *values)
{
    memset(values, 0, INK_QUANT_CELL);
    for (unsigned done = 0, bits; done < q->bits; planes += bits * 64, done += bits) {
        bits = packing_plane(q->bits, done);
        const uint32_t mask = ((1u << bits) - 1) * 0x01010101u;
        for (unsigned quad = 0; quad < PACKING_QUADS; quad++) {
            uint32_t w = packing_word(values + 4 * quad) | (packing_word(planes + quad % bits * 64 + 4 * lane) >> quad / bits * bits & mask) << done;
            memcpy(values + 4 * quad, &w, 4);
        }
    }
}

static void packing_row(const ink_quant *q, const uint8_t *row, size_t cols, size_t lane, uint8_t *panel)
{
    const ink_type_info *info = ink_type_find((int)q->type);
    size_t cells = info->block / INK_QUANT_CELL, block_bytes = ink_quant_head_bytes(q) + cells * ink_quant_cell_bytes(q);
    ink_quant_parts parts;
    for (size_t i = 0; i < cols / info->block; i++, row += info->bytes, panel += block_bytes) {
        q->split(row, &parts);
        packing_put_scales(q, panel, lane, &parts);
        for (size_t c = 0; c < cells; c++)
            packing_put(q, packing_cell(q, panel, c) + packing_subs(q), lane, parts.q + c * INK_QUANT_CELL);
    }
}

static size_t packing_panel_bytes(const ink_quant *q, size_t cols)
{
    return ink_round_up(cols / packing_block(q) * ink_quant_head_bytes(q) + cols / INK_QUANT_CELL * ink_quant_cell_bytes(q), 64);
}

static void packing_panel(const ink_quant *q, size_t cols, const uint8_t *const rows[PANEL], uint8_t *panel)
{
    for (size_t lane = 0; lane < PANEL; lane++)
        if (!rows[lane])
            memset(panel, 0, packing_panel_bytes(q, cols));
    for (size_t lane = 0; lane < PANEL; lane++)
        if (rows[lane])
            packing_row(q, rows[lane], cols, lane, panel);
}

static void packing_values(const ink_quant *q, size_t cols, const uint8_t *panel, size_t lane, float *out)
{
    size_t block = packing_block(q), cells = block / INK_QUANT_CELL, block_bytes = ink_quant_head_bytes(q) + cells * ink_quant_cell_bytes(q);
    uint8_t *at = (uint8_t *)(uintptr_t)panel; /* read only */
    ink_quant_parts parts;
    for (size_t i = 0; i < cols / block; i++, at += block_bytes) {
        packing_get_scales(q, at, lane, &parts);
        for (size_t c = 0; c < cells; c++)
            packing_get(q, packing_cell(q, at, c) + packing_subs(q), lane, parts.q + c * INK_QUANT_CELL);
        ink_quant_values(q, &parts, block, out + i * block);
    }
}

/* A strip of two panels, expanded: planes as bytes, two scales, two minimums and what takes the bases out for each 32 columns of each row. */
static size_t packing_strip(size_t cols, size_t rows)
{
    (void)cols;
    (void)rows;
    return 2 * INK_STRIP_CELLS * (512 + (2 * 2 + 1) * 64);
}

#define INK_QUANT(name, bits, group, zero, scale, table, how)                                                                                       \
    static size_t packing_bytes_##name(size_t cols) { return packing_panel_bytes(ink_quant_find(INK_##name), cols); }                               \
    static void packing_pack_##name(size_t cols, const uint8_t *const rows[PANEL], uint8_t *panel) { packing_panel(ink_quant_find(INK_##name), cols, rows, panel); } \
    static void packing_row_##name(size_t cols, const uint8_t *panel, size_t lane, float *out) { packing_values(ink_quant_find(INK_##name), cols, panel, lane, out); } \
    const ink_packing ink_packing_##name = { INK_##name, INK_ACT_Q8, packing_bytes_##name, packing_pack_##name, packing_row_##name, packing_strip };
#include "kernels/quants.def"
#undef INK_QUANT
