/* Dense products: the packing and back, exact sums of small integers, double precision, and the same bits for a row alone
   and among many, for any split of the panels, and (F32, F16) from every instruction set. */
#include <math.h>

#include "base/count.h"
#include "kernel_sets.h"
#include "kernels/lanes.h" /* compiled here as plain C */

static const struct {
    const char *name;
    ink_type type;
    size_t bytes;
} dense_types[] = { { "F32", INK_F32, 4 }, { "F16", INK_F16, 2 }, { "BF16", INK_BF16, 2 } };
enum { DENSE_TYPES = 3, GUARD = 5 };

static uint16_t top_half(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, 4);
    return (uint16_t)(bits >> 16);
}
static float from_top(uint16_t h)
{
    uint32_t bits = (uint32_t)h << 16;
    float x;
    memcpy(&x, &bits, 4);
    return x;
}

/* A weight in its type, its values as floats, and packed. */
typedef struct dense_case {
    ink_packed w;
    uint8_t *data, *source;
    float *values; /* [rows][cols], what the type holds */
} dense_case;

static dense_case dense_open(int type, size_t rows, size_t cols, const float *values, const uint32_t *map)
{
    dense_case c = { .values = malloc(rows * cols * 4), .source = malloc(rows * cols * 4) };
    const size_t bytes = dense_types[type].bytes;
    for (size_t i = 0; i < rows * cols; i++) {
        const uint16_t half = type == 1 ? f_to_half(values[i]) : top_half(values[i]);
        memcpy(c.source + bytes * i, type ? (const void *)&half : (const void *)(values + i), bytes);
        c.values[i] = type == 0 ? values[i] : type == 1 ? ink_half(half) : from_top(half);
    }
    assert_true(ink_packed_shape(dense_types[type].type, rows, cols, &c.w));
    assert_int_equal(c.w.panels, (rows + 15) / 16);
    assert_int_equal(c.w.panel_bytes % 64, 0);
    c.data = aligned_alloc(64, c.w.panels * c.w.panel_bytes);
    memset(c.data, 0xff, c.w.panels * c.w.panel_bytes);
    for (size_t p = c.w.panels; p; p--) /* panels in any order */
        ink_pack_panels(&c.w, dense_types[type].type, c.source, bytes * cols, map, p - 1, p, c.data);
    c.w.data = c.data;
    return c;
}

static void dense_close(dense_case *c)
{
    free(c->data);
    free(c->source);
    free(c->values);
}

/* Activations as the packing wants them. */
static uint8_t *dense_act(const ink_kernels *k, const ink_packed *w, size_t rows, const float *x)
{
    const size_t bytes = ink_act_bytes(w->form, w->cols);
    uint8_t *act = aligned_alloc(64, (rows + !rows) * bytes);
    memset(act, 0xff, (rows + !rows) * bytes);
    for (size_t r = 0; r < rows; r++)
        k->act[w->form](w->cols, x + r * w->cols, act + r * bytes);
    return act;
}

/* The whole product with a row of y 16 panels + GUARD wide, panels split into runs of `split`. */
static float *dense_product(const ink_kernels *k, const ink_packed *w, const uint8_t *act, size_t rows, size_t split)
{
    const size_t stride = 16 * w->panels + GUARD;
    float *y = malloc((rows * stride + 1) * 4);
    for (size_t i = 0; i < rows * stride; i++)
        y[i] = 77.0f;
    for (size_t p = 0; p < w->panels; p += split) {
        const size_t end = p + split < w->panels ? p + split : w->panels;
        k->matmul[w->kind](w, p, end, act, rows, y + 16 * p, stride, NULL);
    }
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < GUARD; i++)
            assert_true(y[r * stride + 16 * w->panels + i] == 77.0f);
    return y;
}

