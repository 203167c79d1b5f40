/* Measuring what the machine can do. */
#include "base/clock.h"
#include "base/huge.h"
#include "base/pool.h"
#include "kernels/kernels.h"

#include <ink/machine.h>
#include <string.h>

enum { MACHINE_CHUNK = 2 << 20 };
static const double machine_round = 2e-3, machine_limit = 0.08, machine_reading = 0.5; /* seconds: of a run, of a rate, of the bandwidth */
static const size_t machine_most = (size_t)2 << 30; /* bytes read: far beyond any cache */

typedef struct machine_work {
    ink_kernels k;
    ink_pool *pool;
    ink_act_form form;
    size_t steps;
    double ops;              /* of one thread */
    const ink_huge *buffer;
    _Atomic uint32_t next;
    volatile float sink;
} machine_work;

static void machine_multiply(void *user, size_t thread)
{
    machine_work *w = user;
    float sink;
    double ops = w->k.peak[w->form](w->steps, &sink);
    w->sink = sink;
    if (!thread)
        w->ops = ops;
}

static double machine_rate(machine_work *w, ink_act_form form)
{
    double best = 0, begin = ink_clock_seconds(), start = begin, end;
    w->form = form;
    w->steps = 100;
    do {
        ink_pool_run(w->pool, machine_multiply, w);
        end = ink_clock_seconds();
        const double rate = w->ops * (double)ink_pool_threads(w->pool) / (end - start) / 1e9;
        best = rate > best ? rate : best;
        w->steps *= end - start < machine_round / 2 ? 2 : 1;
        start = end;
    } while (end - begin < machine_limit);
    return best;
}

ink_status ink_machine_rates(size_t threads, ink_machine_speed *out, ink_err *err)
{
    machine_work w = { 0 };
    INK_TRY(ink_kernels_init(&w.k, err));
    INK_TRY(ink_pool_new(threads, &w.pool, err));
    *out = (ink_machine_speed){ machine_rate(&w, INK_ACT_Q8), machine_rate(&w, INK_ACT_BF16), machine_rate(&w, INK_ACT_F32) };
    ink_pool_free(w.pool);
    return INK_OK;
}

/* Chunks as threads come for them. */
static void machine_read(void *user, size_t thread)
{
    (void)thread;
    machine_work *w = user;
    for (size_t at; (at = (size_t)MACHINE_CHUNK * ink_pool_take(&w->next)) < w->buffer->bytes;)
        w->sink = w->k.read(w->buffer->data + at, MACHINE_CHUNK);
}

ink_status ink_machine_bandwidth(size_t threads, size_t bytes, double *gbps, ink_err *err)
{
    machine_work w = { 0 };
    ink_huge buffer;
    bytes = bytes < machine_most ? bytes : machine_most;
    bytes = (bytes / MACHINE_CHUNK + 1) * MACHINE_CHUNK;
    INK_TRY(ink_kernels_init(&w.k, err));
    INK_TRY(ink_huge_new(bytes, "measuring the memory", &buffer, err));
    memset(buffer.data, 1, bytes);
    ink_status status = ink_pool_new(threads, &w.pool, err);
    w.buffer = &buffer;
    *gbps = 0;
    double begin = ink_clock_seconds(), start = begin, end = begin;
    for (int i = 0; status == INK_OK && (i < 3 || end - begin < machine_reading); i++) {
        w.next = 0;
        ink_pool_run(w.pool, machine_read, &w);
        end = ink_clock_seconds();
        const double rate = (double)bytes / (end - start) / 1e9;
        *gbps = rate > *gbps ? rate : *gbps;
        start = end;
    }
    ink_pool_free(w.pool);
    ink_huge_free(&buffer);
    return status;
}
