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

/* Elements that are numbers of their own, wherever they lie. */
#define DEQUANTIZE_PLAIN(name, number, value)                              \
    static void dequantize_##name(const uint8_t *src, size_t n, float *dst) \
    {                                                                       \
        for (size_t i = 0; i < n; i++) {                                    \
            number v;                                                       \
            memcpy(&v, src + i * sizeof v, sizeof v);                       \
            dst[i] = value;                                                 \
        }                                                                   \
    }
DEQUANTIZE_PLAIN(f32, float, v)
DEQUANTIZE_PLAIN(f64, double, (float)v)
DEQUANTIZE_PLAIN(f16, uint16_t, ink_half(v))
DEQUANTIZE_PLAIN(bf16, uint16_t, ink_brain(v))
DEQUANTIZE_PLAIN(i8, int8_t, (float)v)
DEQUANTIZE_PLAIN(i16, int16_t, (float)v)
DEQUANTIZE_PLAIN(i32, int32_t, (float)v)
DEQUANTIZE_PLAIN(i64, int64_t, (float)v)
DEQUANTIZE_PLAIN(u8, uint8_t, (float)v)

static const struct {
    ink_type type;
    void (*run)(const uint8_t *src, size_t n, float *dst);
} dequantize_plain[] = {
    { INK_F32, dequantize_f32 }, { INK_F64, dequantize_f64 }, { INK_F16, dequantize_f16 }, { INK_BF16, dequantize_bf16 }, { INK_I8, dequantize_i8 },
    { INK_I16, dequantize_i16 }, { INK_I32, dequantize_i32 }, { INK_I64, dequantize_i64 }, { INK_U8, dequantize_u8 },     { INK_BOOL, dequantize_u8 },
};

void ink_dequantize(ink_type type, const void *src, size_t n, float *dst)
{
    const ink_quant *s = ink_quant_find(type);
    if (s) {
        assert(n % ink_type_find((int)type)->block == 0);
        dequantize_blocks(s, src, n, dst);
        return;
    }
    for (size_t i = 0; i < sizeof dequantize_plain / sizeof *dequantize_plain; i++)
        if (dequantize_plain[i].type == type)
            dequantize_plain[i].run(src, n, dst);
}
