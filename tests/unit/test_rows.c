/* Kernels over rows: the same bits from every instruction set, and close to what double precision says. */
#include <math.h>

#include "kernel_sets.h"
#include "kernels/lanes.h" /* compiled here as plain C */

enum { WIDEST = 1100 };

/* Each function under one signature: three rows in, one out. */
typedef void row_call(const ink_kernels *k, size_t n, const float *a, const float *b, const float *c, float *y);
static void call_add(const ink_kernels *k, size_t n, const float *a, const float *b, const float *c, float *y) { (void)c; k->add(n, a, b, y); }
static void call_mul(const ink_kernels *k, size_t n, const float *a, const float *b, const float *c, float *y) { (void)c; k->mul(n, a, b, y); }
static void call_scale(const ink_kernels *k, size_t n, const float *a, const float *b, const float *c, float *y) { (void)c; k->scale(n, a, b[0], y); }
static void call_silu(const ink_kernels *k, size_t n, const float *a, const float *b, const float *c, float *y) { (void)b, (void)c; k->silu(n, a, y); }
static void call_gelu(const ink_kernels *k, size_t n, const float *a, const float *b, const float *c, float *y) { (void)b, (void)c; k->gelu_tanh(n, a, y); }
static void call_silu_mul(const ink_kernels *k, size_t n, const float *a, const float *b, const float *c, float *y) { (void)c; k->silu_mul(n, a, b, y); }
static void call_gelu_mul(const ink_kernels *k, size_t n, const float *a, const float *b, const float *c, float *y) { (void)c; k->gelu_tanh_mul(n, a, b, y); }
static void call_softcap(const ink_kernels *k, size_t n, const float *a, const float *b, const float *c, float *y) { (void)b, (void)c; k->softcap(n, a, 30.0f, y); }
static void call_rms(const ink_kernels *k, size_t n, const float *a, const float *b, const float *c, float *y) { (void)c; k->rms_norm(n, a, b, 1e-5f, y); }
static void call_rms_plain(const ink_kernels *k, size_t n, const float *a, const float *b, const float *c, float *y) { (void)b, (void)c; k->rms_norm(n, a, NULL, 1e-6f, y); }
static void call_layer(const ink_kernels *k, size_t n, const float *a, const float *b, const float *c, float *y) { k->layer_norm(n, a, b, c, 1e-5f, y); }
static void call_layer_plain(const ink_kernels *k, size_t n, const float *a, const float *b, const float *c, float *y) { (void)b, (void)c; k->layer_norm(n, a, NULL, NULL, 1e-5f, y); }
static void call_softmax(const ink_kernels *k, size_t n, const float *a, const float *b, const float *c, float *y) { (void)b, (void)c; k->softmax(n, a, y); }
static void call_max(const ink_kernels *k, size_t n, const float *a, const float *b, const float *c, float *y)
{
    (void)b, (void)c;
    y[0] = k->max(n, a);
    for (size_t i = 1; i < n; i++)
        y[i] = (float)k->argmax(i, a);
}
static void call_dots(const ink_kernels *k, size_t n, const float *a, const float *b, const float *c, float *y)
{
    const size_t rows = n > 6 ? 6 : 1; /* of b, one float apart */
    memcpy(y, c, n * sizeof *y);
    k->dots(n - rows + 1, rows, a, b, 1, y);
}
static void call_mix(const ink_kernels *k, size_t n, const float *a, const float *b, const float *c, float *y)
{
    const size_t rows = n > 6 ? 6 : 1;
    k->mix(n - rows + 1, rows, b, a, 1, c, y);
    k->mix(rows - 1, 1, b, a, 1, NULL, y + n - rows + 1);
}
static void call_lean_sum(const ink_kernels *k, size_t n, const float *a, const float *b, const float *c, float *y)
{
    const size_t few = n > 80 ? 6 : 1, width = n / few;
    memcpy(y, c, n * sizeof *y);
    k->lean_sum(&(ink_lean){ .rows = n > 20 ? 5 : 1, .few = few, .n = width, .low = b, .low_gap = 2, .x = a, .gap = 1, .y = y, .y_gap = width });
}
static void call_rope(const ink_kernels *k, size_t n, const float *a, const float *b, const float *c, float *y)
{
    memcpy(y, a, n * sizeof *y);
    k->rope(2, n / 2, n / 2 / 2 * 2, true, b, c, a, y);
}
static void call_rope_neighbours(const ink_kernels *k, size_t n, const float *a, const float *b, const float *c, float *y)
{
    memcpy(y, a, n * sizeof *y);
    k->rope(2, n / 2, n / 2 / 2 * 2, false, b, c, a, y);
}

