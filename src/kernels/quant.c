/* The quantised types: how each block falls into its parts (layouts: docs/formats.md), and the values of the parts. */
#include "kernels/quant.h"

#include "kernels/half.h"

const int8_t ink_quant_iq4[16] = { -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113 };
const int8_t ink_quant_mxfp4[16] = { 0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12 }; /* doubled */

static uint16_t quant_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static void quant_ones(ink_quant_parts *out)
{
    for (size_t i = 0; i < 16; i++)
        out->sub[i] = out->submin[i] = 1;
}

/* 32 elements from 16 bytes: low nibbles, then high ones. */
static void quant_nibbles(const uint8_t *qs, uint8_t *q)
{
    for (size_t i = 0; i < 16; i++) {
        q[i] = qs[i] & 15;
        q[i + 16] = qs[i] >> 4;
    }
}

static void quant_fifth(const uint8_t *qh, uint8_t *q)
{
    for (size_t i = 0; i < 32; i++)
        q[i] = (uint8_t)(q[i] | (qh[i / 8] >> i % 8 & 1) << 4);
}

static void quant_split_q4_0(const uint8_t *b, ink_quant_parts *out)
{
    quant_ones(out);
    out->d = quant_u16(b);
    quant_nibbles(b + 2, out->q);
}

static void quant_split_q4_1(const uint8_t *b, ink_quant_parts *out)
{
    quant_ones(out);
    out->d = quant_u16(b);
    out->m = quant_u16(b + 2);
    quant_nibbles(b + 4, out->q);
}

static void quant_split_q5_0(const uint8_t *b, ink_quant_parts *out)
{
    quant_ones(out);
    out->d = quant_u16(b);
    quant_nibbles(b + 6, out->q);
    quant_fifth(b + 2, out->q);
}

static void quant_split_q5_1(const uint8_t *b, ink_quant_parts *out)
{
    quant_ones(out);
    out->d = quant_u16(b);
    out->m = quant_u16(b + 2);
    quant_nibbles(b + 8, out->q);
    quant_fifth(b + 4, out->q);
}

static void quant_split_q8_0(const uint8_t *b, ink_quant_parts *out)
{
    quant_ones(out);
    out->d = quant_u16(b);
    for (size_t i = 0; i < 32; i++)
        out->q[i] = b[2 + i] ^ 0x80;
}

static void quant_split_mxfp4(const uint8_t *b, ink_quant_parts *out)
{
    quant_ones(out);
    out->d = b[0];
    quant_nibbles(b + 1, out->q);
}

/* 128 elements from 32 bytes: four groups of 32 at shifts 0, 2, 4, 6. */
static void quant_pairs(const uint8_t *qs, uint8_t *q)
{
    for (size_t i = 0; i < 256; i++)
        q[i] = qs[i / 128 * 32 + i % 32] >> i % 128 / 32 * 2 & 3;
}

static void quant_split_q2_k(const uint8_t *b, ink_quant_parts *out)
{
    quant_pairs(b + 16, out->q);
    out->d = quant_u16(b + 80);
    out->m = quant_u16(b + 82);
    for (size_t i = 0; i < 16; i++) {
        out->sub[i] = b[i] & 15;
        out->submin[i] = b[i] >> 4;
    }
}

static void quant_split_q3_k(const uint8_t *b, ink_quant_parts *out)
{
    const uint8_t *scales = b + 96;
    quant_pairs(b + 32, out->q);
    out->d = quant_u16(b + 108);
    for (size_t i = 0; i < 256; i++)
        out->q[i] = (uint8_t)(out->q[i] | (b[i % 32] >> i / 32 & 1) << 2);
    for (size_t k = 0; k < 16; k++) {
        out->sub[k] = (int16_t)(((scales[k & 7] >> (k >> 3) * 4 & 15) | (scales[8 + (k & 3)] >> (k >> 2) * 2 & 3) << 4) - 32);
        out->submin[k] = 1;
    }
}

