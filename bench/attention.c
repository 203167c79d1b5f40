/* attention [BEST OF]: attention on one thread against what the machine can do, measured in the same run. A prompt: 10^9
   multiplications and additions a second on the keys that a query sees, and their share of the rate of multiplying in
   registers. A token after a long context: bytes of keys and values a second, and their share of plain reading. */
#include "kernels/kernels.h"
#include "kernels/kv_layout.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

enum { TILE = 32 }; /* rows of a call, as in ops/attention.c */

typedef struct shape {
    const char *name;
    ink_kv_type type;
    size_t dims, group, kv_heads, tokens, window;
    float softcap;
} shape;

typedef struct cache {
    const uint8_t **keys, **values; /* [kv head][block] */
    size_t blocks, bytes;
    uint8_t *memory;
} cache;

/* Processor time of this thread: other programs on the machine do not count. */
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static float noise(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (float)(int32_t)*state * 0x1p-31f;
}

static cache cache_open(const ink_kernels *k, const shape *s)
{
    const size_t key = ink_kv_key_bytes(s->type, s->dims), value = ink_kv_value_bytes(s->type, s->dims);
    cache c = { .blocks = (s->tokens + INK_KV_BLOCK - 1) / INK_KV_BLOCK };
    const size_t all = c.blocks * s->kv_heads;
    c.bytes = all * (key + value);
    c.memory = aligned_alloc(2 << 20, (c.bytes / (2 << 20) + 1) * (2 << 20));
    c.keys = malloc(2 * all * sizeof *c.keys);
    if (!c.memory || !c.keys)
        exit(1);
    madvise(c.memory, c.bytes, MADV_HUGEPAGE);
    c.values = c.keys + all;
    uint32_t state = 1;
    float row[2 * 256];
    for (size_t b = 0; b < all; b++) { /* the heads of a block lie together, as in tensor/kv.h */
        c.keys[b] = c.memory + (b % c.blocks * s->kv_heads + b / c.blocks) * (key + value);
        c.values[b] = c.keys[b] + key;
        for (size_t slot = 0; slot < INK_KV_BLOCK; slot++) {
            for (size_t i = 0; i < 2 * s->dims; i++)
                row[i] = noise(&state);
            k->kv_store(s->type, s->dims, slot, row, row + s->dims, (uint8_t *)(uintptr_t)c.keys[b], (uint8_t *)(uintptr_t)c.values[b]);
        }
    }
    return c;
}

static void cache_close(cache *c)
{
    free(c->memory);
    free(c->keys);
}

typedef struct work {
    const ink_kernels *k;
    const shape *s;
    const cache *c;
    size_t first, rows, stride; /* of the queries */
    float *q, *out, *parts;
    void *scratch;
} work;

static work work_open(const ink_kernels *k, const shape *s, const cache *c, size_t first)
{
    work w = { .k = k, .s = s, .c = c, .first = first, .rows = s->tokens - first, .stride = s->kv_heads * s->group * s->dims };
    const size_t runs = s->tokens / INK_KV_RUN + 1;
    w.q = malloc(w.rows * w.stride * sizeof *w.q);
    w.out = malloc(w.rows * w.stride * sizeof *w.out);
    w.parts = aligned_alloc(64, runs * s->kv_heads * s->group * (16 + ink_kv_dims(s->dims)) * sizeof *w.parts);
    w.scratch = aligned_alloc(64, (k->attend_scratch(s->type, s->dims, TILE, s->group) / 64 + 1) * 64);
    if (!w.q || !w.out || !w.parts || !w.scratch)
        exit(1);
    uint32_t state = 7;
    for (size_t i = 0; i < w.rows * w.stride; i++)
        w.q[i] = noise(&state);
    return w;
}

static void work_close(work *w)
{
    free(w->q);
    free(w->out);
    free(w->parts);
    free(w->scratch);
}

/* Rows r and on, up to a tile of them, of a KV head. */
static ink_attend work_tile(const work *w, size_t head, size_t r)
{
    const shape *s = w->s;
    const size_t at = r * w->stride + head * s->group * s->dims;
    return (ink_attend){ .type = s->type, .head_dim = s->dims, .keys = w->c->keys + head * w->c->blocks, .values = w->c->values + head * w->c->blocks,
                         .rows = w->rows - r < TILE ? w->rows - r : TILE, .first_position = w->first + r, .group = s->group, .q = w->q + at,
                         .q_stride = w->stride, .out = w->out + at, .out_stride = w->stride, .scale = 1.0f / sqrtf((float)s->dims),
                         .softcap = s->softcap, .window = s->window, .scratch = w->scratch };
}

static void work_prompt(const work *w)
{
    for (size_t h = 0; h < w->s->kv_heads; h++)
        for (size_t r = 0; r < w->rows; r += TILE) {
            const ink_attend a = work_tile(w, h, r);
            w->k->attend(&a);
        }
}

