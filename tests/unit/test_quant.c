/* Quantised types: their values against another program's, a packed row against the definition, and products against
   double precision; the same bits for a row alone and among many, for any split of the panels, from every set. */
#include <math.h>

#include "base/count.h"
#include "kernel_sets.h"
#include "kernels/act_layout.h"
#include "kernels/lanes.h" /* compiled here as plain C */
#include "kernels/quant.h"

enum { GUARD = 5, NONE = -1 };

/* Where a block keeps the halves that scale it: random bytes there would be infinities. */
static const struct {
    const char *name;
    ink_type type;
    int d, m;
} quant_types[] = {
    { "Q4_0", INK_Q4_0, 0, NONE },     { "Q4_1", INK_Q4_1, 0, 2 },      { "Q5_0", INK_Q5_0, 0, NONE },   { "Q5_1", INK_Q5_1, 0, 2 },
    { "Q8_0", INK_Q8_0, 0, NONE },     { "Q2_K", INK_Q2_K, 80, 82 },    { "Q3_K", INK_Q3_K, 108, NONE }, { "Q4_K", INK_Q4_K, 0, 2 },
    { "Q5_K", INK_Q5_K, 0, 2 },        { "Q6_K", INK_Q6_K, 208, NONE }, { "IQ4_NL", INK_IQ4_NL, 0, NONE }, { "IQ4_XS", INK_IQ4_XS, 0, NONE },
    { "MXFP4", INK_MXFP4, NONE, NONE },
};
enum { QUANT_TYPES = sizeof quant_types / sizeof *quant_types };

static void test_list_is_whole(void **state)
{
    (void)state;
    size_t n = 0;
#define INK_QUANT(type, bits, group, zero, scale, table, how) n++;
#include "kernels/quants.def"
#undef INK_QUANT
    assert_int_equal(n, QUANT_TYPES);
    for (size_t i = 0; i < QUANT_TYPES; i++)
        assert_non_null(ink_quant_find(quant_types[i].type));
}

/* ---- golden blocks ---- */

static uint8_t *read_golden(const char *name, const char *kind, size_t *size)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/golden/quants/%s.%s", test_shared(), name, kind);
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    uint8_t *data = malloc(1 << 20);
    *size = fread(data, 1, 1 << 20, f);
    fclose(f);
    return data;
}

static void test_values_of_others(void **state)
{
    (void)state;
    if (!test_shared())
        skip();
    for (size_t i = 0; i < QUANT_TYPES + 2; i++) {
        const char *name = i < QUANT_TYPES ? quant_types[i].name : i == QUANT_TYPES ? "F16" : "BF16";
        size_t block_bytes, value_bytes;
        uint8_t *blocks = read_golden(name, "blocks", &block_bytes), *values = read_golden(name, "f32", &value_bytes);
        if (!blocks || !values)
            skip();
        const ink_type_info *info = ink_type_named(name);
        const size_t n = value_bytes / 4;
        assert_int_equal(n / info->block * info->bytes, block_bytes);
        float *got = malloc(value_bytes);
        ink_dequantize(info->type, blocks, n, got);
        for (size_t j = 0; j < n; j++)
            if (memcmp(got + j, values + 4 * j, 4)) {
                float want;
                memcpy(&want, values + 4 * j, 4);
                fail_msg("%s: value %zu is %.9g, should be %.9g", name, j, got[j], want);
            }
        free(blocks);
        free(values);
        free(got);
    }
}

/* ---- made up blocks ---- */

typedef struct quant_case {
    ink_packed w;
    uint8_t *source, *data;
    float *values; /* [rows][cols] */
} quant_case;

static void put_half(uint8_t *p, float x)
{
    const uint16_t h = f_to_half(x);
    memcpy(p, &h, 2);
}

