/* Keys and values stored, and attention over them: against double precision, and the same bits whether runs are folded in
   one call or later, alone or in a tile, whatever lies beyond the last position, from every instruction set. */
#include <math.h>

#include "base/count.h"
#include "kernel_sets.h"
#include "kernels/kv_layout.h"
#include "kernels/lanes.h" /* compiled here as plain C */

enum { MOST_BLOCKS = 13, GUARD = 3 };
static const char *const kv_names[] = { "f32", "f16", "q8" };

typedef struct attend_case {
    ink_kv_type type;
    size_t dims, group, rows, first, window;
    float softcap, scale, slopes[16];
    bool sinks; /* with distance, by the slopes */
    size_t far, seen; /* of the bias, 0: there is none; keys that every query sees, 0: those up to itself */
    float bias[(128 + 1) * 16];
    float *k, *v; /* [first + rows][dims] */
    float *q;     /* [rows][stride] */
    size_t stride;
} attend_case;

static attend_case case_open(ink_kv_type type, size_t dims, size_t group, size_t first, size_t rows, size_t window, float softcap, uint64_t *seed)
{
    attend_case c = { .type = type, .dims = dims, .group = group, .rows = rows, .first = first, .window = window, .softcap = softcap,
                      .scale = 1.3f / sqrtf((float)dims), .stride = group * dims + GUARD };
    c.sinks = test_random(seed) % 3 == 0;
    for (size_t i = 0; i < 16; i++)
        c.slopes[i] = 0.5f / (float)(i + 1);
    c.far = test_random(seed) % 3 ? 0 : 1 + test_random(seed) % 128;
    for (size_t i = 0; i < sizeof c.bias / sizeof *c.bias; i++)
        c.bias[i] = test_normal(seed);
    c.k = test_normals((first + rows) * dims, 1.5f, seed);
    c.v = test_normals((first + rows) * dims, 1.0f, seed);
    c.q = test_normals(rows * c.stride, 1.5f, seed);
    return c;
}

static void case_close(attend_case *c)
{
    free(c->k);
    free(c->v);
    free(c->q);
}

/* Blocks of a case; what no token was stored to holds the byte `unused`. */
typedef struct attend_blocks {
    const uint8_t *keys[MOST_BLOCKS], *values[MOST_BLOCKS];
    uint8_t *memory;
    size_t bytes;
} attend_blocks;

static attend_blocks blocks_open(const ink_kernels *k, const attend_case *c, size_t tokens, int unused)
{
    const size_t key = ink_kv_key_bytes(c->type, c->dims), value = ink_kv_value_bytes(c->type, c->dims), count = (tokens + INK_KV_BLOCK - 1) / INK_KV_BLOCK;
    attend_blocks b = { .bytes = count * (key + value) };
    assert_true(count <= MOST_BLOCKS);
    b.memory = aligned_alloc(64, b.bytes);
    memset(b.memory, unused, b.bytes);
    for (size_t i = 0; i < count; i++) {
        b.keys[i] = b.memory + i * (key + value);
        b.values[i] = b.keys[i] + key;
    }
    for (size_t t = 0; t < tokens; t++)
        k->kv_store(c->type, c->dims, t % INK_KV_BLOCK, c->k + t * c->dims, c->v + t * c->dims, (uint8_t *)(uintptr_t)b.keys[t / INK_KV_BLOCK],
                    (uint8_t *)(uintptr_t)b.values[t / INK_KV_BLOCK]);
    return b;
}

static ink_attend attend_of(const ink_kernels *k, const attend_case *c, const attend_blocks *b, size_t row, size_t rows, float *out)
{
    const size_t room = k->attend_scratch(c->type, c->dims, rows, c->group);
    ink_attend a = { .type = c->type, .head_dim = c->dims, .keys = b->keys, .values = b->values, .rows = rows, .first_position = c->first + row,
                     .group = c->group, .q = c->q + row * c->stride, .q_stride = c->stride, .out = out + row * c->stride, .out_stride = c->stride,
                     .scale = c->scale, .softcap = c->softcap, .window = c->window, .slopes = c->sinks ? c->slopes : NULL,
                     .bias = c->far ? c->bias : NULL, .bias_gap = 16, .far = c->far, .seen = c->seen, .scratch = aligned_alloc(64, ink_round_up(room, 64)) };
    memset(a.scratch, 0xff, room);
    return a;
}

