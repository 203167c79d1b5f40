/* Values into quantised blocks: the other way of quant.c. Sixteen groups of columns are worked on at a time, each in a lane, so that
   a lane's sums run in the order of its columns whatever the instruction set.
   Types of 32 columns without sub-scales but IQ4_NL round as their published definition says, bit for bit. The others are searched
   (encode_search.h), and so are Q4_0 and Q5_0 where errors are weighed. */
#include "kernels/encode_search.h"
#include "kernels/quant.h"

/* ---- types whose rounding is defined ---- */

/* q = floor((x - from) by + add) */
static void encode_plain(encode_lot *l, f32x16 from, f32x16 by, float add)
{
    for (size_t c = 0; c < l->size; c++) {
        f32x16 v = encode_floor(f_add(f_mul(f_sub(f_load(l->x[c]), from), by), f_set1(add)));
        i_store_i8(l->q[c], i_from_f(f_min(f_max(v, f_set1(l->lo)), f_set1(l->hi))));
    }
}

static void encode_nibbles(const encode_lot *l, size_t lane, uint8_t *to)
{
    for (size_t i = 0; i < 16; i++)
        to[i] = (uint8_t)((l->q[i][lane] & 15) | (l->q[i + 16][lane] & 15) << 4);
}

static void encode_fifth(const encode_lot *l, size_t lane, uint8_t to[4])
{
    memset(to, 0, 4);
    for (size_t i = 0; i < 32; i++)
        to[i / 8] = (uint8_t)(to[i / 8] | (l->q[i][lane] >> 4 & 1) << i % 8);
}

typedef struct encode_halves { /* of d and m of sixteen lanes */
    uint16_t d[LANES], m[LANES];
} encode_halves;

/* Blocks of 2, 4 or 8 bytes of scales and fifth bits, then nibbles. */
static void encode_lay(const encode_lot *l, const encode_halves *h, bool minimum, bool fifth, size_t blocks, uint8_t *dst)
{
    for (size_t i = 0; i < blocks; i++) {
        memcpy(dst, &h->d[i], 2);
        dst += 2;
        if (minimum)
            memcpy(dst, &h->m[i], 2);
        dst += minimum ? 2 : 0;
        if (fifth)
            encode_fifth(l, i, dst);
        dst += fifth ? 4 : 0;
        encode_nibbles(l, i, dst);
        dst += 16;
    }
}

/* The scale of least weighted error instead; integers from zero on. */
static void encode_weighed(encode_lot *l, float zero, encode_halves *h)
{
    encode_lot centred = *l;
    centred.lo = -zero;
    centred.hi = zero - 1;
    f_store_f16(h->d, encode_straight(&centred).scale);
    encode_round(&centred, f_load_f16(h->d), f_zero());
    for (size_t c = 0; c < l->size; c++)
        for (size_t i = 0; i < LANES; i++)
            l->q[c][i] = (int8_t)(centred.q[c][i] + (int8_t)zero);
}

/* Q4_0 and Q5_0: the farthest value becomes the lowest integer. */
static void encode_signed(encode_lot *l, size_t blocks, uint8_t *dst)
{
    encode_halves h;
    const float zero = (l->hi + 1) / 2;
    if (l->weighed)
        encode_weighed(l, zero, &h);
    else {
        const f32x16 d = f_div(encode_farthest(l), f_set1(-zero));
        encode_plain(l, f_zero(), encode_over(f_set1(1.0f), d), zero + 0.5f);
        f_store_f16(h.d, d);
    }
    encode_lay(l, &h, false, l->hi > 15, blocks, dst);
}

/* Q4_1 and Q5_1: from the least value to the most. */
static void encode_ranged(encode_lot *l, size_t blocks, uint8_t *dst)
{
    encode_halves h;
    f32x16 least, most;
    encode_range(l, &least, &most);
    const f32x16 d = f_div(f_sub(most, least), f_set1(l->hi));
    encode_plain(l, least, encode_over(f_set1(1.0f), d), 0.5f);
    f_store_f16(h.d, d);
    f_store_f16(h.m, least);
    encode_lay(l, &h, true, l->hi > 15, blocks, dst);
}