/* fill < 0: random bytes, else every byte that is not a scale of the block. */
static quant_case quant_open(size_t type, size_t rows, size_t cols, int fill, const uint32_t *map, uint64_t *seed)
{
    const ink_type_info *info = ink_type_find((int)quant_types[type].type);
    const size_t blocks = rows * cols / info->block, row_bytes = cols / info->block * info->bytes;
    quant_case c = { .source = malloc(rows * row_bytes), .values = malloc(rows * cols * 4) };
    for (size_t i = 0; i < rows * row_bytes; i++)
        c.source[i] = fill < 0 ? (uint8_t)test_random(seed) : (uint8_t)fill;
    for (size_t b = 0; b < blocks; b++) {
        uint8_t *block = c.source + b * info->bytes;
        if (quant_types[type].d == NONE)
            block[0] = (uint8_t)(fill < 0 ? 116 + test_random(seed) % 8 : 119);
        else
            put_half(block + quant_types[type].d, fill < 0 ? 0.01f * test_normal(seed) : 0.0123f);
        if (quant_types[type].m != NONE)
            put_half(block + quant_types[type].m, fill < 0 ? 0.01f * test_normal(seed) : 0.0457f);
    }
    for (size_t r = 0; r < rows; r++)
        ink_dequantize(info->type, c.source + (map ? map[r] : r) * row_bytes, cols, c.values + r * cols);
    assert_true(ink_packed_shape(info->type, rows, cols, &c.w));
    assert_int_equal(c.w.panel_bytes % 64, 0);
    c.data = aligned_alloc(64, c.w.panels * c.w.panel_bytes);
    memset(c.data, 0xff, c.w.panels * c.w.panel_bytes);
    for (size_t p = c.w.panels; p; p--) /* panels in any order */
        ink_pack_panels(&c.w, info->type, c.source, row_bytes, map, p - 1, p, c.data);
    c.w.data = c.data;
    return c;
}

static void quant_close(quant_case *c)
{
    free(c->source);
    free(c->data);
    free(c->values);
}

static uint8_t *quant_act(const ink_kernels *k, size_t rows, size_t cols, const float *x)
{
    const size_t bytes = ink_act_bytes(INK_ACT_Q8, cols);
    uint8_t *act = aligned_alloc(64, rows * bytes);
    memset(act, 0xff, rows * bytes);
    for (size_t r = 0; r < rows; r++)
        k->act[INK_ACT_Q8](cols, x + r * cols, act + r * bytes);
    return act;
}

/* The whole product with rows of y 16 panels + GUARD wide, panels split into runs of `split`. */
static float *quant_product(const ink_kernels *k, const ink_packed *w, const uint8_t *act, size_t rows, size_t split)
{
    const size_t stride = 16 * w->panels + GUARD, room = ink_matmul_scratch(w, rows);
    float *y = malloc((rows * stride + 1) * 4);
    uint8_t *scratch = aligned_alloc(64, ink_round_up(room, 64) + 64);
    memset(scratch, 0xff, room);
    for (size_t i = 0; i < rows * stride; i++)
        y[i] = 77.0f;
    for (size_t p = 0; p < w->panels; p += split) {
        const size_t end = p + split < w->panels ? p + split : w->panels;
        k->matmul[w->kind](w, p, end, act, rows, y + 16 * p, stride, scratch);
    }
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < GUARD; i++)
            assert_true(y[r * stride + 16 * w->panels + i] == 77.0f);
    free(scratch);
    return y;
}

/* The first product of all is kept; what others make has its bits. */
static void quant_same(const ink_kernels *k, size_t type, float **first, float *y, size_t floats)
{
    *first = *first ? *first : y;
    if (memcmp(y, *first, floats * sizeof *y))
        fail_msg("%s, %s: not the bits of plain C", k->name, quant_types[type].name);
    if (y != *first)
        free(y);
}