/* By runs, folded at the end, in the order in which one thread would take them. */
static void work_token(const work *w)
{
    const size_t runs = (w->s->tokens - 1) / INK_KV_RUN + 1, part = w->s->group * (16 + ink_kv_dims(w->s->dims));
    for (size_t run = 0; run < runs; run++)
        for (size_t h = 0; h < w->s->kv_heads; h++) {
            const ink_attend a = work_tile(w, h, 0);
            w->k->attend_run(&a, run, w->parts + (h * runs + run) * part);
        }
    for (size_t h = 0; h < w->s->kv_heads; h++) {
        const ink_attend a = work_tile(w, h, 0);
        w->k->attend_fold(&a, runs, w->parts + h * runs * part);
    }
}

/* Seconds, the best of so many. */
static double measure(const ink_kernels *k, const shape *s, const cache *c, size_t first, int times)
{
    work w = work_open(k, s, c, first);
    double best = 1e9;
    for (int t = 0; t < times; t++) {
        const double start = now();
        if (first)
            work_token(&w);
        else
            work_prompt(&w);
        const double took = now() - start;
        best = took < best ? took : best;
    }
    work_close(&w);
    return best;
}

static double rate_registers(const ink_kernels *k, int times)
{
    float sink[64];
    double best = 0;
    for (int t = 0; t < times; t++) {
        const double start = now(), ops = k->peak[INK_ACT_F32](400000, sink), rate = ops / (now() - start);
        best = rate > best ? rate : best;
    }
    return best;
}

static double rate_reading(const ink_kernels *k, const cache *c, int times)
{
    double best = 0;
    volatile float sink;
    for (int t = 0; t < times; t++) {
        const double start = now();
        sink = k->read(c->memory, c->bytes);
        const double rate = (double)c->bytes / (now() - start);
        best = rate > best ? rate : best;
    }
    (void)sink;
    return best;
}

static void print(const shape *s, const char *what, const char *unit, double rate, double most)
{
    printf("%-7s  %-10s %5zu tokens, %2zu x %zu heads of %-3zu  %6.1f %-4s  %3.0f %% of %.1f\n", what, s->name, s->tokens, s->kv_heads, s->group,
           s->dims, rate / 1e9, unit, 100 * rate / most, most / 1e9);
}

static void prompt(const ink_kernels *k, const shape *s, int times)
{
    cache c = cache_open(k, s);
    double seen = 0;
    for (size_t t = 0; t < s->tokens; t++)
        seen += (double)(s->window && t >= s->window ? s->window : t + 1);
    const double ops = seen * 4.0 * (double)(s->dims * s->group * s->kv_heads), rate = ops / measure(k, s, &c, 0, times), most = rate_registers(k, times);
    print(s, "prompt", "G/s", rate, most);
    cache_close(&c);
}

static void decode(const ink_kernels *k, const shape *s, int times)
{
    cache c = cache_open(k, s);
    const double rate = (double)c.bytes / measure(k, s, &c, s->tokens - 1, times), most = rate_reading(k, &c, times);
    print(s, "a token", "GB/s", rate, most);
    cache_close(&c);
}

int main(int argc, char **argv)
{
    static const shape prompts[] = {
        { "f32", INK_KV_F32, 64, 3, 3, 512, 0, 0 },
        { "f16", INK_KV_F16, 64, 3, 3, 512, 0, 0 },
        { "q8", INK_KV_Q8, 64, 3, 3, 512, 0, 0 },
        { "f16", INK_KV_F16, 64, 3, 3, 2048, 0, 0 },
        { "f16", INK_KV_F16, 128, 4, 2, 512, 0, 0 },
        { "f16", INK_KV_F16, 80, 1, 4, 512, 0, 0 },
        { "f16 window", INK_KV_F16, 256, 2, 1, 2048, 512, 0 },
        { "f16 capped", INK_KV_F16, 256, 2, 1, 512, 0, 50 },
    };
    static const shape tokens[] = { /* more than caches hold */
        { "f32", INK_KV_F32, 64, 3, 90, 4096, 0, 0 },
        { "f16", INK_KV_F16, 64, 3, 90, 4096, 0, 0 },
        { "q8", INK_KV_Q8, 64, 3, 90, 4096, 0, 0 },
        { "f16", INK_KV_F16, 128, 4, 32, 8192, 0, 0 },
        { "f16", INK_KV_F16, 64, 1, 90, 4096, 0, 0 },
    };
    const int times = argc > 1 ? atoi(argv[1]) : 9;
    ink_kernels k;
    ink_err err;
    if (ink_kernels_init(&k, &err) != INK_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    printf("%s, one thread, the best of %d\n", k.name, times);
    for (size_t i = 0; i < sizeof prompts / sizeof *prompts; i++)
        prompt(&k, &prompts[i], times);
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++)
        decode(&k, &tokens[i], times);
    return 0;
}