static void encode_q8_0(encode_lot *l, size_t blocks, uint8_t *dst)
{
    encode_halves h;
    const f32x16 d = f_div(f_abs(encode_farthest(l)), f_set1(127.0f)), by = encode_over(f_set1(1.0f), d);
    for (size_t c = 0; c < l->size; c++)
        i_store_i8(l->q[c], i_from_f(encode_half_up(f_mul(f_load(l->x[c]), by))));
    f_store_f16(h.d, d);
    for (size_t i = 0; i < blocks; i++, dst += 34) {
        memcpy(dst, &h.d[i], 2);
        for (size_t c = 0; c < 32; c++)
            dst[2 + c] = (uint8_t)l->q[c][i];
    }
}

/* ---- types that are searched ---- */

static void encode_put_half(float v, uint8_t *to)
{
    uint16_t bits;
    encode_rounded(v, &bits);
    memcpy(to, &bits, 2);
}

/* The integers of a block whose first group is lane `at`, from zero on and column by column. */
static void encode_row(const encode_lot *l, size_t at, uint8_t q[256])
{
    const int lo = l->table ? 0 : (int)l->lo;
    for (size_t i = 0; i < 256 / l->size; i++)
        for (size_t c = 0; c < l->size; c++)
            q[i * l->size + c] = (uint8_t)(l->q[c][at + i] - lo);
}

static void encode_sixes(const encode_super *p, size_t at, uint8_t to[12])
{
    memset(to, 0, 12);
    for (size_t k = 0; k < 8; k++) {
        const unsigned s = (unsigned)p->sub[at + k], m = (unsigned)p->submin[at + k];
        to[k] = (uint8_t)(to[k] | (k < 4 ? s : 0));
        to[k + 4] = (uint8_t)(to[k + 4] | (k < 4 ? m : (s & 15) | (m & 15) << 4));
        if (k >= 4) {
            to[k - 4] = (uint8_t)(to[k - 4] | s >> 4 << 6);
            to[k] = (uint8_t)(to[k] | m >> 4 << 6);
        }
    }
}

static void encode_q45_k(encode_lot *l, size_t blocks, uint8_t *dst)
{
    const bool fifth = l->hi > 15;
    uint8_t q[256];
    encode_super p = { .groups = 8, .sub_hi = 63, .submin_hi = 63 };
    encode_blocks(l, &p);
    for (size_t i = 0; i < blocks; i++, dst += fifth ? 176 : 144) {
        uint8_t *low = dst + (fifth ? 48 : 16);
        memset(dst, 0, fifth ? 176 : 144);
        encode_put_half(p.d[8 * i], dst);
        encode_put_half(p.m[8 * i], dst + 2);
        encode_sixes(&p, 8 * i, dst + 4);
        encode_row(l, 8 * i, q);
        for (size_t k = 0; k < 8; k++)
            for (size_t c = 0; c < 32; c++) {
                low[k / 2 * 32 + c] |= (uint8_t)((q[32 * k + c] & 15) << k % 2 * 4);
                if (fifth)
                    dst[16 + c] |= (uint8_t)(q[32 * k + c] >> 4 << k);
            }
    }
}

/* The lower two bits. */
static void encode_pairs(const uint8_t q[256], uint8_t to[64])
{
    for (size_t half = 0; half < 2; half++, q += 128, to += 32)
        for (size_t c = 0; c < 32; c++)
            to[c] = (uint8_t)((q[c] & 3) | (q[32 + c] & 3) << 2 | (q[64 + c] & 3) << 4 | (q[96 + c] & 3) << 6);
}

static void encode_q2_k(encode_lot *l, size_t blocks, uint8_t *dst)
{
    uint8_t q[256];
    encode_super p = { .groups = 16, .sub_hi = 15, .submin_hi = 15 };
    (void)blocks;
    encode_blocks(l, &p);
    memset(dst, 0, 84);
    for (size_t k = 0; k < 16; k++)
        dst[k] = (uint8_t)((unsigned)p.sub[k] | (unsigned)p.submin[k] << 4);
    encode_row(l, 0, q);
    encode_pairs(q, dst + 16);
    encode_put_half(p.d[0], dst + 80);
    encode_put_half(p.m[0], dst + 82);
}