static const struct {
    const char *name;
    row_call *call;
} row_calls[] = {
    { "add", call_add }, { "mul", call_mul }, { "scale", call_scale }, { "silu", call_silu }, { "gelu_tanh", call_gelu },
    { "silu_mul", call_silu_mul }, { "gelu_tanh_mul", call_gelu_mul }, { "softcap", call_softcap }, { "rms_norm", call_rms },
    { "rms_norm without weights", call_rms_plain }, { "layer_norm", call_layer }, { "layer_norm without weights", call_layer_plain },
    { "softmax", call_softmax }, { "dots", call_dots }, { "mix", call_mix }, { "lean_sum", call_lean_sum }, { "max and argmax", call_max }, { "rope", call_rope }, { "rope of neighbours", call_rope_neighbours },
};
enum { ROW_CALLS = sizeof row_calls / sizeof *row_calls };

static void same_bits(const kernel_tables *t, size_t n, const float *a, const float *b, const float *c)
{
    static float first[WIDEST + 1], other[WIDEST + 1];
    for (size_t f = 0; f < ROW_CALLS; f++)
        for (size_t s = 0; s < t->count; s++) {
            float *y = s ? other : first;
            y[n] = 77.0f; /* nobody writes past the row */
            row_calls[f].call(&t->k[s], n, a, b, c, y);
            if (y[n] != 77.0f || (s && memcmp(first, other, n * sizeof *y)))
                fail_msg("%s of %zu: %s differs from %s", row_calls[f].name, n, t->k[s].name, t->k[0].name);
        }
}

static void test_same_bits_in_every_set(void **state)
{
    (void)state;
    static const float odd[] = { -0.0f, 0.0f, 1e30f, -1e30f, 1e-40f, -1e-40f, 88.8f, -88.8f, 65504.0f, -1.0f, 3e38f, -3e38f, 0.625f, -0.624999f };
    static float a[WIDEST + 3], b[WIDEST + 3], c[WIDEST + 3];
    kernel_tables t = kernel_tables_open();
    uint64_t seed = 1;
    for (size_t n = 1; n < WIDEST; n += n < 70 ? 1 : 103)
        for (int kind = 0; kind < 3; kind++) {
            size_t at = n % 3; /* rows need no alignment */
            for (size_t i = 0; i < n; i++) {
                a[at + i] = kind == 1 ? -0.0f : 3 * test_normal(&seed);
                b[at + i] = test_normal(&seed);
                c[at + i] = test_normal(&seed);
                if (kind == 2 && i % 3 == 0)
                    a[at + i] = odd[test_random(&seed) % (sizeof odd / sizeof *odd)];
            }
            same_bits(&t, n, a + at, b + at, c + at);
        }
}

/* Floats of every size and both signs, by their bits. */
static void test_same_bits_over_all_magnitudes(void **state)
{
    (void)state;
    static float a[1024], b[1024];
    kernel_tables t = kernel_tables_open();
    for (uint32_t bits = 0, i = 0; bits < 0x7f800000u; bits += 8191) {
        uint32_t signed_bits = bits | (i & 1) << 31;
        memcpy(&a[i], &signed_bits, 4);
        b[i++] = 1.0f;
        if (i == 1024) {
            same_bits(&t, i, a, b, b);
            i = 0;
        }
    }
}

static void near(const char *what, double x, double got, double want, double relative, double absolute)
{
    if (!(fabs(got - want) <= relative * fabs(want) + absolute))
        fail_msg("%s(%.9g): %.9g, should be %.9g", what, x, got, want);
}

