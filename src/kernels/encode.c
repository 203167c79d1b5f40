/* Values into quantised blocks: the other way of quant.c. Sixteen groups of columns are worked on at a time, each in a lane, so that
   a lane's sums run in the order of its columns whatever the instruction set.
   Types of 32 columns without sub-scales but IQ4_NL round as their published definition says, bit for bit. The others are searched:
   scales that make the weighted squares of errors small, by least squares for each rounding that a handful of first guesses give
   (after Lloyd 1982, with the levels on a line), then again with the sub-scales as the integers that the block can hold. */
#include "kernels/kernels.h"
#include "kernels/lanes.h"
#include "kernels/quant.h"

enum { ENCODE_MOST = 32, ENCODE_ROUNDS = 2 }; /* columns of a group; times that sub-scales are looked at again */

typedef struct encode_lot { /* sixteen groups, turned: a lane for each */
    float x[ENCODE_MOST][LANES], w[ENCODE_MOST][LANES];
    int8_t q[ENCODE_MOST][LANES];
    size_t size;        /* columns of a group */
    float lo, hi;       /* of the integers */
    const int8_t *table; /* what the integers stand for, or NULL */
} encode_lot;

typedef struct encode_fit { /* sums over a lane's columns: of w, w x, w v, w v v, w v x and the error, v being what q stands for */
    f32x16 w, x, v, vv, vx;
} encode_fit;

static inline f32x16 encode_floor(f32x16 v)
{
    f32x16 r = f_round(v);
    return f_if_less(v, r, f_sub(r, f_set1(1.0f)), r);
}

/* Half away from zero. */
static inline f32x16 encode_half_up(f32x16 v)
{
    f32x16 a = f_abs(v), low = encode_floor(a), r = f_if_less(f_sub(a, low), f_set1(0.5f), low, f_add(low, f_set1(1.0f)));
    return f_if_less(v, f_zero(), f_sub(f_zero(), r), r);
}

/* 1 / v, and 0 for 0. */
static inline f32x16 encode_over(f32x16 one, f32x16 v)
{
    return f_if_less(f_zero(), f_abs(v), f_div(one, v), f_zero());
}

/* ---- types whose rounding is defined ---- */

/* The value that lies farthest from zero, the first of equals; and the least and the most. */
static f32x16 encode_farthest(const encode_lot *l)
{
    f32x16 most = f_zero(), v = f_zero();
    for (size_t c = 0; c < l->size; c++) {
        const f32x16 x = f_load(l->x[c]), a = f_abs(x);
        v = f_if_less(most, a, x, v);
        most = f_max(a, most);
    }
    return v;
}

static void encode_range(const encode_lot *l, f32x16 *least, f32x16 *most)
{
    *least = *most = f_load(l->x[0]);
    for (size_t c = 1; c < l->size; c++) {
        *least = f_min(f_load(l->x[c]), *least);
        *most = f_max(f_load(l->x[c]), *most);
    }
}

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

