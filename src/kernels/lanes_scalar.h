/* The definition of the lanes, in plain C. */
#include "kernels/half.h"
typedef struct { float v[LANES]; } f32x16;
typedef struct { int32_t v[LANES]; } i32x16;
typedef struct { uint8_t v[4 * LANES]; } u8x64; /* 16 lanes of 4 bytes */

#define LANES_HIDE(x) __asm__ volatile("" : "+m"(x)) /* the compiler knows no longer what x holds */
#define EACH for (int i = 0; i < LANES; i++)
static inline f32x16 f_zero(void) { return (f32x16){ { 0 } }; }
static inline f32x16 f_set1(float x) { f32x16 r; EACH r.v[i] = x; return r; }
static inline f32x16 f_load(const float *p) { f32x16 r; memcpy(&r, p, sizeof r); return r; }
static inline void f_store(float *p, f32x16 a) { memcpy(p, &a, sizeof a); }
/* The first n (0..16) lanes; the others read as 0, or are not written. */
static inline void f_store_halves(float *low, float *high, f32x16 a)
{
    memcpy(low, a.v, sizeof a.v / 2);
    memcpy(high, a.v + LANES / 2, sizeof a.v / 2);
}
static inline f32x16 f_load_n(const float *p, size_t n) { f32x16 r = f_zero(); memcpy(&r, p, 4 * n); return r; }
static inline f32x16 f_load_or(const float *p, size_t n, f32x16 other) { memcpy(&other, p, 4 * n); return other; } /* the rest from other */
static inline void f_store_n(float *p, f32x16 a, size_t n) { memcpy(p, &a, 4 * n); }
static inline f32x16 f_swap(f32x16 a) { f32x16 r; EACH r.v[i] = a.v[i ^ 1]; return r; } /* lanes 2i and 2i + 1 */
static inline f32x16 f_add(f32x16 a, f32x16 b) { EACH a.v[i] += b.v[i]; return a; }
static inline f32x16 f_sub(f32x16 a, f32x16 b) { EACH a.v[i] -= b.v[i]; return a; }
static inline f32x16 f_mul(f32x16 a, f32x16 b) { EACH a.v[i] *= b.v[i]; return a; }
static inline f32x16 f_div(f32x16 a, f32x16 b) { EACH a.v[i] /= b.v[i]; return a; }
static inline f32x16 f_fma(f32x16 a, f32x16 b, f32x16 c) { EACH a.v[i] = fmaf(a.v[i], b.v[i], c.v[i]); return a; } /* a b + c */
static inline f32x16 f_max(f32x16 a, f32x16 b) { EACH a.v[i] = a.v[i] > b.v[i] ? a.v[i] : b.v[i]; return a; } /* b if either is NaN */
static inline f32x16 f_min(f32x16 a, f32x16 b) { EACH a.v[i] = a.v[i] < b.v[i] ? a.v[i] : b.v[i]; return a; }
static inline f32x16 f_sqrt(f32x16 a) { EACH a.v[i] = sqrtf(a.v[i]); return a; }
static inline f32x16 f_abs(f32x16 a) { EACH a.v[i] = fabsf(a.v[i]); return a; }
static inline f32x16 f_round(f32x16 a) { EACH a.v[i] = nearbyintf(a.v[i]); return a; } /* to nearest, ties to even */
static inline f32x16 f_if_less(f32x16 a, f32x16 b, f32x16 yes, f32x16 no) { EACH yes.v[i] = a.v[i] < b.v[i] ? yes.v[i] : no.v[i]; return yes; }
/* a * 2^n where x is not below `least`, 0 elsewhere, for integral n in -126..128: added to the exponent field; n = 128 is done in two steps. */
static inline f32x16 f_scale2_from(f32x16 least, f32x16 x, f32x16 a, f32x16 n)
{
    EACH {
        int32_t whole = (int32_t)n.v[i], half = whole >> 1;
        uint32_t one = (uint32_t)(half + 127) << 23, two = (uint32_t)(whole - half + 127) << 23;
        float s, t;
        memcpy(&s, &one, 4);
        memcpy(&t, &two, 4);
        a.v[i] = a.v[i] * s * t;
    }
    return f_if_less(x, least, f_zero(), a);
}
/* Of positive normal numbers: x = mantissa * 2^exponent, the mantissa from 1 to below 2. */
static inline f32x16 f_exponent(f32x16 a)
{
    EACH {
        uint32_t bits;
        memcpy(&bits, &a.v[i], 4);
        a.v[i] = (float)((int32_t)(bits >> 23) - 127);
    }
    return a;
}
static inline f32x16 f_mantissa(f32x16 a)
{
    EACH {
        uint32_t bits;
        memcpy(&bits, &a.v[i], 4);
        bits = (bits & 0x007fffff) | 0x3f800000;
        memcpy(&a.v[i], &bits, 4);
    }
    return a;
}
/* Lane i + lane i+8, then +4, +2, +1: the one order in which lanes are ever summed. */
static inline float f_sum(f32x16 a)
{
    for (int w = 8; w; w >>= 1)
        for (int i = 0; i < w; i++)
            a.v[i] += a.v[i + w];
    return a.v[0];
}
static inline float f_hmax(f32x16 a)
{
    for (int w = 8; w; w >>= 1)
        for (int i = 0; i < w; i++)
            a.v[i] = a.v[i] > a.v[i + w] ? a.v[i] : a.v[i + w];
    return a.v[0];
}

