/* The kernel table of each instruction set that this machine has, plain C first; and numbers to feed them. */
#ifndef INK_TEST_KERNEL_SETS_H
#define INK_TEST_KERNEL_SETS_H

#include "kernels/kernels.h"
#include "test.h"

#pragma GCC diagnostic ignored "-Wdouble-promotion" /* floats are compared with doubles on purpose */

#if defined(INK_TEST_AMX_MODEL)
void ink_matmul_amx_model(ink_kernels *k);
void ink_dense_tiles_amx_model(ink_kernels *k);
void ink_conv_amx_model(ink_kernels *k);
#endif

void ink_conv_bf16_pairs(ink_kernels *k);
void ink_dense_bf16_avx512(ink_kernels *k);
void ink_gemm_bf16_avx512(ink_kernels *k);

typedef struct kernel_tables {
    ink_kernels k[6];
    size_t count;
} kernel_tables;

/* A table like that of a set, under another name. */
static inline ink_kernels *kernel_tables_like(kernel_tables *t, const char *set, const char *name)
{
    for (size_t i = 0; i < t->count; i++)
        if (!strcmp(t->k[i].name, set)) {
            ink_kernels *k = &t->k[t->count++];
            *k = t->k[i];
            k->name = name;
            return k;
        }
    return NULL;
}

static inline kernel_tables kernel_tables_open(void)
{
    static const char *const names[] = { "scalar", "avx2", "avx512", "amx" };
    char before[16];
    const char *mask = getenv("INK_CPU");
    snprintf(before, sizeof before, "%s", mask ? mask : "");
    kernel_tables t = { .count = 0 };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        ink_err err;
        setenv("INK_CPU", names[i], 1);
        t.count += ink_kernels_init(&t.k[t.count], &err) == INK_OK;
    }
    setenv("INK_CPU", before, 1);
#if defined(__x86_64__) /* the pair products of bf16, where the processor has them and takes others as faster */
    ink_kernels *pairs = __builtin_cpu_supports("avx512bf16") && !(t.k[t.count - 1].cpu & INK_CPU_BF16) ? kernel_tables_like(&t, "avx512", "avx512_pairs") : NULL;
    if (pairs) {
        ink_conv_bf16_pairs(pairs);
        ink_dense_bf16_avx512(pairs);
        ink_gemm_bf16_avx512(pairs);
    }
#endif
#if defined(INK_TEST_AMX_MODEL) /* products of tiles, the tiles in plain C, wherever the wide registers are */
    ink_kernels *model = kernel_tables_like(&t, "avx512", "amx_model");
    if (model) {
        ink_matmul_amx_model(model);
        ink_dense_tiles_amx_model(model);
        ink_conv_amx_model(model);
    }
#endif
    return t;
}

/* SplitMix64: the same numbers in every run. */
static inline uint64_t test_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}
static inline float test_uniform(uint64_t *state) /* -1..1 */
{
    return (float)(int32_t)(test_random(state) >> 32) * 0x1p-31f;
}
/* About normal: a sum of four, deviation 1. */
static inline float test_normal(uint64_t *state)
{
    return 0.8660254f * (test_uniform(state) + test_uniform(state) + test_uniform(state) + test_uniform(state));
}
static inline float *test_normals(size_t n, float deviation, uint64_t *state)
{
    float *x = malloc((n + !n) * sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < n; i++)
        x[i] = deviation * test_normal(state);
    return x;
}
#endif
