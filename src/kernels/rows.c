/* Kernels over one row of floats. Sums run in 16 lanes and are folded by one tree (f_sum). */
#include "kernels/kernels.h"
#include "kernels/row.h"

static void rows_add(size_t n, const float *a, const float *b, float *y)
{
    ROWS_EACH(n, f_store(y + i, f_add(f_load(a + i), f_load(b + i))),
              f_store_n(y + i, f_add(f_load_n(a + i, left), f_load_n(b + i, left)), left));
}

/* Sums of a few columns stay in registers: of as many as there are registers for, since memory is read faster the longer its pieces are. */
static void rows_add_rows(size_t rows, size_t n, const float *x, size_t stride, float *y)
{
#if defined(INK_ISA_AVX512)
    enum { WORDS = 12 };
#else
    enum { WORDS = 4 };
#endif
    size_t i = 0;
    for (; i + WORDS * LANES <= n; i += WORDS * LANES) {
        f32x16 sum[WORDS];
        LANES_EACH(w, WORDS)
            sum[w] = f_load(y + i + LANES * w);
        for (size_t r = 0; r < rows; r++)
            LANES_EACH(w, WORDS)
                sum[w] = f_add(sum[w], f_load(x + r * stride + i + LANES * w));
        LANES_EACH(w, WORDS)
            f_store(y + i + LANES * w, sum[w]);
    }
    for (size_t left; i < n; i += left) {
        left = n - i < LANES ? n - i : LANES;
        f32x16 sum = f_load_n(y + i, left);
        for (size_t r = 0; r < rows; r++)
            sum = f_add(sum, f_load_n(x + r * stride + i, left));
        f_store_n(y + i, sum, left);
    }
}

static void rows_mul(size_t n, const float *a, const float *b, float *y)
{
    ROWS_EACH(n, f_store(y + i, f_mul(f_load(a + i), f_load(b + i))),
              f_store_n(y + i, f_mul(f_load_n(a + i, left), f_load_n(b + i, left)), left));
}

static void rows_mul_add(size_t n, const float *a, const float *b, const float *c, float *y)
{
    ROWS_EACH(n, f_store(y + i, f_fma(f_load(a + i), f_load(b + i), f_load(c + i))),
              f_store_n(y + i, f_fma(f_load_n(a + i, left), f_load_n(b + i, left), f_load_n(c + i, left)), left));
}

static float rows_dot(size_t n, const float *a, const float *b)
{
    f32x16 sum = f_zero();
    ROWS_EACH(n, sum = f_fma(f_load(a + i), f_load(b + i), sum), sum = f_fma(f_load_n(a + i, left), f_load_n(b + i, left), sum));
    return f_sum(sum);
}

static void rows_dots(size_t n, size_t count, const float *x, const float *a, size_t stride, float *y)
{
    enum { TOGETHER = 4 };
    size_t r = 0;
    for (; r + TOGETHER <= count; r += TOGETHER, a += TOGETHER * stride) {
        f32x16 sum[TOGETHER] = { f_zero(), f_zero(), f_zero(), f_zero() };
        size_t i = 0;
        for (; i + LANES <= n; i += LANES)
            LANES_EACH(k, TOGETHER)
                sum[k] = f_fma(f_load(x + i), f_load(a + (size_t)k * stride + i), sum[k]);
        if (i < n)
            LANES_EACH(k, TOGETHER)
                sum[k] = f_fma(f_load_n(x + i, n - i), f_load_n(a + (size_t)k * stride + i, n - i), sum[k]);
        LANES_EACH(k, TOGETHER)
            y[r + (size_t)k] = f_sum(sum[k]);
    }
    for (; r < count; r++, a += stride)
        y[r] = rows_dot(n, x, a);
}

enum { LEAN_FEW = 8, LEAN_WORDS = 2 }; /* rows of y whose sums stay in registers, and how wide */