static inline uint16_t f_to_half(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, 4);
    uint32_t sign = bits >> 16 & 0x8000, a = bits & 0x7fffffff;
    if (a > 0x7f800000)
        return (uint16_t)(sign | 0x7e00 | (a >> 13 & 0x1ff));
    if (a >= 0x477ff000)
        return (uint16_t)(sign | 0x7c00);
    if (a >= 0x38800000) /* normal: round to nearest even on the 13 dropped bits */
        return (uint16_t)(sign | (a - 0x38000000 + 0xfff + (a >> 13 & 1)) >> 13);
    float scaled, magic = 0.5f; /* subnormal: let the adder round */
    memcpy(&scaled, &a, 4);
    scaled += magic;
    uint32_t rounded, base;
    memcpy(&rounded, &scaled, 4);
    memcpy(&base, &magic, 4);
    return (uint16_t)(sign | (rounded - base));
}
static inline f32x16 f_load_f16(const uint16_t *p) { f32x16 r; EACH r.v[i] = ink_half(p[i]); return r; }
static inline void f_store_f16(uint16_t *p, f32x16 a) { EACH p[i] = f_to_half(a.v[i]); }
static inline void f_store_bf16(uint16_t *p, f32x16 a) { EACH p[i] = ink_to_bf16(a.v[i]); }
static inline f32x16 f_load_bf16(const uint16_t *p)
{
    f32x16 r;
    EACH { uint32_t b = (uint32_t)p[i] << 16; memcpy(&r.v[i], &b, 4); }
    return r;
}
static inline f32x16 f_from_i(i32x16 a) { f32x16 r; EACH r.v[i] = (float)a.v[i]; return r; }
static inline i32x16 i_from_f(f32x16 a) { i32x16 r; EACH r.v[i] = (int32_t)nearbyintf(a.v[i]); return r; } /* |a| < 2^31 */
static inline f32x16 f_load_i8(const int8_t *p) { f32x16 r; EACH r.v[i] = (float)p[i]; return r; }
static inline f32x16 f_load_u8(const uint8_t *p) { f32x16 r; EACH r.v[i] = (float)p[i]; return r; }
static inline void i_store_i8(int8_t *p, i32x16 a) { EACH p[i] = (int8_t)a.v[i]; } /* lanes within -128..127 */

static inline i32x16 i_zero(void) { return (i32x16){ { 0 } }; }
static inline i32x16 i_set1(int32_t x) { i32x16 r; EACH r.v[i] = x; return r; }
static inline i32x16 i_load(const int32_t *p) { i32x16 r; memcpy(&r, p, sizeof r); return r; }
static inline i32x16 i_add(i32x16 a, i32x16 b) { EACH a.v[i] = (int32_t)((uint32_t)a.v[i] + (uint32_t)b.v[i]); return a; } /* wraps */
/* The bf16 in the low and in the high half of each lane. */
static inline f32x16 f_bits(i32x16 a) { f32x16 r; memcpy(r.v, a.v, sizeof r.v); return r; }
static inline f32x16 f_low_bf16(i32x16 a) { f32x16 r; EACH { uint32_t b = (uint32_t)a.v[i] << 16; memcpy(&r.v[i], &b, 4); } return r; }
static inline f32x16 f_high_bf16(i32x16 a) { f32x16 r; EACH { uint32_t b = (uint32_t)a.v[i] & 0xffff0000u; memcpy(&r.v[i], &b, 4); } return r; }
static inline int32_t i_sum(i32x16 a) { uint32_t s = 0; EACH s += (uint32_t)a.v[i]; return (int32_t)s; } /* wraps */
static inline void i_store(int32_t *p, i32x16 a) { memcpy(p, &a, sizeof a); }
static inline i32x16 i_fours(i32x16 a) { i32x16 r; EACH r.v[i] = a.v[i | 3] + a.v[(i | 3) - 1] + a.v[(i | 3) - 2] + a.v[(i | 3) - 3]; return r; } /* of each four */
static inline i32x16 i_shl(i32x16 a, int n) { EACH a.v[i] = (int32_t)((uint32_t)a.v[i] << n); return a; }

