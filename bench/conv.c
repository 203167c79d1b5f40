/* conv [BEST OF]: the convolutions of a speech decoder on one thread, in 10^9 multiplications and additions a second, and
   as a share of multiplying in registers, measured in the same run. */
#include "kernels/kernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROWS = 480 };

static const struct {
    size_t channels, taps, dilation;
} shapes[] = { { 32, 3, 1 }, { 32, 5, 2 }, { 32, 7, 12 }, { 64, 3, 2 }, { 64, 7, 12 }, { 128, 3, 1 }, { 128, 7, 12 }, { 192, 5, 1 }, { 256, 11, 5 } };

/* Processor time of this thread: other programs on the machine do not count. */
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double peak(const ink_kernels *k, int tries)
{
    double best = 0;
    float sink;
    for (int i = 0; i < tries; i++) {
        double start = now(), ops = k->peak[INK_ACT_F32](1000000, &sink), rate = ops / (now() - start);
        best = rate > best ? rate : best;
    }
    return best;
}

static double rate(const ink_kernels *k, const ink_conv *c, int tries)
{
    enum { CALLS = 8 };
    double best = 0, ops = 2.0 * (double)(c->taps * c->channels * c->channels * c->rows) * CALLS;
    for (int i = 0; i < tries; i++) {
        double start = now();
        for (int j = 0; j < CALLS; j++)
            k->conv(c, 0, c->w->panels);
        double r = ops / (now() - start);
        best = r > best ? r : best;
    }
    return best;
}

int main(int argc, char **argv)
{
    int tries = argc > 1 ? atoi(argv[1]) : 10;
    ink_kernels k;
    ink_err err;
    if (ink_kernels_init(&k, &err) != INK_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    const double most = peak(&k, tries);
    printf("%s: %.0f in registers\n", k.name, most * 1e-9);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const size_t n = shapes[i].channels, cols = n * shapes[i].taps, rows = ROWS + (shapes[i].taps - 1) * shapes[i].dilation;
        ink_packed w;
        ink_packed_shape(INK_F32, n, cols, &w);
        float *weights = aligned_alloc(64, w.panels * w.panel_bytes), *x = aligned_alloc(64, rows * n * 4), *y = aligned_alloc(64, ROWS * n * 4);
        for (size_t j = 0; j < w.panels * w.panel_bytes / 4; j++)
            weights[j] = 0.01f * (float)(j % 7);
        for (size_t j = 0; j < rows * n; j++)
            x[j] = (float)(j % 5);
        w.data = (const uint8_t *)weights;
        const ink_conv c = { .w = &w, .taps = shapes[i].taps, .dilation = shapes[i].dilation, .channels = n, .rows = ROWS, .x = x, .x_stride = n, .y = y, .y_stride = n };
        const double r = rate(&k, &c, tries);
        printf("%4zu channels, %2zu taps, %2zu apart: %6.1f  %3.0f %%\n", n, c.taps, c.dilation, r * 1e-9, 100 * r / most);
        free(weights);
        free(x);
        free(y);
    }
    return 0;
}
