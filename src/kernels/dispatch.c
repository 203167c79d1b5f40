/* Which kernels this processor can run, and the filling of the table. */
#include "kernels/kernels.h"

#include <ink/cpu.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

typedef void kernel_fill(ink_kernels *k);

/* Each of these is one file of this folder, compiled once per set. */
#define KERNEL_FILES(set) ink_activations_##set, ink_attention_##set, ink_cells_##set, ink_conv_##set, ink_conv_bf16_##set, ink_conv_tiles_##set, ink_dense_##set, ink_encode_##set, ink_gemm_##set, ink_kv_store_##set, ink_matmul_##set, ink_peak_##set, ink_quantise_##set, ink_rope_##set, ink_rows_##set, ink_rows_back_##set
kernel_fill KERNEL_FILES(scalar), KERNEL_FILES(avx2), KERNEL_FILES(avx512), ink_conv_bf16_pairs, ink_dense_bf16_avx512, ink_gemm_bf16_avx512, ink_conv_amx, ink_gemm_tiles_amx, ink_dense_tiles_amx, ink_matmul_amx, ink_peak_amx;

enum { KERNEL_FILL = 16 };

/* One line per instruction set, weakest first: each overrides what the one before filled. */
static const struct {
    const char *name;
    unsigned needs;
    kernel_fill *fill[KERNEL_FILL];
} kernel_sets[] = {
    { "scalar", 0, { KERNEL_FILES(scalar) } },
    { "avx2", INK_CPU_AVX2, { KERNEL_FILES(avx2) } },
    { "avx512", INK_CPU_AVX2 | INK_CPU_AVX512, { KERNEL_FILES(avx512) } },
    { "amx", INK_CPU_AVX2 | INK_CPU_AVX512 | INK_CPU_AMX, { ink_matmul_amx, ink_peak_amx } },
};
enum { KERNEL_SETS = sizeof kernel_sets / sizeof *kernel_sets };
_Static_assert((int)KERNEL_SETS == (int)INK_CPU_SETS, "ink/cpu.h speaks of another number of instruction sets");

#if defined(__x86_64__)
/* Tiles are state that the system keeps for a process that has asked for it; threads inherit the permission. */
static unsigned kernel_tiles(void)
{
    enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18, BF16 = 1 << 22, TILES = 1 << 24, INT8 = 1 << 25 };
    unsigned a, b, c, d;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (d & (TILES | INT8)) != (TILES | INT8) || syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA))
        return 0;
    return INK_CPU_AMX | (d & BF16 ? INK_CPU_AMX_BF16 : 0u);
}
#endif

/* Whether the pair product of bf16 (VDPBF16PS) is worth having. Intel's does half as much as two fused steps over widened numbers in the same time
   (measured on Emerald Rapids: 106 and 216 G op/s of one thread), AMD's twice as much. What tiles multiply is rounded as it rounds, so beside tiles it stays. */
static bool kernel_pairs_pay(unsigned cpu)
{
#if defined(__x86_64__)
    return cpu & INK_CPU_BF16 && (cpu & INK_CPU_AMX_BF16 || !__builtin_cpu_is("intel"));
#else
    (void)cpu;
    return false;
#endif
}

unsigned ink_cpu_detect(void)
{
    unsigned cpu = 0;
#if defined(__x86_64__)
    __builtin_cpu_init(); /* reads XGETBV too: a set that the system does not save is not reported */
    unsigned a, b, c, d;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __get_cpuid(1, &a, &b, &c, &d) && c & bit_F16C)
        cpu |= INK_CPU_AVX2;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512vnni"))
        cpu |= INK_CPU_AVX512;
    if (__builtin_cpu_supports("avx512bf16"))
        cpu |= INK_CPU_BF16;
    cpu |= kernel_tiles();
#endif
    return cpu;
}

ink_status ink_kernels_init(ink_kernels *k, ink_err *err)
{
    const char *mask = getenv("INK_CPU");
    unsigned cpu = ink_cpu_detect();
    size_t last = KERNEL_SETS - 1;
    if (mask && *mask) {
        for (last = 0; last < KERNEL_SETS && strcmp(kernel_sets[last].name, mask); last++)
            ;
        if (last == KERNEL_SETS)
            return ink_fail(err, INK_E_ARGUMENT, "INK_CPU=%s: known are scalar, avx2, avx512 and amx", mask);
        if (kernel_sets[last].needs & ~cpu)
            return ink_fail(err, INK_E_UNSUPPORTED, "INK_CPU=%s: this processor does not have it", mask);
    }
    memset(k, 0, sizeof *k);
    for (size_t i = 0; i <= last; i++) {
        if (kernel_sets[i].needs & ~cpu)
            continue;
        for (size_t f = 0; f < KERNEL_FILL && kernel_sets[i].fill[f]; f++)
            kernel_sets[i].fill[f](k);
        k->name = kernel_sets[i].name;
        k->cpu = kernel_sets[i].needs;
    }
    if (k->cpu & INK_CPU_AVX512 && kernel_pairs_pay(cpu)) { /* no set of its own: it goes with the wide registers */
        ink_conv_bf16_pairs(k);
        ink_dense_bf16_avx512(k);
        ink_gemm_bf16_avx512(k);
        k->cpu |= INK_CPU_BF16;
    }
    if (k->cpu & INK_CPU_AMX && cpu & INK_CPU_AMX_BF16) {
        ink_conv_amx(k);
        ink_dense_tiles_amx(k);
        if (cpu & INK_CPU_BF16) /* which rounds what tiles are made of */
            ink_gemm_tiles_amx(k);
        k->cpu |= INK_CPU_AMX_BF16;
    }
    return INK_OK;
}

ink_status ink_cpu_sets(ink_cpu_set out[INK_CPU_SETS], ink_err *err)
{
    ink_kernels k;
    unsigned cpu = ink_cpu_detect();
    INK_TRY(ink_kernels_init(&k, err));
    for (size_t i = 0; i < KERNEL_SETS; i++) {
        unsigned needs = kernel_sets[i].needs;
        bool built = kernel_sets[i].fill[0];
        out[i] = (ink_cpu_set){ .name = kernel_sets[i].name, .built = built, .has = !(needs & ~cpu), .used = built && !(needs & ~k.cpu) };
    }
    return INK_OK;
}
