/* Gradients of norms over one row, and the optimiser's pass over many values. */
#include "kernels/kernels.h"
#include "kernels/row.h"

typedef struct norm_row { /* what the gradient of a normalised row needs */
    f32x16 mean, r;       /* xhat = (x - mean) r */
    f32x16 sum, dot;      /* the means of g and of g xhat over the row, g = dy w */
} norm_row;

static inline f32x16 norm_hat(const norm_row *s, f32x16 x) { return f_mul(f_sub(x, s->mean), s->r); }

static void norm_means(size_t n, const float *x, const float *w, const float *dy, norm_row *s)
{
    f32x16 sum = f_zero(), dot = f_zero(), g;
    ROWS_EACH(n, (g = f_mul(f_load(dy + i), f_load(w + i)), sum = f_add(sum, g), dot = f_fma(g, norm_hat(s, f_load(x + i)), dot)),
              (g = f_mul(f_load_n(dy + i, left), f_load_n(w + i, left)), sum = f_add(sum, g), dot = f_fma(g, norm_hat(s, f_load_n(x + i, left)), dot)));
    s->sum = f_set1(f_sum(sum) / (float)n);
    s->dot = f_set1(f_sum(dot) / (float)n);
}

static inline f32x16 norm_back(const norm_row *s, f32x16 x, f32x16 g)
{
    return f_mul(s->r, f_sub(f_sub(g, s->sum), f_mul(norm_hat(s, x), s->dot)));
}

static void norm_row_back(size_t n, const float *x, const float *w, const float *dy, const norm_row *s, float *dx)
{
    ROWS_EACH(n, f_store(dx + i, norm_back(s, f_load(x + i), f_mul(f_load(dy + i), f_load(w + i)))),
              f_store_n(dx + i, norm_back(s, f_load_n(x + i, left), f_mul(f_load_n(dy + i, left), f_load_n(w + i, left))), left));
}

static void rows_rms_norm_back(size_t n, const float *x, const float *weight, float eps, const float *dy, float *dx)
{
    norm_row s = { .mean = f_zero(), .r = f_set1(1.0f / sqrtf(rows_squares(n, x, 0.0f) / (float)n + eps)) };
    norm_means(n, x, weight, dy, &s);
    s.sum = f_zero();
    norm_row_back(n, x, weight, dy, &s, dx);
}

static void rows_layer_norm_back(size_t n, const float *x, const float *weight, float eps, const float *dy, float *dx)
{
    const float mean = rows_sum(n, x) / (float)n;
    norm_row s = { .mean = f_set1(mean), .r = f_set1(1.0f / sqrtf(rows_squares(n, x, mean) / (float)n + eps)) };
    norm_means(n, x, weight, dy, &s);
    norm_row_back(n, x, weight, dy, &s, dx);
}

/* dx = p (dp - sum(p dp)) times a scale, p being the softmax. */
static void rows_softmax_back(size_t n, const float *p, const float *dp, float by, float *dx)
{
    f32x16 sum = f_zero();
    ROWS_EACH(n, sum = f_fma(f_load(p + i), f_load(dp + i), sum), sum = f_fma(f_load_n(p + i, left), f_load_n(dp + i, left), sum));
    const f32x16 all = f_set1(f_sum(sum)), scale = f_set1(by);
    ROWS_EACH(n, f_store(dx + i, f_mul(f_mul(f_load(p + i), f_sub(f_load(dp + i), all)), scale)),
              f_store_n(dx + i, f_mul(f_mul(f_load_n(p + i, left), f_sub(f_load_n(dp + i, left), all)), scale), left));
}

static float rows_square_sum(size_t n, const float *x) { return rows_squares(n, x, 0.0f); }

/* One value of AdamW (Loshchilov and Hutter 2019, algorithm 2), in the order in which PyTorch rounds. */
static inline f32x16 adamw_step(const ink_adamw *o, f32x16 p, f32x16 *m, f32x16 *v, f32x16 g)
{
    p = f_mul(p, f_set1(o->keep));
    *m = f_fma(f_sub(g, *m), f_set1(o->new1), *m);
    *v = f_fma(f_mul(g, g), f_set1(o->new2), f_mul(*v, f_set1(o->beta2)));
    return f_fma(f_set1(-o->step), f_div(*m, f_add(f_div(f_sqrt(*v), f_set1(o->root2)), f_set1(o->eps))), p);
}

static void rows_adamw(size_t n, const ink_adamw *o, float *p, float *m, float *v, float *g)
{
    const f32x16 scale = f_set1(o->scale);
    f32x16 a, b, c;
    ROWS_EACH(n, (a = f_load(m + i), b = f_load(v + i), c = adamw_step(o, f_load(p + i), &a, &b, f_mul(f_load(g + i), scale)), f_store(p + i, c),
                  f_store(m + i, a), f_store(v + i, b), f_store(g + i, f_zero())),
              (a = f_load_n(m + i, left), b = f_load_n(v + i, left), c = adamw_step(o, f_load_n(p + i, left), &a, &b, f_mul(f_load_n(g + i, left), scale)),
               f_store_n(p + i, c, left), f_store_n(m + i, a, left), f_store_n(v + i, b, left), f_store_n(g + i, f_zero(), left)));
}

/* One value of gradient descent with momentum (Sutskever et al. 2013, section 2, in PyTorch's form: the rate stands outside). */
static inline f32x16 sgd_step(const ink_sgd *o, f32x16 p, f32x16 *m, f32x16 g)
{
    *m = f_fma(f_set1(o->momentum), *m, f_fma(p, f_set1(o->decay), f_mul(g, f_set1(o->scale))));
    return f_fma(f_set1(-o->rate), *m, p);
}

static void rows_sgd(size_t n, const ink_sgd *o, float *p, float *m, float *g)
{
    f32x16 a, c;
    ROWS_EACH(n, (a = f_load(m + i), c = sgd_step(o, f_load(p + i), &a, f_load(g + i)), f_store(p + i, c), f_store(m + i, a), f_store(g + i, f_zero())),
              (a = f_load_n(m + i, left), c = sgd_step(o, f_load_n(p + i, left), &a, f_load_n(g + i, left)), f_store_n(p + i, c, left), f_store_n(m + i, a, left),
               f_store_n(g + i, f_zero(), left)));
}

void INK_KERNEL(ink_rows_back)(ink_kernels *k);
void INK_KERNEL(ink_rows_back)(ink_kernels *k)
{
    k->rms_norm_back = rows_rms_norm_back;
    k->layer_norm_back = rows_layer_norm_back;
    k->softmax_back = rows_softmax_back;
    k->squares = rows_square_sum;
    k->adamw = rows_adamw;
    k->sgd = rows_sgd;
}