static void test_packed_rows(void **state)
{
    (void)state;
    static const size_t sizes[][2] = { { 1, 256 }, { 16, 512 }, { 17, 768 }, { 37, 256 } };
    uint64_t seed = 11;
    for (size_t type = 0; type < QUANT_TYPES; type++)
        for (size_t s = 0; s < 4; s++)
            for (int mapped = 0; mapped < 2; mapped++) {
                const size_t rows = sizes[s][0], cols = sizes[s][1];
                uint32_t map[64];
                float row[768];
                for (size_t r = 0; r < rows; r++)
                    map[r] = (uint32_t)(rows - 1 - r);
                quant_case c = quant_open(type, rows, cols, -1, mapped ? map : NULL, &seed);
                for (size_t r = 0; r < rows; r++) {
                    ink_packed_row(&c.w, r, row);
                    if (memcmp(row, c.values + r * cols, 4 * cols))
                        fail_msg("%s, %zu x %zu: row %zu comes back otherwise", quant_types[type].name, rows, cols, r);
                }
                quant_close(&c);
            }
}

/* Any number of 32-column blocks, one and odd ones too, by rows that fill tiles and rows that do not. */
static void check_columns(const kernel_tables *t, size_t type, size_t cols, uint64_t *seed)
{
    enum { TOKENS = 51 };
    quant_case c = quant_open(type, 49, cols, -1, NULL, seed);
    float *x = test_normals(TOKENS * cols, 1.0f, seed), *first = NULL;
    for (size_t k = 0; k < t->count; k++) {
        uint8_t *act = quant_act(&t->k[k], TOKENS, cols, x);
        quant_same(&t->k[k], type, &first, quant_product(&t->k[k], &c.w, act, TOKENS, 2), TOKENS * (64 + GUARD));
        free(act);
    }
    free(first);
    free(x);
    quant_close(&c);
}

/* Only types whose blocks are that small. */
static void test_columns_of_small_blocks(void **state)
{
    (void)state;
    static const size_t columns[] = { 32, 64, 96, 288, 608, 9824 };
    uint64_t seed = 12;
    kernel_tables t = kernel_tables_open();
    ink_packed refused;
    for (size_t type = 0; type < QUANT_TYPES; type++)
        if (ink_type_find((int)quant_types[type].type)->block == 32)
            for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
                check_columns(&t, type, columns[i], &seed);
        else
            assert_false(ink_packed_shape(quant_types[type].type, 16, 288, &refused));
}

/* ---- activations ---- */

static void test_activations(void **state)
{
    (void)state;
    enum { N = 256 };
    uint64_t seed = 2;
    kernel_tables t = kernel_tables_open();
    float *x = test_normals(N, 3.0f, &seed);
    for (size_t i = 32; i < 64; i++)
        x[i] = 0;
    for (size_t i = 64; i < 96; i++)
        x[i] *= 1e-38f;
    for (size_t i = 96; i < 128; i++)
        x[i] = (float)((int)i - 111) * 0.5f; /* halves: ties */
    for (size_t i = 128; i < 160; i++)
        x[i] = i % 2 ? -3e38f : 3e38f;
    uint8_t *first = quant_act(&t.k[0], 1, N, x);
    for (size_t k = 0; k < t.count; k++) {
        uint8_t *act = quant_act(&t.k[k], 1, N, x);
        const ink_act_q8 a = ink_act_q8_at(act, N);
        for (size_t c = 0; c < N / 32; c++) {
            int sum[2] = { 0 };
            float most = 0;
            for (size_t i = 32 * c; i < 32 * c + 32; i++) {
                sum[i / 16 % 2] += a.q[i];
                most = fmaxf(most, fabsf(x[i]));
                assert_in_range(a.q[i] + 127, 0, 254);
                if (most > 1e-36f || most == 0.0f) /* denormal scales lose digits */
                    assert_true(fabs((double)a.q[i] * a.d[c] - x[i]) <= 0.5001 * (fabs((double)a.d[c]) + 1e-30));
            }
            assert_true(a.d[c] == most / 127.0f);
            assert_int_equal(a.minus16[2 * c], -sum[0]);
            assert_int_equal(a.minus16[2 * c + 1], -sum[1]);
            assert_int_equal(a.minus[c], -sum[0] - sum[1]);
            assert_true(a.sum[c] == (float)(sum[0] + sum[1]));
        }
        assert_memory_equal(act, first, N / 32 * INK_ACT_Q8_CELL);
        free(act);
    }
    free(first);
    free(x);
}