static void test_packing_and_back(void **state)
{
    (void)state;
    uint64_t seed = 5;
    static const size_t sizes[][2] = { { 1, 1 }, { 16, 2 }, { 17, 33 }, { 40, 513 }, { 33, 300 }, { 31, 7 } };
    for (int type = 0; type < DENSE_TYPES; type++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            const size_t rows = sizes[s][0], cols = sizes[s][1];
            float *values = test_normals(rows * cols, 1.0f, &seed), *row = malloc(4 * cols);
            uint32_t *map = malloc(4 * rows);
            for (size_t r = 0; r < rows; r++)
                map[r] = (uint32_t)(rows - 1 - r);
            for (int mapped = 0; mapped < 2; mapped++) {
                dense_case c = dense_open(type, rows, cols, values, mapped ? map : NULL);
                for (size_t r = 0; r < rows; r++) {
                    ink_packed_row(&c.w, r, row);
                    assert_memory_equal(row, c.values + (mapped ? map[r] : r) * cols, 4 * cols);
                }
                dense_close(&c);
            }
            free(values);
            free(row);
            free(map);
        }
}

/* Integers so small that every type holds them and every sum is exact. */
static void test_exact_integers(void **state)
{
    (void)state;
    static const size_t sizes[][3] = { { 1, 1, 1 }, { 16, 16, 3 }, { 20, 37, 13 }, { 100, 64, 25 }, { 150, 129, 5 }, { 33, 301, 1 }, { 64, 2, 48 }, { 48, 95, 2 } };
    kernel_tables t = kernel_tables_open();
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        const size_t rows = sizes[s][0], cols = sizes[s][1], tokens = sizes[s][2], stride = ink_round_up(rows, 16) + GUARD;
        float *values = malloc(4 * rows * cols), *x = malloc(4 * tokens * cols);
        for (size_t i = 0; i < rows * cols; i++)
            values[i] = (float)((int)((i / cols * 5 + i % cols * 3) % 11) - 5);
        for (size_t i = 0; i < tokens * cols; i++)
            x[i] = (float)((int)((i / cols * 7 + i % cols * 2) % 13) - 6);
        for (size_t k = 0; k < t.count; k++)
            for (int type = 0; type < DENSE_TYPES; type++) {
                dense_case c = dense_open(type, rows, cols, values, NULL);
                uint8_t *act = dense_act(&t.k[k], &c.w, tokens, x);
                float *y = dense_product(&t.k[k], &c.w, act, tokens, 3);
                for (size_t i = 0; i < tokens * rows; i++) {
                    const size_t token = i / rows, row = i % rows;
                    int sum = 0;
                    for (size_t j = 0; j < cols; j++)
                        sum += (int)values[row * cols + j] * (int)x[token * cols + j];
                    if (y[token * stride + row] != (float)sum)
                        fail_msg("%s, %s, %zu x %zu: token %zu, row %zu is %g, should be %d", t.k[k].name, dense_types[type].name, rows, cols, token, row,
                                 y[token * stride + row], sum);
                }
                free(act);
                free(y);
                dense_close(&c);
            }
        free(values);
        free(x);
    }
}

static void test_against_double(void **state)
{
    (void)state;
    enum { ROWS = 70, COLS = 577, TOKENS = 14 };
    uint64_t seed = 9;
    kernel_tables t = kernel_tables_open();
    float *values = test_normals(ROWS * COLS, 0.05f, &seed), *x = test_normals(TOKENS * COLS, 2.0f, &seed);
    for (size_t k = 0; k < t.count; k++)
        for (int type = 0; type < DENSE_TYPES; type++) {
            dense_case c = dense_open(type, ROWS, COLS, values, NULL);
            uint8_t *act = dense_act(&t.k[k], &c.w, TOKENS, x);
            float *y = dense_product(&t.k[k], &c.w, act, TOKENS, 100);
            for (size_t i = 0; i < TOKENS * ROWS; i++) {
                const size_t token = i / ROWS, row = i % ROWS;
                double sum = 0, size = 0;
                for (size_t j = 0; j < COLS; j++) {
                    uint16_t half;
                    memcpy(&half, act + token * ink_act_bytes(c.w.form, COLS) + 2 * j, 2);
                    const double v = c.w.form == INK_ACT_BF16 ? from_top(half) : x[token * COLS + j], term = c.values[row * COLS + j] * v;
                    assert_true(fabs(v - x[token * COLS + j]) <= 0x1p-8 * fabs(v));
                    sum += term;
                    size += fabs(term);
                }
                const double got = y[token * (c.w.panels * 16 + GUARD) + row];
                if (!(fabs(got - sum) <= 1e-6 * size))
                    fail_msg("%s, %s: %.9g, should be %.9g", t.k[k].name, dense_types[type].name, got, sum);
            }
            free(act);
            free(y);
            dense_close(&c);
        }
    free(values);
    free(x);
}

