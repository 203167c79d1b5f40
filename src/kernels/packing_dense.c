/* Panels of dense weights. F32 and F16: for each column, sixteen elements. BF16: for each pair of columns, sixteen pairs;
   a last odd column is paired with zeros. Panels end on a cache line. */
#include "kernels/half.h"
#include "kernels/packing_kind.h"

#include <string.h>

static size_t dense_panel(size_t elements, size_t bytes) { return (PANEL * elements * bytes + 63) & ~(size_t)63; }
static size_t dense_panel_f32(size_t cols) { return dense_panel(cols, 4); }
static size_t dense_panel_f16(size_t cols) { return dense_panel(cols, 2); }
static size_t dense_panel_bf16(size_t cols) { return dense_panel(cols + cols % 2, 2); }

static void dense_pack_f32(size_t cols, const uint8_t *const rows[PANEL], uint8_t *panel)
{
    for (size_t k = 0; k < cols; k++)
        for (size_t r = 0; r < PANEL; r++, panel += 4)
            if (rows[r])
                memcpy(panel, rows[r] + 4 * k, 4);
            else
                memset(panel, 0, 4);
}

static void dense_pack_f16(size_t cols, const uint8_t *const rows[PANEL], uint8_t *panel)
{
    uint8_t *end = panel + dense_panel_f16(cols);
    for (size_t k = 0; k < cols; k++)
        for (size_t r = 0; r < PANEL; r++, panel += 2)
            if (rows[r])
                memcpy(panel, rows[r] + 2 * k, 2);
            else
                memset(panel, 0, 2);
    memset(panel, 0, (size_t)(end - panel));
}

static void dense_pack_bf16(size_t cols, const uint8_t *const rows[PANEL], uint8_t *panel)
{
    for (size_t k = 0; k < cols; k += 2)
        for (size_t r = 0; r < PANEL; r++, panel += 4) {
            memset(panel, 0, 4);
            if (rows[r])
                memcpy(panel, rows[r] + 2 * k, k + 1 < cols ? 4 : 2);
        }
}

/* Where column k of a lane is when columns lie in runs of 1 or 2. */
static size_t dense_place(size_t k, size_t lane, size_t run) { return (k / run * PANEL + lane) * run + k % run; }

static void dense_row_f32(size_t cols, const uint8_t *panel, size_t lane, float *out)
{
    for (size_t k = 0; k < cols; k++)
        memcpy(out + k, panel + 4 * dense_place(k, lane, 1), 4);
}

static void dense_row_f16(size_t cols, const uint8_t *panel, size_t lane, float *out)
{
    for (size_t k = 0; k < cols; k++) {
        uint16_t half;
        memcpy(&half, panel + 2 * dense_place(k, lane, 1), 2);
        out[k] = ink_half(half);
    }
}

static void dense_row_bf16(size_t cols, const uint8_t *panel, size_t lane, float *out)
{
    for (size_t k = 0; k < cols; k++) {
        uint16_t top;
        memcpy(&top, panel + 2 * dense_place(k, lane, 2), 2);
        const uint32_t bits = (uint32_t)top << 16;
        memcpy(out + k, &bits, 4);
    }
}

const ink_packing ink_packing_f32 = { INK_F32, INK_ACT_F32, dense_panel_f32, dense_pack_f32, dense_row_f32, NULL };
const ink_packing ink_packing_f16 = { INK_F16, INK_ACT_F32, dense_panel_f16, dense_pack_f16, dense_row_f16, NULL };
const ink_packing ink_packing_bf16 = { INK_BF16, INK_ACT_BF16, dense_panel_bf16, dense_pack_bf16, dense_row_bf16, NULL };