/* ---- products ---- */

/* By how much a product may miss for its first step in a cell of two groups, which rounds at 1.5 · 2^23 times the second scale: two thirds of
   that scale at most, and of an activation's. */
static double quant_slack(size_t type, const quant_case *c, size_t o, const ink_act_q8 *a)
{
    const ink_quant *q = ink_quant_find(quant_types[type].type);
    const ink_type_info *info = ink_type_find((int)q->type);
    const size_t blocks = c->w.cols / info->block, cells = info->block / 32;
    double slack = 0;
    for (size_t b = 0; q->group == 16 && b < blocks; b++) {
        ink_quant_parts parts;
        q->split(c->source + (o * blocks + b) * info->bytes, &parts);
        for (size_t i = 0; i < cells; i++)
            slack += 2.0 / 3 * fabs((double)ink_quant_scale_value(q, parts.d) * parts.sub[2 * i + 1]) * a->d[b * cells + i];
    }
    return slack;
}

/* Against double precision over the values of the weights and the rounded activations. The measure of an error is what
   the largest weight of the row would give with every activation, as minimums cancel. */
static void check_double(const ink_kernels *k, size_t type, const quant_case *c, const uint8_t *act, size_t rows, const float *y)
{
    const size_t cols = c->w.cols, stride = 16 * c->w.panels + GUARD;
    for (size_t r = 0; r < rows; r++) {
        const ink_act_q8 a = ink_act_q8_at(act + r * ink_act_bytes(INK_ACT_Q8, cols), cols);
        for (size_t o = 0; o < c->w.rows; o++) {
            double sum = 0, size = 0, most = 0;
            for (size_t j = 0; j < cols; j++) {
                const double x = a.q[j] * (double)a.d[j / 32], w = c->values[o * cols + j];
                sum += w * x;
                size += fabs(x);
                most = fmax(most, fabs(w));
            }
            if (!(fabs(y[r * stride + o] - sum) <= 2e-6 * size * most + quant_slack(type, c, o, &a)))
                fail_msg("%s, %s: token %zu, row %zu is %.9g, should be %.9g", k->name, quant_types[type].name, r, o, y[r * stride + o], sum);
        }
    }
}

static void test_against_double(void **state)
{
    (void)state;
    enum { ROWS = 37, COLS = 768, TOKENS = 41 };
    uint64_t seed = 9;
    kernel_tables t = kernel_tables_open();
    float *x = test_normals(TOKENS * COLS, 2.0f, &seed);
    for (size_t type = 0; type < QUANT_TYPES; type++) {
        quant_case c = quant_open(type, ROWS, COLS, -1, NULL, &seed);
        for (size_t k = 0; k < t.count; k++) {
            uint8_t *act = quant_act(&t.k[k], TOKENS, COLS, x);
            float *y = quant_product(&t.k[k], &c.w, act, TOKENS, 100), *few = quant_product(&t.k[k], &c.w, act, 3, 100);
            check_double(&t.k[k], type, &c, act, TOKENS, y);
            check_double(&t.k[k], type, &c, act, 3, few);
            free(act);
            free(y);
            free(few);
        }
        quant_close(&c);
    }
    free(x);
}