/* ---- 16 lanes of 4 bytes ---- */

#define EACH4 for (int i = 0; i < 4 * LANES; i++)
static inline u8x64 b_load(const uint8_t *p) { u8x64 r; memcpy(&r, p, sizeof r); return r; }
static inline void b_store(uint8_t *p, u8x64 a) { memcpy(p, &a, sizeof a); }
static inline u8x64 b_quad(const int8_t *p) { u8x64 r; EACH4 r.v[i] = (uint8_t)p[i % 4]; return r; } /* the same 4 bytes in every lane */
static inline u8x64 b_or(u8x64 a, u8x64 b) { EACH4 a.v[i] |= b.v[i]; return a; }
/* Bits `mask` of a moved n places towards the high end (or the low end for negative n); what leaves a byte must be masked off. */
static inline u8x64 b_less(u8x64 a, int n) { EACH4 a.v[i] = (uint8_t)(a.v[i] - n); return a; }
static inline u8x64 b_move(u8x64 a, int n, int mask) { EACH4 a.v[i] = (uint8_t)((n < 0 ? a.v[i] >> -n : a.v[i] << n) & mask); return a; }
static inline u8x64 b_table(u8x64 a, const int8_t *sixteen) { EACH4 a.v[i] = (uint8_t)(sixteen[a.v[i]] + 128); return a; } /* 128 higher */
/* acc + the sum of a lane's four products of unsigned w and signed a; exact. b_dot7: w is at most 127. */
static inline i32x16 b_dot(i32x16 acc, u8x64 w, u8x64 a)
{
    EACH acc.v[i] += w.v[4 * i] * (int8_t)a.v[4 * i] + w.v[4 * i + 1] * (int8_t)a.v[4 * i + 1] + w.v[4 * i + 2] * (int8_t)a.v[4 * i + 2] + w.v[4 * i + 3] * (int8_t)a.v[4 * i + 3];
    return acc;
}
static inline i32x16 b_dot7(i32x16 acc, u8x64 w, u8x64 a) { return b_dot(acc, w, a); }
/* The same with the four activations at a in every lane. */
static inline i32x16 b_dot_quad(i32x16 acc, u8x64 w, const int8_t *a) { return b_dot(acc, w, b_quad(a)); }
static inline i32x16 b_dot7_quad(i32x16 acc, u8x64 w, const int8_t *a) { return b_dot_quad(acc, w, a); }
static inline f32x16 f_load_nibble(const uint8_t *p, int high) { f32x16 r; EACH r.v[i] = (float)(high ? p[i] >> 4 : p[i] & 15); return r; }
/* Half of 2^(e - 127). */
static inline f32x16 f_load_e8(const uint8_t *p)
{
    f32x16 r;
    EACH { uint32_t b = p[i] < 2 ? 0x00200000u << p[i] : (uint32_t)(p[i] - 1) << 23; memcpy(&r.v[i], &b, 4); }
    return r;
}
#undef EACH4
#undef EACH
/* Lane j of r[i] becomes lane i of r[j]. */
static inline void f_transpose(f32x16 r[16])
{
    float in[16][LANES], out[16][LANES];
    for (int i = 0; i < 16; i++)
        f_store(in[i], r[i]);
    for (int i = 0; i < 16; i++)
        for (int j = 0; j < LANES; j++)
            out[j][i] = in[i][j];
    for (int i = 0; i < 16; i++)
        r[i] = f_load(out[i]);
}
