/* The lanes as one 512-bit register. Needs F, BW, VL, VNNI (and F16C's wide form, part of F). */
#include <immintrin.h>
typedef __m512 f32x16;
typedef __m512i i32x16;
typedef __m512i u8x64;

#define LANES_HIDE(x) __asm__ volatile("" : "+v"(x))
#define FIRST(n) ((__mmask16)((1u << (n)) - 1))
static inline f32x16 f_zero(void) { return _mm512_setzero_ps(); }
static inline f32x16 f_set1(float x) { return _mm512_set1_ps(x); }
static inline f32x16 f_load(const float *p) { return _mm512_loadu_ps(p); }
static inline void f_store(float *p, f32x16 a) { _mm512_storeu_ps(p, a); }
static inline void f_store_halves(float *low, float *high, f32x16 a)
{
    _mm256_storeu_ps(low, _mm512_castps512_ps256(a));
    _mm256_storeu_ps(high, _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(a), 1)));
}
static inline f32x16 f_load_n(const float *p, size_t n) { return _mm512_maskz_loadu_ps(FIRST(n), p); }
static inline f32x16 f_load_or(const float *p, size_t n, f32x16 other) { return _mm512_mask_loadu_ps(other, FIRST(n), p); }
static inline f32x16 f_swap(f32x16 a) { return _mm512_permute_ps(a, 0xb1); }
static inline void f_store_n(float *p, f32x16 a, size_t n) { _mm512_mask_storeu_ps(p, FIRST(n), a); }
static inline f32x16 f_add(f32x16 a, f32x16 b) { return _mm512_add_ps(a, b); }
static inline f32x16 f_sub(f32x16 a, f32x16 b) { return _mm512_sub_ps(a, b); }
static inline f32x16 f_mul(f32x16 a, f32x16 b) { return _mm512_mul_ps(a, b); }
static inline f32x16 f_div(f32x16 a, f32x16 b) { return _mm512_div_ps(a, b); }
static inline f32x16 f_fma(f32x16 a, f32x16 b, f32x16 c) { return _mm512_fmadd_ps(a, b, c); }
static inline f32x16 f_max(f32x16 a, f32x16 b) { return _mm512_max_ps(a, b); }
static inline f32x16 f_min(f32x16 a, f32x16 b) { return _mm512_min_ps(a, b); }
static inline f32x16 f_sqrt(f32x16 a) { return _mm512_sqrt_ps(a); }
static inline f32x16 f_abs(f32x16 a) { return _mm512_abs_ps(a); }
static inline f32x16 f_round(f32x16 a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
static inline f32x16 f_if_less(f32x16 a, f32x16 b, f32x16 yes, f32x16 no)
{
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), no, yes);
}
static inline f32x16 f_scale2_from(f32x16 least, f32x16 x, f32x16 a, f32x16 n) /* rounds once, as the two steps of the others do */
{
    return _mm512_maskz_scalef_ps(_mm512_cmp_ps_mask(x, least, _CMP_NLT_UQ), a, n);
}
static inline f32x16 f_exponent(f32x16 a) { return _mm512_getexp_ps(a); }
static inline f32x16 f_mantissa(f32x16 a) { return _mm512_getmant_ps(a, _MM_MANT_NORM_1_2, _MM_MANT_SIGN_src); }
static inline float f_sum(f32x16 a)
{
    __m256 b = _mm256_add_ps(_mm512_castps512_ps256(a), _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(a), 1)));
    __m128 c = _mm_add_ps(_mm256_castps256_ps128(b), _mm256_extractf128_ps(b, 1));
    c = _mm_add_ps(c, _mm_movehl_ps(c, c));
    return _mm_cvtss_f32(_mm_add_ss(c, _mm_movehdup_ps(c)));
}
static inline float f_hmax(f32x16 a)
{
    __m256 b = _mm256_max_ps(_mm512_castps512_ps256(a), _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(a), 1)));
    __m128 c = _mm_max_ps(_mm256_castps256_ps128(b), _mm256_extractf128_ps(b, 1));
    c = _mm_max_ps(c, _mm_movehl_ps(c, c));
    return _mm_cvtss_f32(_mm_max_ss(c, _mm_movehdup_ps(c)));
}
static inline f32x16 f_load_f16(const uint16_t *p) { return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p)); }
static inline void f_store_f16(uint16_t *p, f32x16 a)
{
    _mm256_storeu_si256((__m256i *)p, _mm512_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}
static inline void f_store_bf16(uint16_t *p, f32x16 a)
{
    const __m512i bits = _mm512_castps_si512(a), top = _mm512_srli_epi32(bits, 16), odd = _mm512_and_si512(top, _mm512_set1_epi32(1));
    const __m512i rounded = _mm512_srli_epi32(_mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff))), 16);
    const __m512i y = _mm512_mask_or_epi32(rounded, _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q), top, _mm512_set1_epi32(0x40));
    _mm256_storeu_si256((__m256i *)p, _mm512_cvtepi32_epi16(y));
}
static inline f32x16 f_load_bf16(const uint16_t *p)
{
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)p)), 16));
}
static inline f32x16 f_from_i(i32x16 a) { return _mm512_cvtepi32_ps(a); }
static inline i32x16 i_from_f(f32x16 a) { return _mm512_cvtps_epi32(a); }
static inline f32x16 f_load_i8(const int8_t *p) { return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)p))); }
static inline f32x16 f_load_u8(const uint8_t *p) { return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p))); }
static inline void i_store_i8(int8_t *p, i32x16 a) { _mm_storeu_si128((__m128i *)p, _mm512_cvtepi32_epi8(a)); }

