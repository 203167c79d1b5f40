/* Activations over one row of floats, and the forms that gate a second row. The mathematics is in lanes.h. */
#include "kernels/kernels.h"
#include "kernels/lanes.h"

typedef f32x16 activation(f32x16 x, f32x16 parameter);

static inline f32x16 activation_silu(f32x16 x, f32x16 unused) { (void)unused; return f_gate(x, x); }
static inline f32x16 activation_gelu_tanh(f32x16 x, f32x16 unused) { (void)unused; return f_gate(x, f_gelu_slope(x)); }

static inline f32x16 activation_gelu(f32x16 x, f32x16 unused) { (void)unused; return f_gelu(x); }
static inline f32x16 activation_tanh(f32x16 x, f32x16 unused) { (void)unused; return f_tanh(x); }
static inline f32x16 activation_exp(f32x16 x, f32x16 unused) { (void)unused; return f_exp(x); }
static inline f32x16 activation_softplus(f32x16 x, f32x16 unused) { (void)unused; return f_softplus(x); }
static inline f32x16 activation_leaky(f32x16 x, f32x16 slope) { return f_max(f_mul(x, slope), x); }
/* Derivatives: s + x s (1 - s) of x s with s = sigmoid(x); for gelu s is sigmoid(u) and u has a slope of its own; softcap's is
   1 - (y / c)^2 of its result. */
static inline f32x16 activation_sigmoid(f32x16 x) { return f_div(f_set1(1.0f), f_add(f_set1(1.0f), f_exp(f_sub(f_zero(), x)))); }
static inline f32x16 activation_gated(f32x16 x, f32x16 s, f32x16 slope)
{
    return f_fma(f_mul(x, f_mul(s, f_sub(f_set1(1.0f), s))), slope, s);
}
static inline f32x16 activation_silu_slope(f32x16 x, f32x16 unused)
{
    (void)unused;
    return activation_gated(x, activation_sigmoid(x), f_set1(1.0f));
}
static inline f32x16 activation_gelu_tanh_slope(f32x16 x, f32x16 unused)
{
    (void)unused;
    return activation_gated(x, activation_sigmoid(f_gelu_slope(x)), f_fma(f_mul(x, x), f_set1(3 * 0.0713548162726f), f_set1(1.59576912161f)));
}
/* Phi(x) + x phi(x) */
static inline f32x16 activation_gelu_slope(f32x16 x, f32x16 unused)
{
    (void)unused;
    const f32x16 half = f_set1(0.5f), density = f_mul(f_exp(f_mul(f_mul(x, x), f_set1(-0.5f))), f_set1(0.39894228040f));
    return f_fma(x, density, f_fma(f_erf(f_mul(x, f_set1(0.70710678118f))), half, half));
}
static inline f32x16 activation_leaky_slope(f32x16 x, f32x16 slope) { return f_if_less(f_zero(), x, f_set1(1.0f), slope); }
static inline f32x16 activation_softcap_slope(f32x16 y, f32x16 cap)
{
    f32x16 t = f_div(y, cap);
    return f_sub(f_set1(1.0f), f_mul(t, t));
}

/* y = f(x), or f(x) times `by` where that is given; inlined with f and by known. */
static inline __attribute__((always_inline)) void activation_row(activation *f, f32x16 parameter, size_t n, const float *x, const float *by, float *y)
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        f32x16 v = f(f_load(x + i), parameter);
        f_store(y + i, by ? f_mul(v, f_load(by + i)) : v);
    }
    if (i == n)
        return;
    f32x16 v = f(f_load_n(x + i, n - i), parameter);
    f_store_n(y + i, by ? f_mul(v, f_load_n(by + i, n - i)) : v, n - i);
}

static void activation_row_silu(size_t n, const float *x, float *y) { activation_row(activation_silu, f_zero(), n, x, NULL, y); }
static void activation_row_gelu_tanh(size_t n, const float *x, float *y) { activation_row(activation_gelu_tanh, f_zero(), n, x, NULL, y); }
static void activation_row_softcap(size_t n, const float *x, float cap, float *y) { activation_row(f_softcap, f_set1(cap), n, x, NULL, y); }