static float *out_new(const attend_case *c)
{
    float *out = malloc(c->rows * c->stride * sizeof *out);
    for (size_t i = 0; i < c->rows * c->stride; i++)
        out[i] = 77.0f;
    return out;
}

/* Rows [row, row + rows) in one call. */
static void attend_rows(const ink_kernels *k, const attend_case *c, const attend_blocks *b, size_t row, size_t rows, float *out)
{
    ink_attend a = attend_of(k, c, b, row, rows, out);
    k->attend(&a);
    free(a.scratch);
}

static float *attend_all(const ink_kernels *k, const attend_case *c, const attend_blocks *b)
{
    float *out = out_new(c);
    attend_rows(k, c, b, 0, c->rows, out);
    for (size_t r = 0; r < c->rows; r++)
        for (size_t i = c->group * c->dims; i < c->stride; i++)
            assert_true(out[r * c->stride + i] == 77.0f);
    return out;
}

static void check_same(const ink_kernels *k, const attend_case *c, const float *got, const float *want, const char *what)
{
    if (memcmp(got, want, c->rows * c->stride * sizeof *got))
        fail_msg("%s, %s, %zu dims, group %zu, %zu rows from %zu, window %zu, cap %g: %s", k->name, kv_names[c->type], c->dims, c->group, c->rows, c->first, c->window,
                 c->softcap, what);
}

/* ---- double precision over what the blocks hold ---- */

static float kept(ink_kv_type type, const uint8_t *p)
{
    uint16_t half = 0;
    float f = 0;
    if (type == INK_KV_F32)
        memcpy(&f, p, sizeof f);
    if (type == INK_KV_F16)
        memcpy(&half, p, sizeof half);
    return type == INK_KV_F32 ? f : type == INK_KV_F16 ? ink_half(half) : (float)(int8_t)*p;
}

static double kept_key(const attend_case *c, const attend_blocks *b, size_t t, size_t d)
{
    const uint8_t *block = b->keys[t / INK_KV_BLOCK];
    const size_t slot = t % INK_KV_BLOCK, group = slot / 16, lane = slot % 16, at = (group * c->dims + d) * 16 + lane;
    double v = kept(c->type, block + at * ink_kv_element(c->type));
    const float *scales = (const float *)(const void *)(block + INK_KV_BLOCK * c->dims);
    return c->type == INK_KV_Q8 ? (double)(float)v * scales[(group * ink_kv_scales(c->dims) + d / 32) * 16 + lane] : v;
}

static double kept_value(const attend_case *c, const attend_blocks *b, size_t t, size_t d)
{
    const uint8_t *block = b->values[t / INK_KV_BLOCK];
    const size_t slot = t % INK_KV_BLOCK, padded = ink_kv_dims(c->dims);
    double v = kept(c->type, block + (slot * padded + d) * ink_kv_element(c->type));
    const float *scales = (const float *)(const void *)(block + INK_KV_BLOCK * padded);
    return c->type == INK_KV_Q8 ? v * scales[slot * ink_kv_scales(c->dims) + d / 32] : v;
}

/* What is kept is near what was stored: exactly, within half a unit of f16, within half a step of int8. */
static void check_kept(const attend_case *c, const attend_blocks *b)
{
    for (size_t t = 0; t < c->first + c->rows; t++)
        for (size_t d = 0; d < c->dims; d++) {
            const double k = c->k[t * c->dims + d], v = c->v[t * c->dims + d];
            double most_k = 0, most_v = 0;
            for (size_t e = d / 32 * 32; e < c->dims && e < d / 32 * 32 + 32; e++) {
                most_k = fmax(most_k, fabs(c->k[t * c->dims + e]));
                most_v = fmax(most_v, fabs(c->v[t * c->dims + e]));
            }
            const double unit_k = c->type == INK_KV_F32 ? 0 : c->type == INK_KV_F16 ? fabs(k) * 0x1p-11 + 1e-7 : most_k / 253;
            const double unit_v = c->type == INK_KV_F32 ? 0 : c->type == INK_KV_F16 ? fabs(v) * 0x1p-11 + 1e-7 : most_v / 253;
            assert_true(fabs(kept_key(c, b, t, d) - k) <= unit_k && fabs(kept_value(c, b, t, d) - v) <= unit_v);
        }
}

