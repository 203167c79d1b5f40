/* matmul [BEST OF [TYPE]]: products with quantised weights on one thread against the machine, measured in the same run. Many rows:
   10^9 operations a second and their share of the registers-only rate. One row: bytes of weights a second and their share
   of plain reading. Processor time counts, so other programs on the machine hardly do. */
#include "kernels/kernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { ROWS = 128, OUTS = 1536 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void *memory(size_t bytes)
{
    void *p = aligned_alloc(2 << 20, (bytes / (2 << 20) + 1) * (2 << 20));
    if (!p)
        exit(1);
    madvise(p, bytes, MADV_HUGEPAGE);
    return p;
}

typedef struct work {
    const ink_kernels *k;
    ink_packed w;
    size_t rows, copies; /* copies of the weight, so that one row's products come from memory */
    uint8_t *weights, *x;
    float *y;
    void *scratch;
} work;

static work work_open(const ink_kernels *k, ink_type type, size_t cols, size_t rows, size_t copies)
{
    work w = { .k = k, .rows = rows, .copies = copies };
    if (!ink_packed_shape(type, OUTS, cols, &w.w))
        exit(1);
    const size_t bytes = w.w.panels * w.w.panel_bytes;
    w.weights = memory(bytes * copies);
    uint32_t state = 1;
    for (size_t i = 0; i < bytes * copies; i++)
        w.weights[i] = (uint8_t)(((state = state * 1664525u + 1013904223u) >> 24 & 0x1f)) | 0x20; /* scales stay small, finite and normal */
    float *row = malloc(cols * sizeof *row);
    w.x = memory(rows * ink_act_bytes(w.w.form, cols));
    for (size_t r = 0; row && r < rows; r++) {
        for (size_t i = 0; i < cols; i++)
            row[i] = (float)(int32_t)(state = state * 1664525u + 1013904223u) * 0x1p-31f;
        k->act[w.w.form](cols, row, w.x + r * ink_act_bytes(w.w.form, cols));
    }
    free(row);
    w.y = memory(rows * OUTS * sizeof *w.y);
    w.scratch = memory(ink_matmul_scratch(&w.w, rows));
    return w;
}

static void work_close(work *w)
{
    free(w->weights);
    free(w->x);
    free(w->y);
    free(w->scratch);
}

/* Two panels at a time, as a step of a plan does with many rows. */
static void work_many(const work *w)
{
    for (size_t p = 0; p < w->w.panels; p += 2)
        w->k->matmul[w->w.kind](&w->w, p, p + 2, w->x, w->rows, w->y + 16 * p, OUTS, w->scratch);
}

static void work_few(const work *w)
{
    ink_packed one = w->w;
    for (size_t c = 0; c < w->copies; c++) {
        one.data = w->weights + c * w->w.panels * w->w.panel_bytes;
        w->k->matmul[one.kind](&one, 0, one.panels, w->x, w->rows, w->y, OUTS, w->scratch);
    }
}

static double best(void (*run)(const work *), const work *w, int times)
{
    double least = 1e30;
    for (int i = 0; i < times; i++) {
        double t = now();
        run(w);
        t = now() - t;
        least = t < least ? t : least;
    }
    return least;
}

static double peak(const ink_kernels *k, ink_act_form form, int times)
{
    double most = 0;
    float sink;
    for (int i = 0; i < times; i++) {
        double t = now(), ops = k->peak[form](400000, &sink);
        t = now() - t;
        most = ops / t > most ? ops / t : most;
    }
    return most;
}

static double reading(const ink_kernels *k, int times)
{
    const size_t bytes = 256u << 20;
    uint8_t *p = memory(bytes);
    memset(p, 1, bytes);
    double most = 0;
    for (int i = 0; i < times; i++) {
        double t = now();
        volatile float sink = k->read(p, bytes);
        (void)sink;
        t = now() - t;
        most = (double)bytes / t > most ? (double)bytes / t : most;
    }
    free(p);
    return most;
}

static void show(const ink_kernels *k, ink_type type, size_t cols, int times, double rate[], double read)
{
    work many = work_open(k, type, cols, ROWS, 1);
    const double ops = 2.0 * OUTS * (double)cols * ROWS;
    many.w.data = many.weights;
    const double t = best(work_many, &many, times), share = ops / t / rate[many.w.form];
    work_close(&many);
    double gbps[3];
    static const size_t rows[] = { 1, 4, 8 };
    for (int i = 0; i < 3; i++) {
        work few = work_open(k, type, cols, rows[i], 40);
        gbps[i] = (double)(few.copies * few.w.panels * few.w.panel_bytes) / best(work_few, &few, times / 2 + 1);
        work_close(&few);
    }
    printf("%-8s %5zu columns  %4d rows %6.0f G op/s %3.0f %%   1 row %5.1f GB/s %3.0f %%   4 rows %5.1f   8 rows %5.1f\n", ink_type_find((int)type)->name, cols, ROWS, ops / t / 1e9,
           100 * share, gbps[0] / 1e9, 100 * gbps[0] / read, gbps[1] / 1e9, gbps[2] / 1e9);
}

int main(int argc, char **argv)
{
    static const ink_type types[] = { INK_Q4_0, INK_Q4_1, INK_Q5_0, INK_Q8_0, INK_Q4_K, INK_Q6_K, INK_Q3_K, INK_IQ4_NL, INK_BF16, INK_F32 };
    const int times = argc > 1 ? atoi(argv[1]) : 9;
    ink_kernels k;
    ink_err err = { 0 };
    if (ink_kernels_init(&k, &err))
        return 1;
    double rate[INK_ACT_FORMS], read = reading(&k, times);
    for (int i = 0; i < INK_ACT_FORMS; i++)
        rate[i] = peak(&k, (ink_act_form)i, times);
    printf("%s, registers only: int8 %.0f, bf16 %.0f, f32 %.0f G op/s; plain reading %.1f GB/s\n", k.name, rate[INK_ACT_Q8] / 1e9, rate[INK_ACT_BF16] / 1e9, rate[INK_ACT_F32] / 1e9, read / 1e9);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        for (size_t cols = types[i] == INK_Q4_K || types[i] == INK_Q6_K || types[i] == INK_Q3_K ? 2048 : 576; cols <= 2048; cols += 1472)
            if (argc < 3 || ink_type_named(argv[2])->type == types[i])
                show(&k, types[i], cols, times, rate, read);
    return 0;
}
