/* The words of AMX: eight tiles of at most 16 rows of 64 bytes. amx_dot(c, a, b) adds to c[m][n] the products of the signed
   bytes of a[m][4k + i] and b[k][4n + i] (Intel SDM volume 2, TDPBSSD); amx_dot_bf16 those of the bf16 of a[m][2k + i] and
   b[k][2n + i], even and odd ones summed apart (TDPBF16PS). They are written out, as compilers know tiles badly:
   gcc 12 believes that a configuration has 8 bytes and drops what was stored to the others.
   With INK_ISA_AMX_MODEL plain C stands in, so that kernels of tiles can be tested where the processor has none. */
#ifndef INK_KERNELS_AMX_H
#define INK_KERNELS_AMX_H

#include "kernels/lanes.h"

typedef struct amx_shapes { /* the operand of LDTILECFG */
    uint8_t palette, start, reserved[14];
    uint16_t bytes[16]; /* of a row, by tile */
    uint8_t rows[16];
} amx_shapes;

#if defined(INK_ISA_AMX_MODEL)

typedef struct amx_model {
    amx_shapes shapes;
    uint8_t tile[8][16][64];
} amx_model;

static _Thread_local amx_model amx_here; /* as registers are: a thread's own */

static inline void amx_configure(const amx_shapes *s)
{
    amx_here = (amx_model){ .shapes = *s };
}

static inline void amx_release(void)
{
    amx_here = (amx_model){ 0 };
}

static inline void amx_zero(int t)
{
    memset(amx_here.tile[t], 0, sizeof amx_here.tile[t]);
}

static inline void amx_load(int t, const void *p, size_t stride)
{
    amx_zero(t);
    for (int r = 0; r < amx_here.shapes.rows[t]; r++)
        memcpy(amx_here.tile[t][r], (const uint8_t *)p + (size_t)r * stride, amx_here.shapes.bytes[t]);
}

static inline void amx_store(int t, void *p, size_t stride)
{
    for (int r = 0; r < amx_here.shapes.rows[t]; r++)
        memcpy((uint8_t *)p + (size_t)r * stride, amx_here.tile[t][r], amx_here.shapes.bytes[t]);
}

static inline void amx_dot(int c, int a, int b)
{
    const amx_shapes *s = &amx_here.shapes;
    for (int m = 0; m < s->rows[c]; m++)
        for (int n = 0; n < s->bytes[c] / 4; n++) {
            int32_t sum;
            memcpy(&sum, &amx_here.tile[c][m][4 * n], 4);
            for (int k = 0; k < s->bytes[a]; k++)
                sum += (int8_t)amx_here.tile[a][m][k] * (int8_t)amx_here.tile[b][k / 4][4 * n + k % 4];
            memcpy(&amx_here.tile[c][m][4 * n], &sum, 4);
        }
}

/* Denormals are not flushed here. */
static inline void amx_dot_bf16(int c, int a, int b)
{
    const amx_shapes *s = &amx_here.shapes;
    for (int m = 0; m < s->rows[c]; m++)
        for (int n = 0; n < s->bytes[c] / 4; n++) {
            float total, sum[2] = { 0, 0 };
            for (int k = 0; k < s->bytes[a] / 2; k++) {
                uint8_t x[4] = { 0 }, w[4] = { 0 };
                float left, right;
                memcpy(x + 2, &amx_here.tile[a][m][2 * k], 2);
                memcpy(w + 2, &amx_here.tile[b][k / 2][4 * n + 2 * (k % 2)], 2);
                memcpy(&left, x, 4);
                memcpy(&right, w, 4);
                sum[k % 2] = fmaf(left, right, sum[k % 2]);
            }
            memcpy(&total, &amx_here.tile[c][m][4 * n], 4);
            total += sum[0] + sum[1];
            memcpy(&amx_here.tile[c][m][4 * n], &total, 4);
        }
}

#else

static inline void amx_configure(const amx_shapes *s)
{
    __asm__ volatile("ldtilecfg %0" ::"m"(*s) : "memory");
}

static inline void amx_release(void)
{
    __asm__ volatile("tilerelease");
}

/* The number of a tile is part of the instruction. */
#define amx_zero(t) __asm__ volatile("tilezero %%tmm" #t ::)
#define amx_load(t, p, stride) __asm__ volatile("tileloadd (%0,%1,1), %%tmm" #t ::"r"((const void *)(p)), "r"((size_t)(stride)) : "memory")
#define amx_store(t, p, stride) __asm__ volatile("tilestored %%tmm" #t ", (%0,%1,1)" ::"r"((void *)(p)), "r"((size_t)(stride)) : "memory")
#define amx_dot(c, a, b) __asm__ volatile("tdpbssd %%tmm" #b ", %%tmm" #a ", %%tmm" #c ::)
#define amx_dot_bf16(c, a, b) __asm__ volatile("tdpbf16ps %%tmm" #b ", %%tmm" #a ", %%tmm" #c ::)

#endif

#endif