static void reference(const attend_case *c, const attend_blocks *b, size_t row, size_t head, double *out)
{
    const size_t position = c->first + row, from = c->window && position >= c->window ? position - c->window + 1 : 0, last = c->seen ? c->seen - 1 : position;
    const float *q = c->q + row * c->stride + head * c->dims;
    double sum = 0, top = -INFINITY, *s = malloc((last + 1) * sizeof *s);
    for (size_t t = from; t <= last; t++) {
        s[t] = 0;
        for (size_t d = 0; d < c->dims; d++)
            s[t] += q[d] * kept_key(c, b, t, d);
        s[t] *= (double)c->scale;
        s[t] = c->softcap != 0.0f ? c->softcap * tanh(s[t] / c->softcap) : s[t];
        s[t] -= c->sinks ? (double)c->slopes[head] * ((double)position - (double)t) : 0;
        s[t] += c->far ? (double)c->bias[(position <= t ? c->far : position - t < c->far ? c->far - (position - t) : 0) * 16 + head] : 0;
        top = fmax(top, s[t]);
    }
    memset(out, 0, c->dims * sizeof *out);
    for (size_t t = from; t <= last; t++) {
        s[t] = exp(s[t] - top);
        sum += s[t];
        for (size_t d = 0; d < c->dims; d++)
            out[d] += s[t] * kept_value(c, b, t, d);
    }
    for (size_t d = 0; d < c->dims; d++)
        out[d] /= sum;
    free(s);
}

static void check_double(const ink_kernels *k, const attend_case *c, const attend_blocks *b, const float *got, size_t row)
{
    double want[256]; /* the most dimensions tried */
    for (size_t h = 0; h < c->group; h++) {
        reference(c, b, row, h, want);
        for (size_t d = 0; d < c->dims; d++) {
            const double y = got[row * c->stride + h * c->dims + d];
            if (!(fabs(y - want[d]) <= 2e-5))
                fail_msg("%s, %s, %zu dims, row %zu at %zu, window %zu, cap %g: %.9g, should be %.9g", k->name, kv_names[c->type], c->dims, row, c->first + row, c->window,
                         c->softcap, y, want[d]);
        }
    }
}

/* ---- shapes ---- */

static const size_t dims_tried[] = { 1, 16, 20, 32, 33, 48, 64, 80, 96, 128, 256 };
enum { DIMS_TRIED = sizeof dims_tried / sizeof *dims_tried };

static attend_case case_random(uint64_t *seed)
{
    const ink_kv_type type = (ink_kv_type)(test_random(seed) % 3);
    const size_t dims = dims_tried[test_random(seed) % DIMS_TRIED], group = 1 + test_random(seed) % 16, rows = test_random(seed) % 3 ? 1 + test_random(seed) % 70 : 1;
    const size_t first = test_random(seed) % 4 ? test_random(seed) % 701 : test_random(seed) % 4 * 64;
    const size_t window = test_random(seed) % 2 ? 0 : 1 + test_random(seed) % 400;
    attend_case c = case_open(type, dims, group, first, rows, window, test_random(seed) % 3 ? 0.0f : 2.5f, seed);
    if (!window && test_random(seed) % 3 == 0)
        c.seen = 1 + test_random(seed) % (first + rows);
    return c;
}

/* One by one: what a decode would give. */
static void check_alone(const ink_kernels *k, const attend_case *c, const attend_blocks *b, const float *want, uint64_t *seed)
{
    float *out = out_new(c);
    for (size_t r = 0, n; r < c->rows; r += n) {
        n = 1 + test_random(seed) % 9;
        n = n < c->rows - r ? n : c->rows - r;
        attend_rows(k, c, b, r, n, out);
    }
    check_same(k, c, out, want, "rows in other tiles differ");
    free(out);
}

static void check_each(const ink_kernels *k, const attend_case *c, const attend_blocks *b, const float *want)
{
    float *out = out_new(c);
    for (size_t r = 0; r < c->rows; r++)
        attend_rows(k, c, b, r, 1, out);
    check_same(k, c, out, want, "a row alone differs");
    free(out);
}