static void test_functions_against_double(void **state)
{
    (void)state;
    kernel_tables t = kernel_tables_open();
    const ink_kernels *k = &t.k[t.count - 1];
    for (double at = -100; at < 100; at += 0.00173) {
        float x[16], y[16];
        for (int i = 0; i < 16; i++)
            x[i] = (float)(at + i * 1e-4);
        double v = x[3], u = sqrt(2 / M_PI) * (v + 0.044715 * v * v * v);
        f_store(y, f_exp(f_load(x)));
        if (v > -87.336 && v < 88.722)
            near("exp", v, y[3], exp(v), 2.5e-7, 0);
        f_store(y, f_tanh(f_load(x)));
        near("tanh", v, y[3], tanh(v), 5e-7, 0);
        k->silu(16, x, y);
        if (v > -87)
            near("silu", v, y[3], v / (1 + exp(-v)), 1e-6, 0);
        k->gelu_tanh(16, x, y);
        near("gelu_tanh", v, y[3], v / (1 + exp(-2 * u)), 1e-6, 1e-10);
        k->softcap(16, x, 50, y);
        near("softcap", v, y[3], 50 * tanh(v / 50), 1e-6, 0);
    }
}

static void test_edges_of_exp(void **state)
{
    (void)state;
    float x[16] = { -INFINITY, -1e30f, -87.34f, -87.3365f, 88.7228f, 88.73f, 1e30f, INFINITY, 0.0f, -0.0f, 1e-40f }, y[16];
    f_store(y, f_exp(f_load(x)));
    assert_true(y[0] == 0 && y[1] == 0 && y[2] == 0 && y[3] >= 0x1p-126f);
    assert_true(y[4] > 3.4e38f && y[4] < INFINITY && y[5] == INFINITY && y[6] == INFINITY && y[7] == INFINITY);
    assert_true(y[8] == 1 && y[9] == 1 && y[10] == 1);
    f_store(y, f_tanh(f_load(x)));
    assert_true(y[0] == -1 && y[1] == -1 && y[7] == 1 && y[8] == 0 && y[9] == 0 && y[10] == x[10]);
}

/* Sums down columns are those of adding row by row, bit for bit. */
static void check_columns(const ink_kernels *k, size_t n, const float *x)
{
    enum { ROWS = 5 };
    static float sum[WIDEST], one[WIDEST];
    for (size_t width = n / ROWS, r = 0; r < ROWS; r++)
        for (size_t i = 0; i < width; i++)
            one[i] = (r ? one[i] : 0.25f) + x[r * width + i];
    for (size_t i = 0; i < WIDEST; i++)
        sum[i] = 0.25f;
    k->add_rows(ROWS, n / ROWS, x, n / ROWS, sum);
    assert_memory_equal(sum, one, n / ROWS * sizeof *sum);
    assert_true(sum[n / ROWS] == 0.25f);
}

static void check_norms(const ink_kernels *k, size_t n, const float *x, const float *w, const float *b)
{
    static float rms[WIDEST], layer[WIDEST], soft[WIDEST];
    double squares = 0, sum = 0, variance = 0, top = -INFINITY, all = 0;
    for (size_t i = 0; i < n; i++) {
        squares += (double)x[i] * x[i];
        sum += x[i];
        top = fmax(top, x[i]);
    }
    for (size_t i = 0; i < n; i++) {
        variance += (x[i] - sum / n) * (x[i] - sum / n);
        all += exp(x[i] - top);
    }
    k->rms_norm(n, x, w, 1e-5f, rms);
    k->layer_norm(n, x, w, b, 1e-5f, layer);
    k->softmax(n, x, soft);
    for (size_t i = 0; i < n; i++) {
        near("rms_norm", x[i], rms[i], x[i] / sqrt(squares / n + (double)1e-5f) * w[i], 1e-6, 0);
        near("layer_norm", x[i], layer[i], (x[i] - sum / n) / sqrt(variance / n + (double)1e-5f) * w[i] + b[i], 2e-6, 2e-6);
        near("softmax", x[i], soft[i], exp(x[i] - top) / all, 2e-6, 0);
    }
}