/* Bits all zero, all one, sign alone; activations at the end of their range, of one sign and of two: what saturates. */
static void test_extremes(void **state)
{
    (void)state;
    enum { ROWS = 18, COLS = 512, TOKENS = 33 };
    static const int fills[] = { 0x00, 0xff, 0x80, 0x7f, 0x88, 0x0f, 0xf0 };
    uint64_t seed = 1;
    kernel_tables t = kernel_tables_open();
    float x[TOKENS * COLS];
    for (size_t i = 0; i < TOKENS * COLS; i++) {
        const size_t row = i / COLS;
        x[i] = row % 3 == 0 ? 127.0f : row % 3 == 1 ? -127.0f : i / (1 + row / 3) % 2 ? 127.0f : -127.0f;
    }
    for (size_t type = 0; type < QUANT_TYPES; type++)
        for (size_t f = 0; f < sizeof fills / sizeof *fills; f++) {
            quant_case c = quant_open(type, ROWS, COLS, fills[f], NULL, &seed);
            float *first = NULL;
            for (size_t k = 0; k < t.count; k++) {
                uint8_t *act = quant_act(&t.k[k], TOKENS, COLS, x);
                float *y = quant_product(&t.k[k], &c.w, act, TOKENS, 100), *few = quant_product(&t.k[k], &c.w, act, 3, 100);
                assert_int_equal(ink_act_q8_at(act, COLS).q[0], 127);
                check_double(&t.k[k], type, &c, act, TOKENS, y);
                assert_memory_equal(few, y, 3 * (32 + GUARD) * 4);
                quant_same(&t.k[k], type, &first, y, TOKENS * (32 + GUARD));
                free(few);
                free(act);
            }
            free(first);
            quant_close(&c);
        }
}

static void same_rows(const ink_kernels *k, const char *type, const ink_packed *w, const float *want, const uint8_t *act, size_t first, size_t rows, size_t split)
{
    const size_t stride = 16 * w->panels + GUARD;
    float *y = quant_product(k, w, act + first * ink_act_bytes(INK_ACT_Q8, w->cols), rows, split);
    if (memcmp(y, want + first * stride, rows * stride * 4))
        fail_msg("%s, %s: rows %zu to %zu by %zu panels differ from the same rows among others", k->name, type, first, first + rows, split);
    free(y);
}

static void test_same_bits(void **state)
{
    (void)state;
    enum { ROWS = 85, COLS = 1280, TOKENS = 45 };
    uint64_t seed = 3;
    kernel_tables t = kernel_tables_open();
    float *x = test_normals(TOKENS * COLS, 2.0f, &seed);
    for (size_t i = 0; i < 100; i++)
        x[i * 17] *= i % 3 ? 1e-38f : 1e6f; /* denormal products among large ones */
    for (size_t type = 0; type < QUANT_TYPES; type++) {
        float *first = NULL;
        quant_case c = quant_open(type, ROWS, COLS, -1, NULL, &seed);
        for (size_t k = 0; k < t.count; k++) {
            uint8_t *act = quant_act(&t.k[k], TOKENS, COLS, x);
            float *all = quant_product(&t.k[k], &c.w, act, TOKENS, 100);
            for (size_t rows = 1; rows <= 20; rows++)
                same_rows(&t.k[k], quant_types[type].name, &c.w, all, act, TOKENS - rows - rows % 3, rows, 1 + rows % 7);
            for (size_t split = 1; split < 7; split++)
                same_rows(&t.k[k], quant_types[type].name, &c.w, all, act, split, 1, split);
            quant_same(&t.k[k], type, &first, all, TOKENS * (16 * c.w.panels + GUARD));
            free(act);
        }
        free(first);
        quant_close(&c);
    }
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list_is_whole),  cmocka_unit_test(test_values_of_others), cmocka_unit_test(test_packed_rows),
        cmocka_unit_test(test_columns_of_small_blocks), cmocka_unit_test(test_activations), cmocka_unit_test(test_against_double),
        cmocka_unit_test(test_extremes),       cmocka_unit_test(test_same_bits),
    };
    return cmocka_run_group_tests_name("quant", tests, NULL, NULL);
}