static inline i32x16 i_zero(void) { return _mm512_setzero_si512(); }
static inline i32x16 i_set1(int32_t x) { return _mm512_set1_epi32(x); }
static inline i32x16 i_load(const int32_t *p) { return _mm512_loadu_si512(p); }
static inline i32x16 i_add(i32x16 a, i32x16 b) { return _mm512_add_epi32(a, b); }
static inline f32x16 f_bits(i32x16 a) { return _mm512_castsi512_ps(a); } /* the floats whose bits these are */
static inline f32x16 f_low_bf16(i32x16 a) { return _mm512_castsi512_ps(_mm512_slli_epi32(a, 16)); }
static inline f32x16 f_high_bf16(i32x16 a) { return _mm512_castsi512_ps(_mm512_and_si512(a, _mm512_set1_epi32(-65536))); }
static inline int32_t i_sum(i32x16 a) /* wraps: what the compiler's header adds up in plain C may not */
{
    __m256i s = _mm256_add_epi32(_mm512_castsi512_si256(a), _mm512_extracti64x4_epi64(a, 1));
    __m128i t = _mm_add_epi32(_mm256_castsi256_si128(s), _mm256_extracti128_si256(s, 1));
    t = _mm_add_epi32(t, _mm_shuffle_epi32(t, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(t, _mm_shuffle_epi32(t, 0xb1)));
}
static inline void i_store(int32_t *p, i32x16 a) { _mm512_storeu_si512(p, a); }
static inline i32x16 i_fours(i32x16 a)
{
    a = _mm512_add_epi32(a, _mm512_shuffle_epi32(a, _MM_PERM_CDAB));
    return _mm512_add_epi32(a, _mm512_shuffle_epi32(a, _MM_PERM_BADC));
}
static inline i32x16 i_shl(i32x16 a, int n) { return _mm512_slli_epi32(a, (unsigned)n); }

static inline u8x64 b_load(const uint8_t *p) { return _mm512_loadu_si512(p); }
static inline void b_store(uint8_t *p, u8x64 a) { _mm512_storeu_si512(p, a); }
static inline u8x64 b_quad(const int8_t *p)
{
    int32_t w;
    memcpy(&w, p, 4);
    return _mm512_set1_epi32(w);
}
static inline u8x64 b_or(u8x64 a, u8x64 b) { return _mm512_or_si512(a, b); }
static inline u8x64 b_less(u8x64 a, int n) { return _mm512_sub_epi8(a, _mm512_set1_epi8((char)n)); }
static inline u8x64 b_move(u8x64 a, int n, int mask)
{
    u8x64 moved = n < 0 ? _mm512_srli_epi16(a, (unsigned)-n) : n ? _mm512_slli_epi16(a, (unsigned)n) : a;
    return _mm512_and_si512(moved, _mm512_set1_epi8((char)mask));
}
static inline u8x64 b_table(u8x64 a, const int8_t *sixteen)
{
    __m128i t = _mm_xor_si128(_mm_loadu_si128((const __m128i *)sixteen), _mm_set1_epi8((char)0x80));
    return _mm512_shuffle_epi8(_mm512_broadcast_i32x4(t), a);
}
static inline i32x16 b_dot(i32x16 acc, u8x64 w, u8x64 a) { return _mm512_dpbusd_epi32(acc, w, a); }
static inline i32x16 b_dot7(i32x16 acc, u8x64 w, u8x64 a) { return _mm512_dpbusd_epi32(acc, w, a); }
/* The instruction reads the four itself, which no compiler makes of b_quad that is used twice: a fifth of a tile's instructions less to issue, which
   counts where a core is shared. */
typedef int32_t b_four __attribute__((may_alias, aligned(1)));
static inline i32x16 b_dot_quad(i32x16 acc, u8x64 w, const int8_t *a)
{
    __asm__("vpdpbusd %2%{1to16%}, %1, %0" : "+v"(acc) : "v"(w), "m"(*(const b_four *)a));
    return acc;
}
static inline i32x16 b_dot7_quad(i32x16 acc, u8x64 w, const int8_t *a) { return b_dot_quad(acc, w, a); }
static inline f32x16 f_load_nibble(const uint8_t *p, int high)
{
    __m512i x = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p));
    return _mm512_cvtepi32_ps(high ? _mm512_srli_epi32(x, 4) : _mm512_and_si512(x, _mm512_set1_epi32(15)));
}
static inline f32x16 f_load_e8(const uint8_t *p)
{
    __m512i e = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p)), one = _mm512_set1_epi32(1);
    __m512i normal = _mm512_slli_epi32(_mm512_sub_epi32(e, one), 23), tiny = _mm512_sllv_epi32(_mm512_set1_epi32(0x00200000), e);
    return _mm512_castsi512_ps(_mm512_mask_blend_epi32(_mm512_cmple_epu32_mask(e, one), normal, tiny));
}
/* Lane j of r[i] becomes lane i of r[j]. */
static inline void f_transpose(f32x16 r[16])
{
    f32x16 t[16], u[16];
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
    }
    for (int i = 0; i < 16; i += 4)
        for (int j = 0; j < 2; j++) {
            __m512d a = _mm512_castps_pd(t[i + j]), b = _mm512_castps_pd(t[i + j + 2]);
            u[i + 2 * j] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, b));
            u[i + 2 * j + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, b));
        }
    for (int i = 0; i < 16; i += 8)
        for (int j = 0; j < 4; j++) {
            t[i + j] = _mm512_shuffle_f32x4(u[i + j], u[i + j + 4], 0x88);
            t[i + j + 4] = _mm512_shuffle_f32x4(u[i + j], u[i + j + 4], 0xdd);
        }
    for (int j = 0; j < 8; j++) {
        r[j] = _mm512_shuffle_f32x4(t[j], t[j + 8], 0x88);
        r[j + 8] = _mm512_shuffle_f32x4(t[j], t[j + 8], 0xdd);
    }
}