static void test_norms_against_double(void **state)
{
    (void)state;
    kernel_tables t = kernel_tables_open();
    uint64_t seed = 2;
    for (size_t n = 1; n < WIDEST; n = n * 5 / 3 + 1) {
        float *x = test_normals(n, 4, &seed), *w = test_normals(n, 1, &seed), *b = test_normals(n, 1, &seed);
        check_norms(&t.k[t.count - 1], n, x, w, b);
        for (size_t k = 0; k < t.count; k++)
            check_columns(&t.k[k], n, x);
        free(x), free(w), free(b);
    }
}

/* Rotating what was permuted is permuting what was rotated, bit for bit; the rest of a head is copied; y may be x. */
static void test_rope_pairs_and_copies(void **state)
{
    (void)state;
    static const size_t shapes[][2] = { { 64, 64 }, { 12, 8 }, { 80, 32 }, { 6, 6 }, { 256, 256 }, { 34, 34 } };
    kernel_tables t = kernel_tables_open();
    const ink_kernels *k = &t.k[t.count - 1];
    uint64_t seed = 3;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        size_t d = shapes[s][0], rot = shapes[s][1], half = rot / 2, heads = 3;
        float *x = test_normals(heads * d, 1, &seed), *y = malloc(4 * heads * d), *z = malloc(4 * heads * d);
        float *c = test_normals(half, 1, &seed), *n = test_normals(half, 1, &seed);
        k->rope(heads, d, rot, true, c, n, x, y);
        for (size_t h = 0; h < heads; h++) {
            const float *xh = x + h * d, *yh = y + h * d;
            for (size_t i = 0; i < half; i++) {
                near("rope", xh[i], yh[i], (double)xh[i] * c[i] - (double)xh[i + half] * n[i], 0, 1e-6);
                near("rope", xh[i], yh[i + half], (double)xh[i + half] * c[i] + (double)xh[i] * n[i], 0, 1e-6);
                z[h * d + 2 * i] = xh[i];
                z[h * d + 2 * i + 1] = xh[i + half];
            }
            assert_memory_equal(yh + rot, xh + rot, 4 * (d - rot));
            memcpy(z + h * d + rot, xh + rot, 4 * (d - rot));
        }
        k->rope(heads, d, rot, false, c, n, z, z);
        for (size_t h = 0; h < heads; h++)
            for (size_t i = 0; i < half; i++)
                assert_true(z[h * d + 2 * i] == y[h * d + i] && z[h * d + 2 * i + 1] == y[h * d + i + half]);
        k->rope(heads, d, rot, true, c, n, x, x);
        assert_memory_equal(x, y, 4 * heads * d);
        free(x), free(y), free(z), free(c), free(n);
    }
}

static void test_argmax_takes_the_first_and_never_nan(void **state)
{
    (void)state;
    kernel_tables t = kernel_tables_open();
    static float x[3000];
    for (size_t s = 0; s < t.count; s++) {
        const ink_kernels *k = &t.k[s];
        for (size_t i = 0; i < 3000; i++)
            x[i] = NAN;
        assert_int_equal(k->argmax(3000, x), 0);
        assert_true(k->max(3000, x) == -INFINITY);
        x[2999] = -INFINITY;
        assert_int_equal(k->argmax(3000, x), 2999);
        x[2000] = x[1500] = x[1499] = -5;
        assert_int_equal(k->argmax(3000, x), 1499);
        assert_int_equal(k->argmax(1499, x), 0);
        x[513] = 0.0f, x[40] = -0.0f;
        assert_int_equal(k->argmax(3000, x), 40);
        assert_true(k->max(0, x) == -INFINITY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bits_in_every_set),
        cmocka_unit_test(test_same_bits_over_all_magnitudes),
        cmocka_unit_test(test_functions_against_double),
        cmocka_unit_test(test_edges_of_exp),
        cmocka_unit_test(test_norms_against_double),
        cmocka_unit_test(test_rope_pairs_and_copies),
        cmocka_unit_test(test_argmax_takes_the_first_and_never_nan),
    };
    return cmocka_run_group_tests_name("rows", tests, NULL, NULL);
}