static void encode_q3_k(encode_lot *l, size_t blocks, uint8_t *dst)
{
    uint8_t q[256];
    encode_super p = { .groups = 16, .sub_lo = -32, .sub_hi = 31 };
    (void)blocks;
    encode_blocks(l, &p);
    memset(dst, 0, 110);
    encode_row(l, 0, q);
    encode_pairs(q, dst + 32);
    for (size_t k = 0; k < 8; k++)
        for (size_t c = 0; c < 32; c++)
            dst[c] |= (uint8_t)(q[32 * k + c] >> 2 << k);
    for (size_t k = 0; k < 16; k++) {
        const unsigned s = (unsigned)((int)p.sub[k] + 32);
        dst[96 + (k & 7)] = (uint8_t)(dst[96 + (k & 7)] | (s & 15) << (k >> 3) * 4);
        dst[104 + (k & 3)] = (uint8_t)(dst[104 + (k & 3)] | s >> 4 << (k >> 2) * 2);
    }
    encode_put_half(p.d[0], dst + 108);
}

static void encode_q6_k(encode_lot *l, size_t blocks, uint8_t *dst)
{
    uint8_t q[256];
    encode_super p = { .groups = 16, .sub_lo = -128, .sub_hi = 127 };
    (void)blocks;
    encode_blocks(l, &p);
    memset(dst, 0, 210);
    encode_row(l, 0, q);
    for (size_t k = 0; k < 8; k++)
        for (size_t c = 0; c < 32; c++) {
            dst[k / 4 * 64 + k % 2 * 32 + c] |= (uint8_t)((q[32 * k + c] & 15) << k % 4 / 2 * 4);
            dst[128 + k / 4 * 32 + c] |= (uint8_t)(q[32 * k + c] >> 4 << k % 4 * 2);
        }
    for (size_t k = 0; k < 16; k++)
        dst[192 + k] = (uint8_t)(int8_t)p.sub[k];
    encode_put_half(p.d[0], dst + 208);
}

static void encode_iq4_nl(encode_lot *l, size_t blocks, uint8_t *dst)
{
    encode_halves h;
    float scale[LANES];
    f_store(scale, encode_straight(l).scale);
    f_store_f16(h.d, f_load(scale));
    encode_round(l, f_load_f16(h.d), f_zero());
    encode_lay(l, &h, false, false, blocks, dst);
}

static void encode_iq4_xs(encode_lot *l, size_t blocks, uint8_t *dst)
{
    encode_super p = { .groups = 8, .sub_lo = -32, .sub_hi = 31 };
    encode_blocks(l, &p);
    for (size_t i = 0; i < blocks; i++, dst += 136) {
        memset(dst, 0, 136);
        encode_put_half(p.d[8 * i], dst);
        for (size_t k = 0; k < 8; k++) {
            const unsigned s = (unsigned)((int)p.sub[8 * i + k] + 32);
            dst[4 + k / 2] = (uint8_t)(dst[4 + k / 2] | (s & 15) << k % 2 * 4);
            dst[2 + k / 4] = (uint8_t)(dst[2 + k / 4] | s >> 4 << k % 4 * 2);
            encode_nibbles(l, 8 * i + k, dst + 8 + 16 * k);
        }
    }
}

/* ---- any of them ---- */

static const struct encode_kind {
    ink_type type;
    size_t group; /* columns of a lane */
    float lo, hi;
    const int8_t *table;
    void (*blocks)(encode_lot *l, size_t blocks, uint8_t *dst);
} encode_kinds[] = {
    { INK_Q4_0, 32, 0, 15, NULL, encode_signed }, { INK_Q5_0, 32, 0, 31, NULL, encode_signed },
    { INK_Q4_1, 32, 0, 15, NULL, encode_ranged }, { INK_Q5_1, 32, 0, 31, NULL, encode_ranged },
    { INK_Q8_0, 32, -127, 127, NULL, encode_q8_0 },
    { INK_Q4_K, 32, 0, 15, NULL, encode_q45_k },  { INK_Q5_K, 32, 0, 31, NULL, encode_q45_k }, { INK_Q2_K, 16, 0, 3, NULL, encode_q2_k },
    { INK_Q3_K, 16, -4, 3, NULL, encode_q3_k },   { INK_Q6_K, 16, -32, 31, NULL, encode_q6_k },
    { INK_IQ4_NL, 32, 0, 15, ink_quant_iq4, encode_iq4_nl }, { INK_IQ4_XS, 32, 0, 15, ink_quant_iq4, encode_iq4_xs },
};