/* Eight scales and minimums of six bits in twelve bytes. */
static void quant_sixes(const uint8_t *b, ink_quant_parts *out)
{
    for (size_t k = 0; k < 8; k++) {
        out->sub[k] = (int16_t)(k < 4 ? b[k] & 63 : (b[k + 4] & 15) | (b[k - 4] >> 6) << 4);
        out->submin[k] = (int16_t)(k < 4 ? b[k + 4] & 63 : b[k + 4] >> 4 | (b[k] >> 6) << 4);
    }
}

static void quant_split_q4_k(const uint8_t *b, ink_quant_parts *out)
{
    out->d = quant_u16(b);
    out->m = quant_u16(b + 2);
    quant_sixes(b + 4, out);
    for (size_t i = 0; i < 256; i++)
        out->q[i] = b[16 + i / 64 * 32 + i % 32] >> i % 64 / 32 * 4 & 15;
}

static void quant_split_q5_k(const uint8_t *b, ink_quant_parts *out)
{
    out->d = quant_u16(b);
    out->m = quant_u16(b + 2);
    quant_sixes(b + 4, out);
    for (size_t i = 0; i < 256; i++)
        out->q[i] = (uint8_t)((b[48 + i / 64 * 32 + i % 32] >> i % 64 / 32 * 4 & 15) | (b[16 + i % 32] >> i / 32 & 1) << 4);
}

static void quant_split_q6_k(const uint8_t *b, ink_quant_parts *out)
{
    out->d = quant_u16(b + 208);
    for (size_t i = 0; i < 256; i++) {
        size_t half = i / 128, at = i % 128; /* nibbles: 64 bytes a half; top bits: 32 bytes a half */
        uint8_t low = b[half * 64 + at % 64] >> at / 64 * 4 & 15, high = b[128 + half * 32 + at % 32] >> at / 32 * 2 & 3;
        out->q[i] = (uint8_t)(low | high << 4);
    }
    for (size_t k = 0; k < 16; k++) {
        out->sub[k] = (int8_t)b[192 + k];
        out->submin[k] = 1;
    }
}

static void quant_split_iq4_xs(const uint8_t *b, ink_quant_parts *out)
{
    quant_ones(out);
    out->d = quant_u16(b);
    for (size_t k = 0; k < 8; k++) {
        out->sub[k] = (int16_t)(((b[4 + k / 2] >> k % 2 * 4 & 15) | (quant_u16(b + 2) >> 2 * k & 3) << 4) - 32);
        quant_nibbles(b + 8 + 16 * k, out->q + 32 * k);
    }
}

static const ink_quant quants[] = {
#define INK_QUANT(type, bits, group, zero, scale, table, how) { INK_##type, bits, group, zero, INK_SCALE_##scale, table, quant_split_##how },
#include "kernels/quants.def"
#undef INK_QUANT
};

const ink_quant *ink_quant_find(ink_type type)
{
    for (size_t i = 0; i < sizeof quants / sizeof *quants; i++)
        if (quants[i].type == type)
            return &quants[i];
    return NULL;
}

/* An exponent is that of the doubled table, so half of 2^(e - 127); the two least are denormal. */
float ink_quant_scale_value(const ink_quant *s, uint16_t bits)
{
    if (s->scale != INK_SCALE_E8)
        return ink_half(bits);
    uint32_t word = bits < 2 ? 0x00200000u << bits : (uint32_t)(bits - 1) << 23;
    float f;
    memcpy(&f, &word, 4);
    return f;
}

void ink_quant_values(const ink_quant *s, const ink_quant_parts *p, size_t n, float *out)
{
    const float d = ink_quant_scale_value(s, p->d);
    const bool minimum = s->scale == INK_SCALE_SUBM || s->scale == INK_SCALE_NIBBLES, plus = s->scale == INK_SCALE_DM;
    for (size_t i = 0; i < n; i++) {
        int q = s->table ? s->table[p->q[i]] : p->q[i] - s->zero;
        float v = d * (float)p->sub[i / s->group] * (float)q;
        out[i] = minimum ? v - ink_half(p->m) * (float)p->submin[i / s->group] : plus ? v + ink_half(p->m) : v;
    }
}
