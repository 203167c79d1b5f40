/* The lanes as two 256-bit registers: a holds lanes 0-7, b lanes 8-15. Needs AVX2, FMA, F16C. */
#include <immintrin.h>
typedef struct { __m256 a, b; } f32x16;
typedef struct { __m256i a, b; } i32x16;
typedef struct { __m256i a, b; } u8x64;

#define LANES_HIDE(x) __asm__ volatile("" : "+x"((x).a), "+x"((x).b))
#define PAIR(x, y) { (x), (y) }
static inline f32x16 f_zero(void) { return (f32x16)PAIR(_mm256_setzero_ps(), _mm256_setzero_ps()); }
static inline f32x16 f_set1(float x) { return (f32x16)PAIR(_mm256_set1_ps(x), _mm256_set1_ps(x)); }
static inline f32x16 f_load(const float *p) { return (f32x16)PAIR(_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)); }
static inline void f_store(float *p, f32x16 a)
{
    _mm256_storeu_ps(p, a.a);
    _mm256_storeu_ps(p + 8, a.b);
}
static inline f32x16 f_load_or(const float *p, size_t n, f32x16 other)
{
    float t[16];
    f_store(t, other);
    memcpy(t, p, 4 * n);
    return f_load(t);
}
static inline void f_store_halves(float *low, float *high, f32x16 x)
{
    _mm256_storeu_ps(low, x.a);
    _mm256_storeu_ps(high, x.b);
}
static inline f32x16 f_load_n(const float *p, size_t n) { return f_load_or(p, n, f_zero()); }
static inline f32x16 f_swap(f32x16 x) { return (f32x16)PAIR(_mm256_permute_ps(x.a, 0xb1), _mm256_permute_ps(x.b, 0xb1)); }
static inline void f_store_n(float *p, f32x16 a, size_t n)
{
    float t[16];
    f_store(t, a);
    memcpy(p, t, 4 * n);
}
static inline f32x16 f_add(f32x16 x, f32x16 y) { return (f32x16)PAIR(_mm256_add_ps(x.a, y.a), _mm256_add_ps(x.b, y.b)); }
static inline f32x16 f_sub(f32x16 x, f32x16 y) { return (f32x16)PAIR(_mm256_sub_ps(x.a, y.a), _mm256_sub_ps(x.b, y.b)); }
static inline f32x16 f_mul(f32x16 x, f32x16 y) { return (f32x16)PAIR(_mm256_mul_ps(x.a, y.a), _mm256_mul_ps(x.b, y.b)); }
static inline f32x16 f_div(f32x16 x, f32x16 y) { return (f32x16)PAIR(_mm256_div_ps(x.a, y.a), _mm256_div_ps(x.b, y.b)); }
static inline f32x16 f_fma(f32x16 x, f32x16 y, f32x16 z) { return (f32x16)PAIR(_mm256_fmadd_ps(x.a, y.a, z.a), _mm256_fmadd_ps(x.b, y.b, z.b)); }
static inline f32x16 f_max(f32x16 x, f32x16 y) { return (f32x16)PAIR(_mm256_max_ps(x.a, y.a), _mm256_max_ps(x.b, y.b)); }
static inline f32x16 f_min(f32x16 x, f32x16 y) { return (f32x16)PAIR(_mm256_min_ps(x.a, y.a), _mm256_min_ps(x.b, y.b)); }
static inline f32x16 f_sqrt(f32x16 x) { return (f32x16)PAIR(_mm256_sqrt_ps(x.a), _mm256_sqrt_ps(x.b)); }
static inline f32x16 f_abs(f32x16 x)
{
    const __m256 m = _mm256_castsi256_ps(_mm256_set1_epi32(0x7fffffff));
    return (f32x16)PAIR(_mm256_and_ps(x.a, m), _mm256_and_ps(x.b, m));
}
#define NEAREST (_MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)
static inline f32x16 f_round(f32x16 x) { return (f32x16)PAIR(_mm256_round_ps(x.a, NEAREST), _mm256_round_ps(x.b, NEAREST)); }
static inline f32x16 f_if_less(f32x16 x, f32x16 y, f32x16 yes, f32x16 no)
{
    return (f32x16)PAIR(_mm256_blendv_ps(no.a, yes.a, _mm256_cmp_ps(x.a, y.a, _CMP_LT_OQ)), _mm256_blendv_ps(no.b, yes.b, _mm256_cmp_ps(x.b, y.b, _CMP_LT_OQ)));
}
static inline __m256 f_scale2_half(__m256 a, __m256 n)
{
    __m256i whole = _mm256_cvtps_epi32(n), half = _mm256_srai_epi32(whole, 1), bias = _mm256_set1_epi32(127);
    __m256i one = _mm256_slli_epi32(_mm256_add_epi32(half, bias), 23);
    __m256i two = _mm256_slli_epi32(_mm256_add_epi32(_mm256_sub_epi32(whole, half), bias), 23);
    return _mm256_mul_ps(_mm256_mul_ps(a, _mm256_castsi256_ps(one)), _mm256_castsi256_ps(two));
}
static inline f32x16 f_scale2_from(f32x16 least, f32x16 x, f32x16 a, f32x16 n)
{
    return f_if_less(x, least, f_zero(), (f32x16)PAIR(f_scale2_half(a.a, n.a), f_scale2_half(a.b, n.b)));
}
static inline __m256 f_exponent_half(__m256 a)
{
    return _mm256_cvtepi32_ps(_mm256_sub_epi32(_mm256_srli_epi32(_mm256_castps_si256(a), 23), _mm256_set1_epi32(127)));
}
static inline f32x16 f_exponent(f32x16 x) { return (f32x16)PAIR(f_exponent_half(x.a), f_exponent_half(x.b)); }
static inline __m256 f_mantissa_half(__m256 a)
{
    __m256i low = _mm256_and_si256(_mm256_castps_si256(a), _mm256_set1_epi32(0x007fffff));
    return _mm256_castsi256_ps(_mm256_or_si256(low, _mm256_set1_epi32(0x3f800000)));
}
static inline f32x16 f_mantissa(f32x16 x) { return (f32x16)PAIR(f_mantissa_half(x.a), f_mantissa_half(x.b)); }
static inline float f_sum(f32x16 x)
{
    __m256 b = _mm256_add_ps(x.a, x.b);
    __m128 c = _mm_add_ps(_mm256_castps256_ps128(b), _mm256_extractf128_ps(b, 1));
    c = _mm_add_ps(c, _mm_movehl_ps(c, c));
    return _mm_cvtss_f32(_mm_add_ss(c, _mm_movehdup_ps(c)));
}
static inline float f_hmax(f32x16 x)
{
    __m256 b = _mm256_max_ps(x.a, x.b);
    __m128 c = _mm_max_ps(_mm256_castps256_ps128(b), _mm256_extractf128_ps(b, 1));
    c = _mm_max_ps(c, _mm_movehl_ps(c, c));
    return _mm_cvtss_f32(_mm_max_ss(c, _mm_movehdup_ps(c)));
}
static inline f32x16 f_load_f16(const uint16_t *p)
{
    return (f32x16)PAIR(_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p)), _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(p + 8))));
}
static inline void f_store_f16(uint16_t *p, f32x16 x)
{
    _mm_storeu_si128((__m128i *)p, _mm256_cvtps_ph(x.a, NEAREST));
    _mm_storeu_si128((__m128i *)(p + 8), _mm256_cvtps_ph(x.b, NEAREST));
}
static inline __m256i f_to_bf16_half(__m256 x)
{
    const __m256i bits = _mm256_castps_si256(x), top = _mm256_srli_epi32(bits, 16), odd = _mm256_and_si256(top, _mm256_set1_epi32(1));
    const __m256i rounded = _mm256_srli_epi32(_mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff))), 16);
    return _mm256_blendv_epi8(rounded, _mm256_or_si256(top, _mm256_set1_epi32(0x40)), _mm256_castps_si256(_mm256_cmp_ps(x, x, _CMP_UNORD_Q)));
}
static inline void f_store_bf16(uint16_t *p, f32x16 x)
{
    _mm256_storeu_si256((__m256i *)p, _mm256_permute4x64_epi64(_mm256_packus_epi32(f_to_bf16_half(x.a), f_to_bf16_half(x.b)), 0xd8));
}
static inline __m256 f_load_bf16_half(const uint16_t *p)
{
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)p)), 16));
}
static inline f32x16 f_load_bf16(const uint16_t *p) { return (f32x16)PAIR(f_load_bf16_half(p), f_load_bf16_half(p + 8)); }
static inline f32x16 f_from_i(i32x16 x) { return (f32x16)PAIR(_mm256_cvtepi32_ps(x.a), _mm256_cvtepi32_ps(x.b)); }
static inline i32x16 i_from_f(f32x16 x) { return (i32x16)PAIR(_mm256_cvtps_epi32(x.a), _mm256_cvtps_epi32(x.b)); }
static inline f32x16 f_load_i8(const int8_t *p)
{
    return (f32x16)PAIR(_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)p))),
                        _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(p + 8)))));
}
static inline f32x16 f_load_u8(const uint8_t *p)
{
    return (f32x16)PAIR(_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p))),
                        _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(p + 8)))));
}
static inline i32x16 i_load(const int32_t *p)
{
    return (i32x16)PAIR(_mm256_loadu_si256((const __m256i *)p), _mm256_loadu_si256((const __m256i *)(p + 8)));
}
static inline void i_store_i8(int8_t *p, i32x16 x)
{
    __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(x.a, x.b), 0xd8);
    _mm_storeu_si128((__m128i *)p, _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1)));
}
static inline i32x16 i_zero(void) { return (i32x16)PAIR(_mm256_setzero_si256(), _mm256_setzero_si256()); }
static inline i32x16 i_set1(int32_t v) { return (i32x16)PAIR(_mm256_set1_epi32(v), _mm256_set1_epi32(v)); }
static inline i32x16 i_add(i32x16 x, i32x16 y) { return (i32x16)PAIR(_mm256_add_epi32(x.a, y.a), _mm256_add_epi32(x.b, y.b)); }
static inline f32x16 f_bits(i32x16 x) { return (f32x16)PAIR(_mm256_castsi256_ps(x.a), _mm256_castsi256_ps(x.b)); }
static inline f32x16 f_low_bf16(i32x16 x)
{
    return (f32x16)PAIR(_mm256_castsi256_ps(_mm256_slli_epi32(x.a, 16)), _mm256_castsi256_ps(_mm256_slli_epi32(x.b, 16)));
}
static inline f32x16 f_high_bf16(i32x16 x)
{
    const __m256i top = _mm256_set1_epi32(-65536);
    return (f32x16)PAIR(_mm256_castsi256_ps(_mm256_and_si256(x.a, top)), _mm256_castsi256_ps(_mm256_and_si256(x.b, top)));
}
static inline int32_t i_sum(i32x16 x)
{
    __m256i s = _mm256_add_epi32(x.a, x.b);
    __m128i t = _mm_add_epi32(_mm256_castsi256_si128(s), _mm256_extracti128_si256(s, 1));
    t = _mm_add_epi32(t, _mm_shuffle_epi32(t, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(t, _mm_shuffle_epi32(t, 0xb1)));
}
static inline void i_store(int32_t *p, i32x16 x)
{
    _mm256_storeu_si256((__m256i *)p, x.a);
    _mm256_storeu_si256((__m256i *)(p + 8), x.b);
}
static inline __m256i i_fours_half(__m256i a)
{
    a = _mm256_add_epi32(a, _mm256_shuffle_epi32(a, 0xb1));
    return _mm256_add_epi32(a, _mm256_shuffle_epi32(a, 0x4e));
}
static inline i32x16 i_fours(i32x16 x) { return (i32x16)PAIR(i_fours_half(x.a), i_fours_half(x.b)); }
static inline i32x16 i_shl(i32x16 x, int n) { return (i32x16)PAIR(_mm256_slli_epi32(x.a, n), _mm256_slli_epi32(x.b, n)); }

static inline u8x64 b_load(const uint8_t *p)
{
    return (u8x64)PAIR(_mm256_loadu_si256((const __m256i *)p), _mm256_loadu_si256((const __m256i *)(p + 32)));
}
static inline void b_store(uint8_t *p, u8x64 x)
{
    _mm256_storeu_si256((__m256i *)p, x.a);
    _mm256_storeu_si256((__m256i *)(p + 32), x.b);
}
static inline u8x64 b_quad(const int8_t *p)
{
    int32_t w;
    memcpy(&w, p, 4);
    return (u8x64)PAIR(_mm256_set1_epi32(w), _mm256_set1_epi32(w));
}
static inline u8x64 b_or(u8x64 x, u8x64 y) { return (u8x64)PAIR(_mm256_or_si256(x.a, y.a), _mm256_or_si256(x.b, y.b)); }
static inline u8x64 b_less(u8x64 x, int n)
{
    const __m256i by = _mm256_set1_epi8((char)n);
    return (u8x64)PAIR(_mm256_sub_epi8(x.a, by), _mm256_sub_epi8(x.b, by));
}
static inline __m256i b_move_half(__m256i x, int n, int mask)
{
    __m256i moved = n < 0 ? _mm256_srli_epi16(x, -n) : n ? _mm256_slli_epi16(x, n) : x;
    return _mm256_and_si256(moved, _mm256_set1_epi8((char)mask));
}
static inline u8x64 b_move(u8x64 x, int n, int mask) { return (u8x64)PAIR(b_move_half(x.a, n, mask), b_move_half(x.b, n, mask)); }
static inline u8x64 b_table(u8x64 x, const int8_t *sixteen)
{
    const __m256i t = _mm256_broadcastsi128_si256(_mm_xor_si128(_mm_loadu_si128((const __m128i *)sixteen), _mm_set1_epi8((char)0x80)));
    return (u8x64)PAIR(_mm256_shuffle_epi8(t, x.a), _mm256_shuffle_epi8(t, x.b));
}
/* maddubs adds two products in 16 bits: exact for w up to 127 (2 · 127 · 127 < 2^15). */
static inline __m256i b_dot7_half(__m256i acc, __m256i w, __m256i a)
{
    return _mm256_add_epi32(acc, _mm256_madd_epi16(_mm256_maddubs_epi16(w, a), _mm256_set1_epi16(1)));
}
static inline i32x16 b_dot7(i32x16 acc, u8x64 w, u8x64 a) { return (i32x16)PAIR(b_dot7_half(acc.a, w.a, a.a), b_dot7_half(acc.b, w.b, a.b)); }
static inline i32x16 b_dot7_quad(i32x16 acc, u8x64 w, const int8_t *a) { return b_dot7(acc, w, b_quad(a)); }
/* The top bit apart: 2 · 128 · 127 < 2^15 as well. Activations are at least -127. */
static inline __m256i b_dot_half(__m256i acc, __m256i w, __m256i a)
{
    const __m256i low = _mm256_set1_epi8(0x7f);
    return b_dot7_half(b_dot7_half(acc, _mm256_and_si256(w, low), a), _mm256_andnot_si256(low, w), a);
}
static inline i32x16 b_dot(i32x16 acc, u8x64 w, u8x64 a) { return (i32x16)PAIR(b_dot_half(acc.a, w.a, a.a), b_dot_half(acc.b, w.b, a.b)); }
static inline i32x16 b_dot_quad(i32x16 acc, u8x64 w, const int8_t *a) { return b_dot(acc, w, b_quad(a)); }
static inline f32x16 f_load_nibble(const uint8_t *p, int high)
{
    __m128i x = _mm_loadu_si128((const __m128i *)p);
    x = _mm_and_si128(high ? _mm_srli_epi16(x, 4) : x, _mm_set1_epi8(15));
    return (f32x16)PAIR(_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(x)), _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_srli_si128(x, 8))));
}
static inline __m256 f_load_e8_half(const uint8_t *p)
{
    __m256i e = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p)), one = _mm256_set1_epi32(1);
    __m256i normal = _mm256_slli_epi32(_mm256_sub_epi32(e, one), 23), tiny = _mm256_sllv_epi32(_mm256_set1_epi32(0x00200000), e);
    return _mm256_castsi256_ps(_mm256_blendv_epi8(tiny, normal, _mm256_cmpgt_epi32(e, one)));
}
static inline f32x16 f_load_e8(const uint8_t *p) { return (f32x16)PAIR(f_load_e8_half(p), f_load_e8_half(p + 8)); }
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