/* Groups from x on into lanes; those that are not there are zeros of no weight. */
static void encode_fill(float to[ENCODE_MOST][LANES], const float *x, size_t size, size_t groups)
{
    for (size_t c = 0; c < size; c += LANES) {
        f32x16 r[LANES];
        for (size_t i = 0; i < LANES; i++)
            r[i] = i < groups ? f_load(x + i * size + c) : f_zero();
        f_transpose(r);
        for (size_t i = 0; i < LANES; i++)
            f_store(to[c + i], r[i]);
    }
}

/* The weights of columns repeat from row to row. */
static void encode_weigh(encode_lot *l, const float *weight, size_t columns, size_t at, size_t groups)
{
    float lot[LANES * ENCODE_MOST];
    for (size_t i = 0; i < groups * l->size; i++)
        lot[i] = weight ? weight[(at + i) % columns] : 1.0f;
    encode_fill(l->w, lot, l->size, groups);
}

/* To nearest even; a NaN stays one. */
static uint16_t encode_brain(float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    if ((bits & 0x7fffffff) > 0x7f800000)
        return (uint16_t)(bits >> 16 | 64);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/* Floats of any kind. */
static bool encode_floats(ink_type type, const float *x, size_t n, uint8_t *dst)
{
    uint16_t h[LANES];
    if (type == INK_F32)
        memcpy(dst, x, n * sizeof *x);
    for (size_t i = 0; type == INK_BF16 && i < n; i++) {
        *h = encode_brain(x[i]);
        memcpy(dst + 2 * i, h, 2);
    }
    for (size_t i = 0, step; type == INK_F16 && i < n; i += step) {
        step = n - i < LANES ? n - i : LANES;
        f_store_f16(h, f_load_n(x + i, step));
        memcpy(dst + 2 * i, h, 2 * step);
    }
    return type == INK_F32 || type == INK_F16 || type == INK_BF16;
}

static bool encode(ink_type type, const float *x, size_t n, const float *weight, size_t columns, uint8_t *dst)
{
    const struct encode_kind *k = encode_kinds, *end = k + sizeof encode_kinds / sizeof *k;
    const ink_type_info *info = ink_type_find((int)type);
    while (k < end && k->type != type)
        k++;
    if (k == end)
        return encode_floats(type, x, n, dst);
    encode_lot l = { .size = k->group, .lo = k->lo, .hi = k->hi, .table = k->table, .weighed = weight };
    const size_t step = LANES * k->group;
    for (size_t i = 1; k->table && i < 16; i++)
        l.middle[i] = 0.5f * (float)(k->table[i - 1] + k->table[i]);
    for (size_t at = 0; at < n; at += step) {
        const size_t groups = (n - at < step ? n - at : step) / k->group, blocks = groups * k->group / info->block;
        encode_fill(l.x, x + at, k->group, groups);
        if (weight || !at || groups < LANES)
            encode_weigh(&l, weight, columns, at, groups);
        k->blocks(&l, blocks, dst);
        dst += blocks * info->bytes;
    }
    return true;
}

/* The values of a tensor, floats of two bytes many at a time. */
static void encode_widen(ink_type type, const void *src, size_t n, float *dst)
{
    const size_t whole = type == INK_F16 || type == INK_BF16 ? n / LANES * LANES : 0;
    const uint16_t *p = src;
    for (size_t i = 0; i < whole; i += LANES)
        f_store(dst + i, type == INK_F16 ? f_load_f16(p + i) : f_load_bf16(p + i));
    if (whole < n)
        ink_dequantize(type, (const uint8_t *)src + 2 * whole, n - whole, dst + whole);
}

void INK_KERNEL(ink_encode)(ink_kernels *k);
void INK_KERNEL(ink_encode)(ink_kernels *k)
{
    k->encode = encode;
    k->widen = encode_widen;
}
