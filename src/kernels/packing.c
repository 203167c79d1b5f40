/* The table of packings, and what does not depend on the kind. */
#include "kernels/act_layout.h"
#include "kernels/packing_kind.h"

#include <assert.h>

static const ink_packing *const packings[INK_PACK_KINDS] = {
    [INK_PACK_F32] = &ink_packing_f32, [INK_PACK_F16] = &ink_packing_f16, [INK_PACK_BF16] = &ink_packing_bf16,
#define INK_QUANT(name, bits, group, zero, scale, table, how) [INK_PACK_##name] = &ink_packing_##name,
#include "kernels/quants.def"
#undef INK_QUANT
};

int ink_packed_shape(ink_type type, size_t rows, size_t cols, ink_packed *out)
{
    const ink_type_info *info = ink_type_find((int)type);
    if (!info || cols % info->block)
        return 0;
    for (int kind = 0; kind < INK_PACK_KINDS; kind++)
        if (packings[kind] && packings[kind]->type == type) {
            *out = (ink_packed){ .kind = (ink_pack_kind)kind, .form = packings[kind]->form, .rows = rows, .cols = cols,
                                 .panels = rows / PANEL + (rows % PANEL > 0), .panel_bytes = packings[kind]->panel_bytes(cols) };
            return 1;
        }
    return 0;
}

void ink_pack_panels(const ink_packed *shape, ink_type type, const uint8_t *src, size_t row_bytes, const uint32_t *row_map, size_t p0, size_t p1, uint8_t *dst)
{
    const ink_packing *p = packings[shape->kind];
    assert(p->type == type && p1 <= shape->panels);
    (void)type;
    for (size_t panel = p0; panel < p1; panel++) {
        const uint8_t *rows[PANEL];
        for (size_t i = 0; i < PANEL; i++) {
            const size_t row = panel * PANEL + i;
            rows[i] = row < shape->rows ? src + (row_map ? row_map[row] : row) * row_bytes : NULL;
        }
        p->pack(shape->cols, rows, dst + panel * shape->panel_bytes);
    }
}

void ink_packed_row(const ink_packed *w, size_t row, float *out)
{
    assert(row < w->rows);
    packings[w->kind]->row(w->cols, w->data + row / PANEL * w->panel_bytes, row % PANEL, out);
}

static size_t packing_lines(size_t bytes) { return (bytes + 63) & ~(size_t)63; }
size_t ink_act_bytes(ink_act_form form, size_t n)
{
    switch (form) {
    case INK_ACT_F32: return packing_lines(4 * n);
    case INK_ACT_BF16: return packing_lines(2 * (n + n % 2));
    default: return packing_lines(n / 32 * INK_ACT_Q8_CELL);
    }
}

size_t ink_matmul_scratch(const ink_packed *w, size_t rows)
{
    return packings[w->kind]->scratch ? packings[w->kind]->scratch(w->cols, rows) : 0;
}