static void activation_row_gelu(size_t n, const float *x, float *y) { activation_row(activation_gelu, f_zero(), n, x, NULL, y); }
static void activation_row_tanh(size_t n, const float *x, float *y) { activation_row(activation_tanh, f_zero(), n, x, NULL, y); }
static void activation_row_exp(size_t n, const float *x, float *y) { activation_row(activation_exp, f_zero(), n, x, NULL, y); }
static void activation_row_softplus(size_t n, const float *x, float *y) { activation_row(activation_softplus, f_zero(), n, x, NULL, y); }
static void activation_row_leaky(size_t n, const float *x, float slope, float *y) { activation_row(activation_leaky, f_set1(slope), n, x, NULL, y); }

/* tanh(a) sigmoid(b) */
static void activation_row_gate_tanh(size_t n, const float *a, const float *b, float *y)
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        f_store(y + i, f_gate(f_tanh(f_load(a + i)), f_load(b + i)));
    if (i < n)
        f_store_n(y + i, f_gate(f_tanh(f_load_n(a + i, n - i)), f_load_n(b + i, n - i)), n - i);
}

/* tanh(a) sigmoid(b): dy s (1 - t^2) of a, dy t s (1 - s) of b. */
static void activation_row_gate_tanh_back(size_t n, const float *a, const float *b, const float *dy, float *da, float *db)
{
    const f32x16 one = f_set1(1.0f);
    for (size_t i = 0; i < n; i += LANES) {
        const size_t left = n - i < LANES ? n - i : LANES;
        const f32x16 t = f_tanh(f_load_n(a + i, left)), s = activation_sigmoid(f_load_n(b + i, left)), d = f_mul(f_load_n(dy + i, left), s);
        f_store_n(da + i, f_mul(d, f_sub(one, f_mul(t, t))), left);
        f_store_n(db + i, f_mul(f_mul(d, t), f_sub(one, s)), left);
    }
}

static void activation_row_silu_mul(size_t n, const float *gate, const float *up, float *y)
{
    activation_row(activation_silu, f_zero(), n, gate, up, y);
}

static void activation_row_gelu_tanh_mul(size_t n, const float *gate, const float *up, float *y)
{
    activation_row(activation_gelu_tanh, f_zero(), n, gate, up, y);
}

static void activation_row_silu_back(size_t n, const float *x, const float *dy, float *dx)
{
    activation_row(activation_silu_slope, f_zero(), n, x, dy, dx);
}

static void activation_row_gelu_tanh_back(size_t n, const float *x, const float *dy, float *dx)
{
    activation_row(activation_gelu_tanh_slope, f_zero(), n, x, dy, dx);
}

static void activation_row_gelu_back(size_t n, const float *x, const float *dy, float *dx)
{
    activation_row(activation_gelu_slope, f_zero(), n, x, dy, dx);
}

static void activation_row_leaky_back(size_t n, const float *x, float slope, const float *dy, float *dx)
{
    activation_row(activation_leaky_slope, f_set1(slope), n, x, dy, dx);
}

static void activation_row_softcap_back(size_t n, const float *y, float cap, const float *dy, float *dx)
{
    activation_row(activation_softcap_slope, f_set1(cap), n, y, dy, dx);
}

void INK_KERNEL(ink_activations)(ink_kernels *k);
void INK_KERNEL(ink_activations)(ink_kernels *k)
{
    k->silu = activation_row_silu;
    k->gelu_tanh = activation_row_gelu_tanh;
    k->gelu = activation_row_gelu;
    k->tanh = activation_row_tanh;
    k->exp = activation_row_exp;
    k->softplus = activation_row_softplus;
    k->leaky = activation_row_leaky;
    k->gate_tanh = activation_row_gate_tanh;
    k->silu_mul = activation_row_silu_mul;
    k->gelu_tanh_mul = activation_row_gelu_tanh_mul;
    k->softcap = activation_row_softcap;
    k->silu_back = activation_row_silu_back;
    k->gelu_tanh_back = activation_row_gelu_tanh_back;
    k->gelu_back = activation_row_gelu_back;
    k->leaky_back = activation_row_leaky_back;
    k->gate_tanh_back = activation_row_gate_tanh_back;
    k->softcap_back = activation_row_softcap_back;
}
