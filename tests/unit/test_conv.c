/* Convolutions over time, of floats and of bf16: with small integers every order of summing is exact, so every instruction set, the model
   of tiles among them, gives what four plain loops give; and nothing is written past the rows. What goes into bf16 is rounded the same
   everywhere. */
#include <math.h>

#include "base/count.h"
#include "kernel_sets.h"
#include "kernels/lanes.h" /* compiled here as plain C */

enum { MOST = 70, GUARD = 3 };

typedef struct conv_case {
    size_t out, channels, taps, dilation, rows; /* channels in whole tiles of bf16 */
    bool bias;
    size_t adds;
} conv_case;

static const conv_case cases[] = {
    { 32, 32, 3, 1, 64, true, 2 }, { 16, 64, 1, 1, 16, false, 0 }, { 48, 32, 5, 2, 33, true, 1 }, { 7, 32, 3, 12, 1, true, 0 }, { 40, 96, 2, 1, 17, false, 1 }, { 96, 64, 5, 3, 47, true, 2 },
};

static float whole(uint64_t *seed) { return (float)(int32_t)(test_random(seed) % 7) - 3; }

typedef struct conv_made {
    ink_packed packed[2];     /* f32, bf16 */
    uint8_t *panels[2];
    float *weight, *x, *bias, *add[2], *want;
    uint16_t *halves;         /* x */
    size_t rows_in, y_stride;
} conv_made;

static conv_made made_open(const conv_case *c, uint64_t *seed)
{
    const size_t cols = c->taps * c->channels;
    conv_made m = { .rows_in = c->rows + (c->taps - 1) * c->dilation + INK_CONV_SPARE, .y_stride = ink_round_up(c->out, 16) };
    m.weight = malloc(c->out * cols * sizeof *m.weight);
    m.x = malloc(m.rows_in * c->channels * sizeof *m.x);
    m.halves = malloc(m.rows_in * c->channels * sizeof *m.halves);
    m.bias = malloc(c->out * sizeof *m.bias);
    uint16_t *half = malloc(c->out * cols * sizeof *half);
    for (size_t i = 0; i < c->out * cols; i++)
        half[i] = ink_to_bf16(m.weight[i] = whole(seed));
    for (size_t i = 0; i < m.rows_in * c->channels; i++)
        m.halves[i] = ink_to_bf16(m.x[i] = whole(seed));
    for (size_t i = 0; i < c->out; i++)
        m.bias[i] = whole(seed);
    for (size_t a = 0; a < 2; a++) {
        m.add[a] = calloc(c->rows * m.y_stride, sizeof **m.add);
        for (size_t i = 0; i < c->rows * m.y_stride; i++)
            m.add[a][i] = whole(seed);
    }
    for (size_t form = 0; form < 2; form++) {
        assert_true(ink_packed_shape(form ? INK_BF16 : INK_F32, c->out, cols, &m.packed[form]));
        m.packed[form].data = m.panels[form] = aligned_alloc(64, m.packed[form].panels * m.packed[form].panel_bytes);
        ink_pack_panels(&m.packed[form], form ? INK_BF16 : INK_F32, form ? (const uint8_t *)half : (const uint8_t *)m.weight, cols * (form ? 2 : 4), NULL, 0, m.packed[form].panels, m.panels[form]);
    }
    free(half);
    m.want = malloc(c->rows * c->out * sizeof *m.want);
    for (size_t r = 0; r < c->rows; r++)
        for (size_t o = 0; o < c->out; o++) {
            double sum = c->bias ? m.bias[o] : 0;
            for (size_t i = 0; i < cols; i++)
                sum += (double)m.weight[o * cols + i] * (double)m.x[(r + i / c->channels * c->dilation) * c->channels + i % c->channels];
            for (size_t a = 0; a < c->adds; a++)
                sum += m.add[a][r * m.y_stride + o];
            m.want[r * c->out + o] = (float)sum;
        }
    return m;
}

static void made_close(conv_made *m)
{
    free(m->weight), free(m->x), free(m->bias), free(m->add[0]), free(m->add[1]), free(m->want), free(m->halves), free(m->panels[0]), free(m->panels[1]);
}

