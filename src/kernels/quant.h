/* A quantised type taken apart: unsigned integers of some bits, a zero, and a scale scheme. The value of an element is
   fl(fl(d · sub) · (q - zero)) - fl(m · submin), or table[q] in place of q - zero; each of sub, m, submin may be absent. */
#ifndef INK_KERNELS_QUANT_H
#define INK_KERNELS_QUANT_H

#include "kernels/packing.h"

#include <stdbool.h>

enum { INK_QUANT_CELL = 32, INK_QUANT_SUPER = 256 }; /* columns that share an activation scale; most columns of a block */
enum { INK_STRIP_CELLS = 18 }; /* cells of two panels that are expanded at a time: they and some rows fill 32 KiB */

typedef struct ink_quant_parts { /* one block of one row */
    uint8_t q[INK_QUANT_SUPER];
    uint16_t d, m;          /* bits of f16; d is an exponent of 2 (E8M0) where the type says so */
    int16_t sub[16], submin[16]; /* per group; sub is 1 and submin 1 where the type has none */
} ink_quant_parts;

typedef enum ink_quant_scale { /* how scales lie in a panel */
    INK_SCALE_D,       /* f16 d for each block */
    INK_SCALE_E8,      /* an exponent for each block */
    INK_SCALE_DM,      /* f16 d and f16 m for each block */
    INK_SCALE_SUB,     /* f16 d for a block, an 8-bit sub-scale for each group */
    INK_SCALE_SUBM,    /* f16 d and m for a block, 8-bit sub-scale and minimum for each group */
    INK_SCALE_NIBBLES, /* the same, both in one byte */
} ink_quant_scale;

typedef struct ink_quant {
    ink_type type;
    unsigned bits;          /* planes that hold q: 8, or a sum of 4, 2 and 1 */
    unsigned group;         /* columns of a sub-scale: 32 or 16 */
    int zero;               /* subtracted from q; a power of two */
    ink_quant_scale scale;
    const int8_t *table;    /* 16 values in place of q - zero, or NULL */
    void (*split)(const uint8_t *block, ink_quant_parts *out);
} ink_quant;

const ink_quant *ink_quant_find(ink_type type); /* NULL when the type is not quantised */
float ink_quant_scale_value(const ink_quant *s, uint16_t bits); /* of d or m */
void ink_quant_values(const ink_quant *s, const ink_quant_parts *p, size_t n, float *out); /* n: elements of a block */

extern const int8_t ink_quant_iq4[16], ink_quant_mxfp4[16];

static inline size_t ink_quant_cell_bytes(const ink_quant *s) /* planes and sub-scales of 16 rows × 32 columns */
{
    size_t subs = s->scale == INK_SCALE_SUBM ? 2 : s->scale == INK_SCALE_SUB || s->scale == INK_SCALE_NIBBLES ? 1 : 0;
    return (size_t)s->bits * 64 + subs * 16 * (INK_QUANT_CELL / s->group);
}
static inline size_t ink_quant_head_bytes(const ink_quant *s) /* d and m of 16 rows of blocks */
{
    return s->scale == INK_SCALE_E8 ? 16 : s->scale == INK_SCALE_D || s->scale == INK_SCALE_SUB ? 32 : 64;
}

#endif