/* Rows from `row` to the end by runs, the last one first, folded at the end. */
static void check_runs(const ink_kernels *k, const attend_case *c, const attend_blocks *b, const float *want, size_t row)
{
    const size_t rows = c->rows - row, position = c->first + row, part = rows * c->group * (16 + ink_kv_dims(c->dims));
    const size_t first = c->window && position >= c->window ? (position - c->window + 1) / INK_KV_RUN : 0, runs = (c->seen ? c->seen - 1 : c->first + c->rows - 1) / INK_KV_RUN + 1 - first;
    float *out = out_new(c), *parts = malloc(runs * part * sizeof *parts);
    memcpy(out, want, row * c->stride * sizeof *out);
    ink_attend a = attend_of(k, c, b, row, rows, out);
    for (size_t r = runs; r; r--)
        k->attend_run(&a, first + r - 1, parts + (r - 1) * part);
    k->attend_fold(&a, runs, parts);
    check_same(k, c, out, want, "runs folded later differ");
    free(a.scratch);
    free(parts);
    free(out);
}

static void test_random_shapes(void **state)
{
    (void)state;
    uint64_t seed = 21;
    kernel_tables t = kernel_tables_open();
    for (size_t n = 0; n < 60; n++) {
        attend_case c = case_random(&seed);
        float *first = NULL;
        attend_blocks plain = { .memory = NULL };
        for (size_t k = 0; k < t.count; k++) {
            attend_blocks b = blocks_open(&t.k[k], &c, c.first + c.rows, 0);
            float *out = attend_all(&t.k[k], &c, &b);
            if (!first) {
                first = out;
                plain = b;
                check_kept(&c, &b);
                for (size_t r = 0; r < c.rows; r += c.rows > 6 ? c.rows / 3 : 1)
                    check_double(&t.k[k], &c, &b, out, r);
            }
            check_same(&t.k[k], &c, out, first, "not the bits of plain C");
            assert_memory_equal(b.memory, plain.memory, b.bytes);
            check_alone(&t.k[k], &c, &b, out, &seed);
            check_runs(&t.k[k], &c, &b, out, c.rows - 1);
            check_runs(&t.k[k], &c, &b, out, test_random(&seed) % c.rows);
            if (out != first) {
                free(out);
                free(b.memory);
            }
        }
        free(first);
        free(plain.memory);
        case_close(&c);
    }
}

/* A block that was another's: NaN wherever this sequence has stored nothing; and tokens stored beyond the last query. */
static void test_what_lies_beyond(void **state)
{
    (void)state;
    static const size_t shapes[][3] = { { 0, 1, 0 }, { 5, 3, 0 }, { 63, 2, 7 }, { 200, 37, 0 }, { 254, 4, 90 }, { 330, 1, 16 } };
    uint64_t seed = 8;
    kernel_tables t = kernel_tables_open();
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (int type = 0; type < 3; type++)
            for (size_t k = 0; k < t.count; k++) {
                attend_case c = case_open((ink_kv_type)type, s % 2 ? 20 : 64, 2, shapes[s][0], shapes[s][1], shapes[s][2], 0.0f, &seed);
                attend_blocks clean = blocks_open(&t.k[k], &c, c.first + c.rows, 0), stale = blocks_open(&t.k[k], &c, c.first + c.rows, 0xff);
                float *want = attend_all(&t.k[k], &c, &clean), *got = attend_all(&t.k[k], &c, &stale);
                check_same(&t.k[k], &c, got, want, "what an unused slot holds matters");
                check_runs(&t.k[k], &c, &stale, want, c.rows - 1);
                if (c.rows > 1) {
                    c.rows--; /* the last token is there, but nobody asks from it */
                    check_alone(&t.k[k], &c, &stale, want, &seed);
                    c.rows++;
                }
                free(want);
                free(got);
                free(clean.memory);
                free(stale.memory);
                case_close(&c);
            }
}