/* Q4_0 and Q5_0: the farthest value becomes the lowest integer. */
static void encode_signed(encode_lot *l, size_t blocks, uint8_t *dst)
{
    encode_halves h;
    const float zero = (l->hi + 1) / 2;
    const f32x16 d = f_div(encode_farthest(l), f_set1(-zero));
    encode_plain(l, f_zero(), encode_over(f_set1(1.0f), d), zero + 0.5f);
    f_store_f16(h.d, d);
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

/* The integer that stands for the nearest of the values, and what it stands for. */
static inline f32x16 encode_nearest(const encode_lot *l, f32x16 v, f32x16 *stands)
{
    if (!l->table) {
        *stands = f_min(f_max(f_round(v), f_set1(l->lo)), f_set1(l->hi));
        return *stands;
    }
    f32x16 q = f_zero();
    *stands = f_set1(l->table[0]);
    for (int i = 1; i < 16; i++) {
        const f32x16 middle = f_set1(0.5f * (float)(l->table[i - 1] + l->table[i]));
        *stands = f_if_less(middle, v, f_set1(l->table[i]), *stands);
        q = f_if_less(middle, v, f_set1((float)i), q);
    }
    return q;
}

/* The sums when columns round (x - from) by to their nearest. */
static encode_fit encode_sums(const encode_lot *l, f32x16 from, f32x16 by)
{
    encode_fit s = { f_zero(), f_zero(), f_zero(), f_zero(), f_zero() };
    for (size_t c = 0; c < l->size; c++) {
        const f32x16 x = f_load(l->x[c]), w = f_load(l->w[c]);
        f32x16 v;
        encode_nearest(l, f_mul(f_sub(x, from), by), &v);
        const f32x16 wv = f_mul(w, v);
        s.w = f_add(s.w, w);
        s.x = f_fma(w, x, s.x);
        s.v = f_add(s.v, wv);
        s.vv = f_fma(wv, v, s.vv);
        s.vx = f_fma(wv, x, s.vx);
    }
    return s;
}

/* Error of scale v + from, less the sum of w x x, which no choice changes. */
static inline f32x16 encode_error(const encode_fit *s, f32x16 scale, f32x16 from)
{
    const f32x16 two = f_set1(2.0f);
    f32x16 e = f_mul(scale, f_sub(f_mul(scale, s->vv), f_mul(two, f_sub(s->vx, f_mul(from, s->v)))));
    return f_add(e, f_mul(from, f_sub(f_mul(from, s->w), f_mul(two, s->x))));
}

/* The scale and the minimum, at most zero, that are best for these roundings. */
static void encode_solve(const encode_fit *s, f32x16 *scale, f32x16 *from)
{
    const f32x16 det = f_sub(f_mul(s->w, s->vv), f_mul(s->v, s->v)), zero = f_zero();
    f32x16 a = encode_over(f_sub(f_mul(s->w, s->vx), f_mul(s->x, s->v)), det), b = encode_over(f_sub(f_mul(s->vv, s->x), f_mul(s->v, s->vx)), det);
    const f32x16 alone = encode_over(s->vx, s->vv); /* without a minimum */
    a = f_if_less(zero, b, alone, a);
    *scale = f_if_less(zero, det, a, alone);
    *from = f_if_less(zero, det, f_min(b, zero), zero);
}

typedef struct encode_best { /* of each lane */
    f32x16 scale, from, error;
} encode_best;

static inline void encode_keep(encode_best *b, f32x16 scale, f32x16 from, f32x16 error)
{
    b->scale = f_if_less(error, b->error, scale, b->scale);
    b->from = f_if_less(error, b->error, from, b->from);
    b->error = f_min(error, b->error);
}

static encode_best encode_affine(const encode_lot *l)
{
    encode_best b = { f_zero(), f_zero(), f_zero() };
    f32x16 least, most;
    encode_range(l, &least, &most);
    least = f_min(least, f_zero());
    const f32x16 reach = encode_over(f_set1(1.0f), f_sub(most, least));
    for (int i = -8; i <= 12; i++) {
        f32x16 scale, from;
        encode_fit s = encode_sums(l, least, f_mul(f_set1(l->hi + 0.1f * (float)i), reach));
        encode_solve(&s, &scale, &from);
        encode_keep(&b, scale, from, encode_error(&s, scale, from));
    }
    for (int i = 0; i < 2; i++) { /* from where that led */
        f32x16 scale, from;
        encode_fit s = encode_sums(l, b.from, encode_over(f_set1(1.0f), b.scale));
        encode_solve(&s, &scale, &from);
        encode_keep(&b, scale, from, encode_error(&s, scale, from));
    }
    return b;
}

/* The squares of errors themselves: where one column is far from all others, the sums above cancel. */
static f32x16 encode_residual(const encode_lot *l, f32x16 scale, f32x16 from)
{
    const f32x16 by = encode_over(f_set1(1.0f), scale);
    f32x16 sum = f_zero();
    for (size_t c = 0; c < l->size; c++) {
        const f32x16 x = f_sub(f_load(l->x[c]), from);
        f32x16 v;
        encode_nearest(l, f_mul(x, by), &v);
        const f32x16 e = f_sub(f_mul(v, scale), x);
        sum = f_fma(f_mul(f_load(l->w[c]), e), e, sum);
    }
    return sum;
}

static encode_best encode_straight(const encode_lot *l)
{
    encode_best b = { f_zero(), f_zero(), encode_residual(l, f_zero(), f_zero()) };
    const f32x16 far = encode_over(f_set1(1.0f), encode_farthest(l));
    const float end = l->table ? l->table[0] : l->lo, step = l->table ? 1.0f : 0.1f;
    for (int i = -9; i <= 9; i++) {
        encode_fit s = encode_sums(l, f_zero(), f_mul(f_set1(end + step * (float)i), far));
        const f32x16 scale = encode_over(s.vx, s.vv);
        encode_keep(&b, scale, f_zero(), encode_residual(l, scale, f_zero()));
    }
    return b;
}

static void encode_round(encode_lot *l, f32x16 scale, f32x16 from)
{
    const f32x16 by = encode_over(f_set1(1.0f), scale);
    for (size_t c = 0; c < l->size; c++) {
        f32x16 v;
        i_store_i8(l->q[c], i_from_f(encode_nearest(l, f_mul(f_sub(f_load(l->x[c]), from), by), &v)));
    }
}

/* ---- super-blocks: a scale, perhaps a minimum, and integers that multiply them for each group ---- */

typedef struct encode_super {
    size_t groups;                  /* of a block: 8 or 16 */
    float sub_lo, sub_hi, submin_hi; /* bounds of the integers; submin_hi 0: no minimum */
    float d[LANES], m[LANES];       /* of each lane's block, rounded to f16 */
    float sub[LANES], submin[LANES], error[LANES];
} encode_super;

static float encode_rounded(float v, uint16_t *bits)
{
    uint16_t h[LANES];
    float wide[LANES];
    f_store_f16(h, f_set1(v));
    f_store(wide, f_load_f16(h));
    *bits = h[0];
    return wide[0];
}

/* d and m of each block, from the farthest of its groups. */
static void encode_begin(encode_super *p, const float *scale, const float *from)
{
    uint16_t bits;
    for (size_t at = 0; at < LANES; at += p->groups) {
        float far = 0, deep = 0;
        for (size_t i = at; i < at + p->groups; i++) {
            far = fabsf(scale[i]) > fabsf(far) ? scale[i] : far;
            deep = -from[i] > deep ? -from[i] : deep;
        }
        const float d = encode_rounded(far / (p->sub_lo < 0 ? p->sub_lo : p->sub_hi), &bits);
        const float m = p->submin_hi > 0 ? encode_rounded(deep / p->submin_hi, &bits) : 0;
        for (size_t i = at; i < at + p->groups; i++) {
            p->d[i] = d;
            p->m[i] = m;
        }
    }
}

static inline f32x16 encode_bounded(f32x16 v, float lo, float hi)
{
    return f_min(f_max(f_round(v), f_set1(lo)), f_set1(hi));
}

/* The integers near to what a group would like, whichever are best together. */
static void encode_integers(const encode_lot *l, encode_super *p, f32x16 scale, f32x16 from)
{
    const f32x16 d = f_load(p->d), m = f_load(p->m), one = f_set1(1.0f);
    const f32x16 sub = f_mul(scale, encode_over(one, d)), submin = f_mul(from, f_sub(f_zero(), encode_over(one, m)));
    encode_best b = { f_zero(), f_zero(), f_set1(3e38f) };
    for (int i = -1; i <= 1; i++)
        for (int k = p->submin_hi > 0 ? -1 : 0; k <= (p->submin_hi > 0 ? 1 : 0); k++) {
            const f32x16 s = encode_bounded(f_add(sub, f_set1((float)i)), p->sub_lo, p->sub_hi), t = encode_bounded(f_add(submin, f_set1((float)k)), 0, p->submin_hi);
            const f32x16 by = f_mul(d, s), to = f_sub(f_zero(), f_mul(m, t));
            encode_fit sums = encode_sums(l, to, encode_over(one, by));
            encode_keep(&b, s, t, encode_error(&sums, by, to));
        }
    f_store(p->sub, b.scale);
    f_store(p->submin, b.from);
}

typedef struct encode_lanes { /* the sums of sixteen lanes, to be added up over blocks */
    float w[LANES], x[LANES], v[LANES], vv[LANES], vx[LANES];
} encode_lanes;

/* d and m that are best for a block's integers, in double: the sums of 256 columns cancel. */
static void encode_again(const encode_lot *l, encode_super *p)
{
    encode_lanes s;
    uint16_t bits;
    const f32x16 d = f_mul(f_load(p->d), f_load(p->sub)), m = f_sub(f_zero(), f_mul(f_load(p->m), f_load(p->submin)));
    const encode_fit fit = encode_sums(l, m, encode_over(f_set1(1.0f), d));
    f_store(s.w, fit.w), f_store(s.x, fit.x), f_store(s.v, fit.v), f_store(s.vv, fit.vv), f_store(s.vx, fit.vx);
    for (size_t at = 0; at < LANES; at += p->groups) {
        double a = 0, b = 0, c = 0, e = 0, f = 0;
        for (size_t i = at; i < at + p->groups; i++) {
            const double sub = (double)p->sub[i], submin = (double)p->submin[i];
            a += sub * sub * (double)s.vv[i];
            b -= sub * submin * (double)s.v[i];
            c += submin * submin * (double)s.w[i];
            e += sub * (double)s.vx[i];
            f -= submin * (double)s.x[i];
        }
        const double det = a * c - b * b;
        const bool both = det > 1e-9 * a * c;
        const double d_best = both ? (e * c - b * f) / det : a > 0 ? (e - b * (double)p->m[at]) / a : 0, m_best = both ? (a * f - b * e) / det : (double)p->m[at];
        if (!(a > 0) || !(m_best >= 0))
            continue;
        const float d_new = encode_rounded((float)d_best, &bits), m_new = encode_rounded((float)m_best, &bits);
        for (size_t i = at; i < at + p->groups; i++) {
            p->d[i] = d_new;
            p->m[i] = m_new;
        }
    }
}

static f32x16 encode_scale(const encode_super *p) { return f_mul(f_load(p->d), f_load(p->sub)); }
static f32x16 encode_from(const encode_super *p) { return f_sub(f_zero(), f_mul(f_load(p->m), f_load(p->submin))); }

/* Blocks in which p errs less than the best so far take its place there. */
static void encode_take(encode_super *best, const encode_super *p)
{
    for (size_t at = 0; at < LANES; at += p->groups) {
        double now = 0, was = 0;
        for (size_t i = at; i < at + p->groups; i++) {
            now += (double)p->error[i];
            was += (double)best->error[i];
        }
        const size_t bytes = p->groups * sizeof *p->d;
        if (!(now < was))
            continue;
        memcpy(best->d + at, p->d + at, bytes);
        memcpy(best->m + at, p->m + at, bytes);
        memcpy(best->sub + at, p->sub + at, bytes);
        memcpy(best->submin + at, p->submin + at, bytes);
        memcpy(best->error + at, p->error + at, bytes);
    }
}

static void encode_blocks(encode_lot *l, encode_super *best)
{
    encode_super now = *best, *p = &now;
    const encode_best b = p->submin_hi > 0 ? encode_affine(l) : encode_straight(l);
    float scale[LANES], from[LANES];
    f_store(scale, b.scale);
    f_store(from, b.from);
    encode_begin(p, scale, from);
    encode_integers(l, p, b.scale, b.from);
    f_store(p->error, encode_residual(l, encode_scale(p), encode_from(p)));
    *best = *p;
    for (int i = 0; i < ENCODE_ROUNDS; i++) {
        encode_again(l, p);
        encode_integers(l, p, encode_scale(p), encode_from(p));
        f_store(p->error, encode_residual(l, encode_scale(p), encode_from(p)));
        encode_take(best, p);
    }
    encode_round(l, encode_scale(best), encode_from(best));
}

static void encode_put_half(float v, uint8_t *to)
{
    uint16_t bits;
    encode_rounded(v, &bits);
    memcpy(to, &bits, 2);
}

/* Column c of a block whose first group is lane `at`. */
static inline unsigned encode_q(const encode_lot *l, size_t at, size_t c)
{
    return (unsigned)((int)l->q[c % l->size][at + c / l->size] - (l->table ? 0 : (int)l->lo));
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
    encode_super p = { .groups = 8, .sub_hi = 63, .submin_hi = 63 };
    encode_blocks(l, &p);
    for (size_t i = 0; i < blocks; i++, dst += fifth ? 176 : 144) {
        uint8_t *low = dst + (fifth ? 48 : 16);
        memset(dst, 0, fifth ? 176 : 144);
        encode_put_half(p.d[8 * i], dst);
        encode_put_half(p.m[8 * i], dst + 2);
        encode_sixes(&p, 8 * i, dst + 4);
        for (size_t c = 0; c < 256; c++) {
            const unsigned q = encode_q(l, 8 * i, c);
            low[c / 64 * 32 + c % 32] = (uint8_t)(low[c / 64 * 32 + c % 32] | (q & 15) << c % 64 / 32 * 4);
            if (fifth)
                dst[16 + c % 32] = (uint8_t)(dst[16 + c % 32] | q >> 4 << c / 32);
        }
    }
}

static void encode_pairs(const encode_lot *l, uint8_t *to)
{
    for (size_t c = 0; c < 256; c++)
        to[c / 128 * 32 + c % 32] = (uint8_t)(to[c / 128 * 32 + c % 32] | (encode_q(l, 0, c) & 3) << c % 128 / 32 * 2);
}

static void encode_q2_k(encode_lot *l, size_t blocks, uint8_t *dst)
{
    encode_super p = { .groups = 16, .sub_hi = 15, .submin_hi = 15 };
    (void)blocks;
    encode_blocks(l, &p);
    memset(dst, 0, 84);
    for (size_t k = 0; k < 16; k++)
        dst[k] = (uint8_t)((unsigned)p.sub[k] | (unsigned)p.submin[k] << 4);
    encode_pairs(l, dst + 16);
    encode_put_half(p.d[0], dst + 80);
    encode_put_half(p.m[0], dst + 82);
}

static void encode_q3_k(encode_lot *l, size_t blocks, uint8_t *dst)
{
    encode_super p = { .groups = 16, .sub_lo = -32, .sub_hi = 31 };
    (void)blocks;
    encode_blocks(l, &p);
    memset(dst, 0, 110);
    encode_pairs(l, dst + 32);
    for (size_t c = 0; c < 256; c++)
        dst[c % 32] = (uint8_t)(dst[c % 32] | encode_q(l, 0, c) >> 2 << c / 32);
    for (size_t k = 0; k < 16; k++) {
        const unsigned s = (unsigned)((int)p.sub[k] + 32);
        dst[96 + (k & 7)] = (uint8_t)(dst[96 + (k & 7)] | (s & 15) << (k >> 3) * 4);
        dst[104 + (k & 3)] = (uint8_t)(dst[104 + (k & 3)] | s >> 4 << (k >> 2) * 2);
    }
    encode_put_half(p.d[0], dst + 108);
}

static void encode_q6_k(encode_lot *l, size_t blocks, uint8_t *dst)
{
    encode_super p = { .groups = 16, .sub_lo = -128, .sub_hi = 127 };
    (void)blocks;
    encode_blocks(l, &p);
    memset(dst, 0, 210);
    for (size_t c = 0; c < 256; c++) {
        const unsigned q = encode_q(l, 0, c);
        const size_t half = c / 128, at = c % 128;
        uint8_t *low = &dst[half * 64 + at % 64], *high = &dst[128 + half * 32 + at % 32];
        *low = (uint8_t)(*low | (q & 15) << at / 64 * 4);
        *high = (uint8_t)(*high | q >> 4 << at / 32 * 2);
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
    encode_lot l = { .size = k->group, .lo = k->lo, .hi = k->hi, .table = k->table };
    const size_t step = LANES * k->group;
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
