/* ink/types.h: the element types of tensors, with GGUF's numbers. Blocks of 32 or 256 elements share scales. */
#ifndef INK_TYPES_H
#define INK_TYPES_H

#include <ink/err.h>
#include <stddef.h>
#include <stdint.h>

typedef enum ink_type {
    INK_F32 = 0, INK_F16 = 1, INK_Q4_0 = 2, INK_Q4_1 = 3, INK_Q5_0 = 6, INK_Q5_1 = 7, INK_Q8_0 = 8,
    INK_Q2_K = 10, INK_Q3_K = 11, INK_Q4_K = 12, INK_Q5_K = 13, INK_Q6_K = 14,
    INK_IQ4_NL = 20, INK_IQ4_XS = 23, INK_I8 = 24, INK_I16 = 25, INK_I32 = 26, INK_I64 = 27, INK_F64 = 28,
    INK_BF16 = 30, INK_MXFP4 = 39,
    INK_BOOL = 1000, INK_U8 = 1001, /* safetensors only */
} ink_type;

typedef struct ink_type_info {
    ink_type type;
    const char *name;
    size_t block, bytes; /* elements and bytes per block; plain types have blocks of one */
} ink_type_info;

INK_API const ink_type_info *ink_type_find(int type);              /* NULL when unknown */
INK_API const ink_type_info *ink_type_named(const char *name);     /* NULL when unknown */
INK_API const char *ink_type_refused(int type);                    /* name of a GGUF type we know of but cannot read, or NULL */
/* n elements (a multiple of the block) to f32, by the scalar definition of the type. Exact; integers convert. */
INK_API void ink_dequantize(ink_type type, const void *src, size_t n, float *dst);

#endif