static void same_rows(const ink_kernels *k, const ink_packed *w, const float *want, const uint8_t *act, size_t first, size_t rows, size_t split)
{
    const size_t stride = 16 * w->panels + GUARD;
    float *y = dense_product(k, w, act + first * ink_act_bytes(w->form, w->cols), rows, split);
    if (memcmp(y, want + first * stride, rows * stride * 4))
        fail_msg("%s: rows %zu to %zu by %zu panels differ from the same rows among others", k->name, first, first + rows, split);
    free(y);
}

/* Whatever the batch and the split, and the table of every set against the first for the types that promise it. */
static void test_same_bits(void **state)
{
    (void)state;
    enum { ROWS = 173, COLS = 131, TOKENS = 41 };
    uint64_t seed = 3;
    kernel_tables t = kernel_tables_open();
    float *values = test_normals(ROWS * COLS, 0.05f, &seed), *x = test_normals(TOKENS * COLS, 2.0f, &seed);
    for (size_t i = 0; i < 300; i++)
        x[i * 17] *= i % 3 ? 1e-38f : 1e6f; /* denormal products among large ones */
    for (int type = 0; type < DENSE_TYPES; type++) {
        float *first = NULL;
        dense_case c = dense_open(type, ROWS, COLS, values, NULL);
        for (size_t k = 0; k < t.count; k++) {
            uint8_t *act = dense_act(&t.k[k], &c.w, TOKENS, x);
            float *all = dense_product(&t.k[k], &c.w, act, TOKENS, 100);
            for (size_t rows = 1; rows <= 26; rows++)
                same_rows(&t.k[k], &c.w, all, act, TOKENS - rows - rows % 3, rows, 1 + rows % 11);
            for (size_t split = 1; split < 12; split++)
                same_rows(&t.k[k], &c.w, all, act, split, 1, split);
            same_rows(&t.k[k], &c.w, all, act, 0, 0, 1);
            if (k && type < 2)
                assert_memory_equal(all, first, TOKENS * (16 * c.w.panels + GUARD) * 4);
            free(act);
            if (k)
                free(all);
            else
                first = all;
        }
        free(first);
        dense_close(&c);
    }
    free(values);
    free(x);
}

static void test_rounding_to_bf16(void **state)
{
    (void)state;
    static const uint32_t in[] = { 0x3f800000, 0x3f808000, 0x3f818000, 0x3f808001, 0x3f807fff, 0x80000000, 0x7f800000, 0xff800000, 0x7f7fffff, 0x00008000, 0x00018000, 0x7f800001, 0xffc00000 };
    static const uint16_t want[] = { 0x3f80, 0x3f80, 0x3f82, 0x3f81, 0x3f80, 0x8000, 0x7f80, 0xff80, 0x7f80, 0x0000, 0x0002, 0x7fc0, 0xffc0 };
    enum { N = sizeof in / sizeof *in };
    kernel_tables t = kernel_tables_open();
    float x[N];
    memcpy(x, in, sizeof x);
    for (size_t k = 0; k < t.count; k++)
        for (size_t n = 1; n <= N; n++) {
            uint16_t y[N + 2];
            memset(y, 0xee, sizeof y);
            t.k[k].act[INK_ACT_BF16](n, x, y);
            assert_memory_equal(y, want, 2 * n);
            assert_int_equal(y[n], n % 2 ? 0 : 0xeeee);
        }
}

static void test_shapes_refused(void **state)
{
    (void)state;
    ink_packed w;
    assert_false(ink_packed_shape(INK_I32, 16, 16, &w));
    assert_false(ink_packed_shape(INK_Q4_0, 16, 33, &w));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packing_and_back), cmocka_unit_test(test_exact_integers), cmocka_unit_test(test_against_double),
        cmocka_unit_test(test_same_bits),        cmocka_unit_test(test_rounding_to_bf16),
        cmocka_unit_test(test_shapes_refused),
    };
    return cmocka_run_group_tests_name("dense", tests, NULL, NULL);
}