static void check_conv(const ink_kernels *k, const conv_case *c, const conv_made *m, bool bf16)
{
    float *y = malloc((c->rows + GUARD) * m->y_stride * sizeof *y);
    for (size_t i = 0; i < (c->rows + GUARD) * m->y_stride; i++)
        y[i] = 77;
    ink_conv v = { .w = &m->packed[bf16], .taps = c->taps, .dilation = c->dilation, .channels = bf16 ? c->channels / 2 : c->channels, .rows = c->rows,
                   .x = bf16 ? (const void *)m->halves : m->x, .x_stride = bf16 ? c->channels / 2 : c->channels, .y = y, .y_stride = m->y_stride, .bias = c->bias ? m->bias : NULL };
    for (size_t a = 0; a < c->adds; a++) {
        v.add[a].x = m->add[a];
        v.add[a].stride = m->y_stride;
    }
    for (size_t p = 0; p < m->packed[bf16].panels; p += 3) /* in groups, as chunks take them */
        (bf16 ? k->conv_bf16 : k->conv)(&v, p, p + 3 < m->packed[bf16].panels ? p + 3 : m->packed[bf16].panels);
    for (size_t r = 0; r < c->rows; r++)
        for (size_t o = 0; o < c->out; o++)
            if (y[r * m->y_stride + o] != m->want[r * c->out + o])
                fail_msg("%s, %s, %zu outputs, %zu taps: row %zu, output %zu is %g, not %g", k->name, bf16 ? "bf16" : "f32", c->out, c->taps, r, o, y[r * m->y_stride + o], m->want[r * c->out + o]);
    for (size_t i = c->rows * m->y_stride; i < (c->rows + GUARD) * m->y_stride; i++)
        assert_true(y[i] == 77);
    free(y);
}

static void test_exact(void **state)
{
    (void)state;
    uint64_t seed = 3;
    const kernel_tables t = kernel_tables_open();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        conv_made m = made_open(&cases[i], &seed);
        for (size_t k = 0; k < t.count; k++)
            for (int bf16 = 0; bf16 < 2; bf16++)
                check_conv(&t.k[k], &cases[i], &m, bf16);
        made_close(&m);
    }
}

static void check_entry(const ink_kernels *k, const float *x, size_t n, size_t stride, size_t rest)
{
    uint16_t y[3 * 4 * MOST + 1];
    memset(y, 0x55, sizeof y);
    k->leaky_bf16(&(ink_conv_rows){ .rows = 3, .n = n, .x = x, .x_stride = MOST, .scale = 0.5f, .slope = 0.25f, .y = y, .y_stride = stride, .rest = rest });
    for (size_t r = 0; r < 3; r++)
        for (size_t i = 0; i < n; i++) {
            const float v = 0.5f * x[r * MOST + i], leaky = v > 0 ? v : 0.25f * v;
            const uint16_t got = y[r * stride + i];
            if (v != v ? ink_brain(got) == ink_brain(got) : got != ink_to_bf16(leaky))
                fail_msg("%s: %g becomes %g", k->name, x[r * MOST + i], ink_brain(got));
            if (rest && isfinite(leaky) && y[r * stride + rest + i] != ink_to_bf16(leaky - ink_brain(got)))
                fail_msg("%s: %g leaves %g", k->name, x[r * MOST + i], ink_brain(y[r * stride + rest + i]));
        }
    assert_int_equal(y[n], rest == n || stride == n ? y[n] : 0x5555);
    assert_int_equal(y[2 * stride + (rest ? rest : 0) + n], 0x5555);
}

static void test_entry(void **state)
{
    (void)state;
    uint64_t seed = 9;
    const kernel_tables t = kernel_tables_open();
    float *x = test_normals(3 * MOST, 3.0f, &seed);
    x[0] = NAN, x[1] = INFINITY, x[2] = -INFINITY, x[3] = 1.00390625f, x[4] = 1.01171875f, x[5] = -0.0f; /* ties, to even */
    for (size_t k = 0; k < t.count; k++)
        for (size_t n = 1; n <= MOST; n += 3) {
            check_entry(&t.k[k], x, n, n, 0);
            check_entry(&t.k[k], x, n, 2 * MOST, 0);
            check_entry(&t.k[k], x, n, 2 * MOST, MOST);
        }
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_exact), cmocka_unit_test(test_entry) };
    return cmocka_run_group_tests_name("conv", tests, NULL, NULL);
}
