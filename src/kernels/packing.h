/* How weights lie for the kernels: panels of 16 output rows. A quantised type is a block struct, a plane reader and a
   scale scheme; packing rearranges its bits reversibly. */
#ifndef INK_KERNELS_PACKING_H
#define INK_KERNELS_PACKING_H

#include <stddef.h>
#include <stdint.h>

#include <ink/types.h>

/* One kind per plane reader × scale scheme that exists; the list is the owner's (packing.c). */
typedef enum ink_pack_kind {
    INK_PACK_F32, INK_PACK_F16, INK_PACK_BF16,
    INK_PACK_Q4_0, INK_PACK_Q4_1, INK_PACK_Q5_0, INK_PACK_Q5_1, INK_PACK_Q8_0,
    INK_PACK_Q2_K, INK_PACK_Q3_K, INK_PACK_Q4_K, INK_PACK_Q5_K, INK_PACK_Q6_K,
    INK_PACK_IQ4_NL, INK_PACK_IQ4_XS, INK_PACK_MXFP4,
    INK_PACK_KINDS,
} ink_pack_kind;

/* The form in which activations meet the weights. */
typedef enum ink_act_form {
    INK_ACT_F32,  /* as they are */
    INK_ACT_BF16, /* rounded to nearest even; padded to an even count */
    INK_ACT_Q8,   /* int8 per 32 with an f32 scale (act_layout.h); n is a multiple of 32 */
    INK_ACT_FORMS,
} ink_act_form;

typedef struct ink_packed {
    ink_pack_kind kind;
    ink_act_form form;
    size_t rows, cols;   /* out features, in features */
    size_t panels;       /* rows / 16, rounded up; lanes beyond rows hold zero weights */
    size_t panel_bytes;
    const uint8_t *data; /* panels × panel_bytes, 64-aligned */
} ink_packed;

/* What packing a [rows, cols] weight of a type needs. False when the type cannot be packed (cols not a multiple of its block). */
int ink_packed_shape(ink_type type, size_t rows, size_t cols, ink_packed *out);
/* Packs panels p0 ≤ p < p1 from source rows of row_bytes (row r of the weight at src + map(r)·row_bytes; row_map NULL: the
   same order) to dst (the whole matrix's start). Threads may share the work by panels. */
void ink_pack_panels(const ink_packed *shape, ink_type type, const uint8_t *src, size_t row_bytes, const uint32_t *row_map, size_t p0, size_t p1, uint8_t *dst);
/* One row, dequantised: the exact values of ink_dequantize on the source row. */
void ink_packed_row(const ink_packed *w, size_t row, float *out);
size_t ink_act_bytes(ink_act_form form, size_t n);                /* of one row, a multiple of 64 */
size_t ink_matmul_scratch(const ink_packed *w, size_t rows);      /* bytes a matmul call of so many rows needs */

#endif
