/* What a kind of packing is: one row of the table in packing.c, given by the file that knows the layout. */
#ifndef INK_KERNELS_PACKING_KIND_H
#define INK_KERNELS_PACKING_KIND_H

#include "kernels/packing.h"

enum { PANEL = 16 }; /* output rows in a panel */

typedef struct ink_packing {
    ink_type type;
    ink_act_form form;
    size_t (*panel_bytes)(size_t cols); /* a multiple of 64 */
    /* One panel from its source rows; NULL stands for a row of zeros. */
    void (*pack)(size_t cols, const uint8_t *const rows[PANEL], uint8_t *panel);
    /* Lane of a panel back to floats. */
    void (*row)(size_t cols, const uint8_t *panel, size_t lane, float *out);
    size_t (*scratch)(size_t cols, size_t rows); /* of a matmul; NULL: none */
} ink_packing;

extern const ink_packing ink_packing_f32, ink_packing_f16, ink_packing_bf16; /* packing_dense.c */
#define INK_QUANT(name, bits, group, zero, scale, table, how) extern const ink_packing ink_packing_##name; /* packing_quant.c */
#include "kernels/quants.def"
#undef INK_QUANT

#endif
