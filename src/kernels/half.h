/* f16 and bf16 to f32, exactly, in plain C; and f32 to bf16. */
#ifndef INK_KERNELS_HALF_H
#define INK_KERNELS_HALF_H

#include <stdint.h>
#include <string.h>

static inline float ink_half(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = (h >> 10) & 31, fraction = h & 0x3ff, bits;
    if (exponent == 31)
        bits = sign | 0x7f800000 | fraction << 13 | (fraction ? 0x400000 : 0); /* quiet, as the hardware does */
    else if (exponent)
        bits = sign | (exponent + 112) << 23 | fraction << 13;
    else {
        float tiny = (float)fraction * 0x1p-24f;
        memcpy(&bits, &tiny, 4);
        bits |= sign;
    }
    float f;
    memcpy(&f, &bits, 4);
    return f;
}

static inline float ink_brain(uint16_t b)
{
    uint32_t bits = (uint32_t)b << 16;
    float f;
    memcpy(&f, &bits, 4);
    return f;
}

/* To nearest, ties to even; NaN stays NaN. */
static inline uint16_t ink_to_bf16(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, 4);
    const uint32_t nan = (bits & 0x7fffffff) > 0x7f800000, rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    return (uint16_t)(nan ? bits >> 16 | 0x40 : rounded);
}

#endif
