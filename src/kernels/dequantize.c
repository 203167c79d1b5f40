/* Elements of any type to f32, by the definition of the type. */
#include "kernels/half.h"
#include "kernels/quant.h"

#include <assert.h>

static void dequantize_blocks(const ink_quant *s, const uint8_t *src, size_t n, float *dst)
{
    const ink_type_info *info = ink_type_find((int)s->type);
    ink_quant_parts parts;
    for (size_t i = 0; i < n; i += info->block, src += info->bytes) {
        s->split(src, &parts);
        ink_quant_values(s, &parts, info->block, dst + i);
    }
}

/* One element of a plain type at p. */
static float dequantize_one(ink_type type, const uint8_t *p)
{
    union {
        float f32;
        double f64;
        uint16_t u16;
        int16_t i16;
        int32_t i32;
        int64_t i64;
    } v;
    memcpy(&v, p, ink_type_find((int)type)->bytes);
    switch (type) {
    case INK_F32: return v.f32;
    case INK_F64: return (float)v.f64;
    case INK_F16: return ink_half(v.u16);
    case INK_BF16: return ink_brain(v.u16);
    case INK_I16: return v.i16;
    case INK_I32: return (float)v.i32;
    case INK_I64: return (float)v.i64;
    case INK_I8: return (int8_t)p[0];
    default: return p[0]; /* U8, BOOL */
    }
}

void ink_dequantize(ink_type type, const void *src, size_t n, float *dst)
{
    const ink_quant *s = ink_quant_find(type);
    const uint8_t *p = src;
    if (s) {
        assert(n % ink_type_find((int)type)->block == 0);
        dequantize_blocks(s, p, n, dst);
        return;
    }
    if (type == INK_F32) {
        memcpy(dst, src, n * sizeof *dst);
        return;
    }
    size_t bytes = ink_type_find((int)type)->bytes;
    for (size_t i = 0; i < n; i++, p += bytes)
        dst[i] = dequantize_one(type, p);
}
