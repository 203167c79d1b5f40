/* Scales (and minimums) that make the weighted squares of errors small: by least squares for each rounding that a handful of first
   guesses give (after Lloyd 1982, with the levels on a line); for super-blocks again with the sub-scales as the integers that a block can hold. */
#ifndef INK_KERNELS_ENCODE_SEARCH_H
#define INK_KERNELS_ENCODE_SEARCH_H

#include "kernels/encode_lot.h"

/* The nearest of the values that integers stand for: of a table, the last whose middle to the one before lies below. */
LANES_INLINE f32x16 encode_nearest(const encode_lot *l, bool table, f32x16 v)
{
    if (!table)
        return f_min(f_max(f_round(v), f_set1(l->lo)), f_set1(l->hi));
    f32x16 stands = f_set1(l->table[0]);
    LANES_UNROLL
    for (int i = 1; i < 16; i++)
        stands = f_if_less(f_set1(l->middle[i]), v, f_set1(l->table[i]), stands);
    return stands;
}

/* The integer that stands for it. */
static inline f32x16 encode_integer(const encode_lot *l, f32x16 v)
{
    f32x16 q = f_zero();
    if (!l->table)
        return encode_nearest(l, false, v);
    for (int i = 1; i < 16; i++)
        q = f_if_less(f_set1(l->middle[i]), v, f_set1((float)i), q);
    return q;
}

/* The sums when columns round (x - from) by to their nearest; where from is zero, as in types without a minimum, two of them matter. */
LANES_INLINE encode_fit encode_sums_of(const encode_lot *l, bool table, bool minimum, f32x16 from, f32x16 by)
{
    encode_fit s = { f_zero(), f_zero(), f_zero(), f_zero(), f_zero() };
    for (size_t c = 0; c < l->size; c++) {
        const f32x16 x = f_load(l->x[c]), w = f_load(l->w[c]);
        const f32x16 v = encode_nearest(l, table, f_mul(minimum ? f_sub(x, from) : x, by)), wv = f_mul(w, v);
        s.vv = f_fma(wv, v, s.vv);
        s.vx = f_fma(wv, x, s.vx);
        if (!minimum)
            continue;
        s.w = f_add(s.w, w);
        s.x = f_fma(w, x, s.x);
        s.v = f_add(s.v, wv);
    }
    return s;
}

LANES_INLINE encode_fit encode_sums(const encode_lot *l, bool minimum, f32x16 from, f32x16 by)
{
    return l->table ? encode_sums_of(l, true, minimum, from, by) : encode_sums_of(l, false, minimum, from, by);
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
        encode_fit s = encode_sums(l, true, least, f_mul(f_set1(l->hi + 0.1f * (float)i), reach));
        encode_solve(&s, &scale, &from);
        encode_keep(&b, scale, from, encode_error(&s, scale, from));
    }
    for (int i = 0; i < 2; i++) { /* from where that led */
        f32x16 scale, from;
        encode_fit s = encode_sums(l, true, b.from, encode_over(f_set1(1.0f), b.scale));
        encode_solve(&s, &scale, &from);
        encode_keep(&b, scale, from, encode_error(&s, scale, from));
    }
    return b;
}

/* The squares of errors themselves: where one column is far from all others, the sums above cancel. */
LANES_INLINE f32x16 encode_residual_of(const encode_lot *l, bool table, f32x16 scale, f32x16 from)
{
    const f32x16 by = encode_over(f_set1(1.0f), scale);
    f32x16 sum = f_zero();
    for (size_t c = 0; c < l->size; c++) {
        const f32x16 x = f_sub(f_load(l->x[c]), from);
        const f32x16 e = f_sub(f_mul(encode_nearest(l, table, f_mul(x, by)), scale), x);
        sum = f_fma(f_mul(f_load(l->w[c]), e), e, sum);
    }
    return sum;
}

static f32x16 encode_residual(const encode_lot *l, f32x16 scale, f32x16 from)
{
    return l->table ? encode_residual_of(l, true, scale, from) : encode_residual_of(l, false, scale, from);
}

static encode_best encode_straight(const encode_lot *l)
{
    encode_best b = { f_zero(), f_zero(), encode_residual(l, f_zero(), f_zero()) };
    const f32x16 far = encode_over(f_set1(1.0f), encode_farthest(l));
    const float end = l->table ? l->table[0] : l->lo, step = l->table ? 3.0f : 0.3f;
    for (int i = -3; i <= 3; i++) {
        encode_fit s = encode_sums(l, false, f_zero(), f_mul(f_set1(end + step * (float)i), far));
        const f32x16 scale = encode_over(s.vx, s.vv);
        encode_keep(&b, scale, f_zero(), encode_residual(l, scale, f_zero()));
    }
    return b;
}

static void encode_round(encode_lot *l, f32x16 scale, f32x16 from)
{
    const f32x16 by = encode_over(f_set1(1.0f), scale);
    for (size_t c = 0; c < l->size; c++)
        i_store_i8(l->q[c], i_from_f(encode_integer(l, f_mul(f_sub(f_load(l->x[c]), from), by))));
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
LANES_INLINE void encode_integers_of(const encode_lot *l, bool minimum, encode_super *p, f32x16 scale, f32x16 from)
{
    const f32x16 d = f_load(p->d), m = f_load(p->m), one = f_set1(1.0f);
    const f32x16 sub = f_mul(scale, encode_over(one, d)), submin = f_mul(from, f_sub(f_zero(), encode_over(one, m)));
    encode_best b = { f_zero(), f_zero(), f_set1(3e38f) };
    for (int i = -1; i <= 1; i++)
        for (int k = minimum ? -1 : 0; k <= (minimum ? 1 : 0); k++) {
            const f32x16 s = encode_bounded(f_add(sub, f_set1((float)i)), p->sub_lo, p->sub_hi), t = encode_bounded(f_add(submin, f_set1((float)k)), 0, p->submin_hi);
            const f32x16 by = f_mul(d, s), to = f_sub(f_zero(), f_mul(m, t));
            encode_fit sums = encode_sums(l, minimum, to, encode_over(one, by));
            encode_keep(&b, s, t, encode_error(&sums, by, to));
        }
    f_store(p->sub, b.scale);
    f_store(p->submin, b.from);
}

static void encode_integers(const encode_lot *l, encode_super *p, f32x16 scale, f32x16 from)
{
    if (p->submin_hi > 0)
        encode_integers_of(l, true, p, scale, from);
    else
        encode_integers_of(l, false, p, scale, from);
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
    const f32x16 by = encode_over(f_set1(1.0f), d);
    const encode_fit fit = p->submin_hi > 0 ? encode_sums(l, true, m, by) : encode_sums(l, false, m, by);
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

#endif