/* Some columns of x, by some rows of y. */
static inline __attribute__((always_inline)) void rows_lean(const ink_lean *l, size_t first, size_t at, int few, int words, size_t last)
{
    f32x16 sum[LEAN_FEW][LEAN_WORDS];
    float *y = l->y + first * l->y_gap + at;
    LANES_EACH(r, few)
        LANES_EACH(w, words)
            sum[r][w] = w + 1 < words ? f_load(y + (size_t)r * l->y_gap + LANES * w) : f_load_n(y + (size_t)r * l->y_gap + LANES * w, last);
    const float *low = l->low + first, *x = l->x + at;
    for (size_t k = 0; k < l->rows; k++, low += l->low_gap, x += l->gap) {
        f32x16 v[LEAN_WORDS];
        LANES_EACH(w, words)
            v[w] = w + 1 < words ? f_load(x + LANES * w) : f_load_n(x + LANES * w, last);
        LANES_EACH(r, few) {
            const f32x16 by = f_set1(low[r]);
            LANES_EACH(w, words)
                sum[r][w] = f_fma(by, v[w], sum[r][w]);
        }
    }
    LANES_EACH(r, few)
        LANES_EACH(w, words)
            if (w + 1 < words)
                f_store(y + (size_t)r * l->y_gap + LANES * w, sum[r][w]);
            else
                f_store_n(y + (size_t)r * l->y_gap + LANES * w, sum[r][w], last);
}

static void rows_lean_sum(const ink_lean *l)
{
    for (size_t at = 0; at < l->n; at += LEAN_WORDS * LANES) {
        const size_t left = l->n - at;
        size_t r = 0;
        for (; left >= LEAN_WORDS * LANES && r + LEAN_FEW <= l->few; r += LEAN_FEW)
            rows_lean(l, r, at, LEAN_FEW, LEAN_WORDS, LANES);
        for (; r < l->few; r++)
            if (left > LANES)
                rows_lean(l, r, at, 1, LEAN_WORDS, left < LEAN_WORDS * LANES ? left - LANES : LANES);
            else
                rows_lean(l, r, at, 1, 1, left);
    }
}

static void rows_mix(size_t n, size_t count, const float *w, const float *a, size_t stride, const float *x, float *y)
{
    enum { TOGETHER = 4 };
    size_t i = 0;
    for (; i + TOGETHER * LANES <= n; i += TOGETHER * LANES) {
        f32x16 sum[TOGETHER];
        LANES_EACH(k, TOGETHER)
            sum[k] = x ? f_load(x + i + LANES * k) : f_zero();
        for (size_t r = 0; r < count; r++) {
            const f32x16 by = f_set1(w[r]);
            LANES_EACH(k, TOGETHER)
                sum[k] = f_fma(by, f_load(a + r * stride + i + LANES * k), sum[k]);
        }
        LANES_EACH(k, TOGETHER)
            f_store(y + i + LANES * k, sum[k]);
    }
    for (size_t left; i < n; i += left) {
        left = n - i < LANES ? n - i : LANES;
        f32x16 sum = x ? f_load_n(x + i, left) : f_zero();
        for (size_t r = 0; r < count; r++)
            sum = f_fma(f_set1(w[r]), f_load_n(a + r * stride + i, left), sum);
        f_store_n(y + i, sum, left);
    }
}

static void rows_scale(size_t n, const float *x, float s, float *y)
{
    const f32x16 by = f_set1(s);
    ROWS_EACH(n, f_store(y + i, f_mul(f_load(x + i), by)), f_store_n(y + i, f_mul(f_load_n(x + i, left), by), left));
}

/* y = ((x - centre) r) w + b, each step rounded; w and b may be NULL. */
static inline __attribute__((always_inline)) f32x16 rows_affine(f32x16 x, f32x16 centre, f32x16 r, const float *w, const float *b, size_t n)
{
    x = f_mul(f_sub(x, centre), r);
    if (w)
        x = f_mul(x, n == LANES ? f_load(w) : f_load_n(w, n));
    return b ? f_add(x, n == LANES ? f_load(b) : f_load_n(b, n)) : x;
}