/* Infinities and NaN are stored as finite numbers, so a key that is masked stays silent. */
static void test_stored_is_finite(void **state)
{
    (void)state;
    kernel_tables t = kernel_tables_open();
    const float wild[] = { INFINITY, -INFINITY, NAN, 3e38f, -1e5f, 1.0f };
    for (int type = 0; type < 3; type++)
        for (size_t k = 0; k < t.count; k++) {
            uint64_t seed = 4;
            attend_case c = case_open((ink_kv_type)type, 48, 1, 0, 20, 0, 0.0f, &seed);
            for (size_t i = 0; i < 48; i++)
                c.k[7 * 48 + i] = c.v[7 * 48 + i] = wild[i % 6];
            attend_blocks b = blocks_open(&t.k[k], &c, 20, 0);
            for (size_t d = 0; d < 48; d++)
                assert_true(isfinite(kept_key(&c, &b, 7, d)) && isfinite(kept_value(&c, &b, 7, d)));
            float *out = attend_all(&t.k[k], &c, &b);
            for (size_t i = 0; i < 7 * c.stride; i++)
                if (!isfinite(out[i]))
                    fail_msg("%s, %s: %zu is %g", t.k[k].name, kv_names[type], i, out[i]);
            check_alone(&t.k[k], &c, &b, out, &seed);
            free(out);
            free(b.memory);
            case_close(&c);
        }
}

/* Scores that are no numbers, or all infinitely low: a row's bits are still its own, whatever lies in unused slots. */
static void test_scores_without_number(void **state)
{
    (void)state;
    kernel_tables t = kernel_tables_open();
    for (size_t k = 0; k < t.count; k++) {
        uint64_t seed = 5;
        attend_case c = case_open(INK_KV_F32, 16, 3, 250, 17, 0, 0.0f, &seed);
        for (size_t d = 0; d < 16; d++) {
            c.q[2 * c.stride + d] = c.q[4 * c.stride + 32 + d] = NAN;
            c.q[8 * c.stride + 16 + d] = d % 2 ? INFINITY : -INFINITY;
            for (size_t key = 0; key < c.first + 12; key++) /* what row 11 sees */
                c.k[key * 16 + d] = d ? 0.0f : fabsf(c.k[key * 16]) + 2.0f;
            c.q[11 * c.stride + d] = d ? 0.0f : -3e38f;
        }
        attend_blocks b = blocks_open(&t.k[k], &c, c.first + c.rows, 0), stale = blocks_open(&t.k[k], &c, c.first + c.rows, 0xff);
        float *out = attend_all(&t.k[k], &c, &b), *got = attend_all(&t.k[k], &c, &stale);
        check_same(&t.k[k], &c, got, out, "what an unused slot holds matters");
        check_each(&t.k[k], &c, &stale, out);
        check_runs(&t.k[k], &c, &stale, out, 2);
        for (size_t i = 0; i < 16; i++)
            assert_true(isfinite(out[11 * c.stride + i]) && isfinite(out[4 * c.stride + i]));
        free(out);
        free(got);
        free(b.memory);
        free(stale.memory);
        case_close(&c);
    }
}

/* A sum that vanishes below zero is -0, were it not for a key that only the next row sees, whose weight of 0 makes it +0. */
static void test_zero_has_one_sign(void **state)
{
    (void)state;
    kernel_tables t = kernel_tables_open();
    for (size_t k = 0; k < t.count; k++) {
        uint64_t seed = 6;
        attend_case c = case_open(INK_KV_F32, 16, 1, INK_KV_RUN + 1, 2, 0, 0.0f, &seed);
        memset(c.k, 0, (c.first + c.rows) * 16 * sizeof *c.k);
        memset(c.v, 0, (c.first + c.rows) * 16 * sizeof *c.v);
        memset(c.q, 0, c.rows * c.stride * sizeof *c.q);
        c.scale = c.q[0] = c.q[c.stride] = 1.0f;
        c.k[INK_KV_RUN * 16] = 80.0f; /* all others weigh e^-80 */
        for (size_t d = 0; d < 16; d++) {
            c.v[d] = -1e-30f;
            c.v[(INK_KV_RUN + 1) * 16 + d] = -1e-15f;
            c.v[(INK_KV_RUN + 2) * 16 + d] = 1.0f;
        }
        attend_blocks b = blocks_open(&t.k[k], &c, c.first + c.rows, 0);
        float *out = attend_all(&t.k[k], &c, &b);
        check_each(&t.k[k], &c, &b, out);
        free(out);
        free(b.memory);
        case_close(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_random_shapes), cmocka_unit_test(test_what_lies_beyond), cmocka_unit_test(test_stored_is_finite),
                                        cmocka_unit_test(test_scores_without_number), cmocka_unit_test(test_zero_has_one_sign) };
    return cmocka_run_group_tests_name("attention", tests, NULL, NULL);
}