static void rows_rms_norm(size_t n, const float *x, const float *weight, float eps, float *y)
{
    const f32x16 r = f_set1(1.0f / sqrtf(rows_squares(n, x, 0.0f) / (float)n + eps)), zero = f_zero();
    if (weight)
        ROWS_EACH(n, f_store(y + i, rows_affine(f_load(x + i), zero, r, weight + i, NULL, LANES)),
                  f_store_n(y + i, rows_affine(f_load_n(x + i, left), zero, r, weight + i, NULL, left), left));
    else
        ROWS_EACH(n, f_store(y + i, rows_affine(f_load(x + i), zero, r, NULL, NULL, LANES)),
                  f_store_n(y + i, rows_affine(f_load_n(x + i, left), zero, r, NULL, NULL, left), left));
}

static void rows_layer_norm(size_t n, const float *x, const float *weight, const float *bias, float eps, float *y)
{
    const float mean = rows_sum(n, x) / (float)n;
    const f32x16 c = f_set1(mean), r = f_set1(1.0f / sqrtf(rows_squares(n, x, mean) / (float)n + eps));
    ROWS_EACH(n, f_store(y + i, rows_affine(f_load(x + i), c, r, weight ? weight + i : NULL, bias ? bias + i : NULL, LANES)),
              f_store_n(y + i, rows_affine(f_load_n(x + i, left), c, r, weight ? weight + i : NULL, bias ? bias + i : NULL, left), left));
}

/* -infinity for an empty row; NaN is passed over. */
static float rows_max(size_t n, const float *x)
{
    f32x16 lowest = f_set1(-INFINITY), top = lowest;
    ROWS_EACH(n, top = f_max(f_load(x + i), top), top = f_max(f_load_or(x + i, left, lowest), top));
    return f_hmax(top);
}

/* The first of the pieces that holds the maximum, then the first place in it. */
static size_t rows_argmax(size_t n, const float *x)
{
    enum { PIECE = 512 };
    size_t at = 0;
    float top = -INFINITY;
    for (size_t i = 0; i < n; i += PIECE) {
        float m = rows_max(n - i < PIECE ? n - i : PIECE, x + i);
        if (m > top) {
            top = m;
            at = i;
        }
    }
    for (size_t i = at; i < n; i++)
        if (x[i] == top)
            return i;
    return 0; /* nothing but NaN */
}

static void rows_softmax(size_t n, const float *x, float *y)
{
    const f32x16 lowest = f_set1(-INFINITY), top = f_set1(rows_max(n, x));
    f32x16 sum = f_zero(), e;
    ROWS_EACH(n, (e = f_exp(f_sub(f_load(x + i), top)), sum = f_add(sum, e), f_store(y + i, e)),
              (e = f_exp(f_sub(f_load_or(x + i, left, lowest), top)), sum = f_add(sum, e), f_store_n(y + i, e, left)));
    const f32x16 all = f_set1(f_sum(sum));
    ROWS_EACH(n, f_store(y + i, f_div(f_load(y + i), all)), f_store_n(y + i, f_div(f_load_n(y + i, left), all), left));
}

/* The sum of e^(x - top). */
static float rows_sum_exp(size_t n, const float *x, float top)
{
    const f32x16 lowest = f_set1(-INFINITY), t = f_set1(top);
    f32x16 sum = f_zero();
    ROWS_EACH(n, sum = f_add(sum, f_exp(f_sub(f_load(x + i), t))), sum = f_add(sum, f_exp(f_sub(f_load_or(x + i, left, lowest), t))));
    return f_sum(sum);
}

void INK_KERNEL(ink_rows)(ink_kernels *k);
void INK_KERNEL(ink_rows)(ink_kernels *k)
{
    k->add = rows_add;
    k->add_rows = rows_add_rows;
    k->mul = rows_mul;
    k->mul_add = rows_mul_add;
    k->dot = rows_dot;
    k->dots = rows_dots;
    k->mix = rows_mix;
    k->lean_sum = rows_lean_sum;
    k->scale = rows_scale;
    k->rms_norm = rows_rms_norm;
    k->layer_norm = rows_layer_norm;
    k->max = rows_max;
    k->argmax = rows_argmax;
    k->softmax = rows_softmax;
    k->sum_exp = rows_sum_exp;
}
