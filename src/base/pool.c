/* The threads that compute: pthreads that spin for a moment and then sleep on a futex. */
#define _GNU_SOURCE /* sched_getaffinity */
#include "base/clock.h"
#include "base/count.h"
#include "base/pool.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { POOL_MOST = 1024, POOL_SPIN_NS = 20000 };

/* A number that only grows, which threads wait to see change. */
typedef struct pool_gate {
    alignas(64) _Atomic uint32_t turn;
    _Atomic uint32_t sleepers;
} pool_gate;

typedef struct pool_worker {
    pthread_t thread;
    ink_pool *pool;
    size_t index;
} pool_worker;

struct ink_pool {
    pool_gate start, meeting;
    alignas(64) _Atomic uint32_t arrived;
    size_t threads;
    ink_pool_task *task; /* NULL: go home */
    void *user;
    pool_worker workers[];
};

static void pool_numbers(void)
{
#if defined(__x86_64__)
    _mm_setcsr(0x1f80); /* round to nearest, no flushing, all exceptions masked */
#endif
}

static inline void pool_pause(void)
{
#if defined(__x86_64__)
    _mm_pause();
#else
    sched_yield();
#endif
}

static void pool_sleep(pool_gate *g, uint32_t seen)
{
    atomic_fetch_add(&g->sleepers, 1);
    while (atomic_load(&g->turn) == seen)
        syscall(SYS_futex, &g->turn, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
    atomic_fetch_sub(&g->sleepers, 1);
}

/* Until the turn is no longer the one seen: about 20 µs awake, since a step takes less, then asleep. */
static void pool_wait(pool_gate *g, uint32_t seen, ink_pool_idle *idle, void *user)
{
    int64_t until = 0;
    while (idle && atomic_load_explicit(&g->turn, memory_order_acquire) == seen)
        idle = idle(user) ? idle : NULL;
    for (unsigned tries = 1; atomic_load_explicit(&g->turn, memory_order_acquire) == seen; tries++) {
        pool_pause();
        if (tries % 64)
            continue;
        int64_t now = ink_clock_ns();
        until = until ? until : now + POOL_SPIN_NS;
        if (now > until) {
            pool_sleep(g, seen);
            return;
        }
    }
}

static void pool_open(pool_gate *g)
{
    atomic_fetch_add(&g->turn, 1);
    if (atomic_load(&g->sleepers))
        syscall(SYS_futex, &g->turn, FUTEX_WAKE_PRIVATE, POOL_MOST, NULL, NULL, 0);
}

void ink_pool_meet_with(ink_pool *p, ink_pool_idle *idle, void *user)
{
    if (p->threads == 1)
        return;
    uint32_t seen = atomic_load_explicit(&p->meeting.turn, memory_order_relaxed);
    if (atomic_fetch_add(&p->arrived, 1) + 1 == p->threads) {
        atomic_store_explicit(&p->arrived, 0, memory_order_relaxed);
        pool_open(&p->meeting);
    } else
        pool_wait(&p->meeting, seen, idle, user);
}

static void *pool_work(void *user)
{
    pool_worker *w = user;
    ink_pool *p = w->pool;
    pool_numbers();
    for (uint32_t seen = 0;; seen++) {
        pool_wait(&p->start, seen, NULL, NULL);
        if (!p->task)
            return NULL;
        p->task(p->user, w->index);
        ink_pool_meet(p);
    }
}

void ink_pool_run(ink_pool *p, ink_pool_task *task, void *user)
{
    p->task = task;
    p->user = user;
    if (p->threads > 1)
        pool_open(&p->start);
    pool_numbers();
    task(user, 0);
    ink_pool_meet(p);
}

/* Cores rather than hardware threads: siblings share the units that kernels fill. */
size_t ink_pool_cores(void)
{
    cpu_set_t may;
    size_t cores = 0;
    if (sched_getaffinity(0, sizeof may, &may))
        return 1;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        char path[96];
        int first = cpu;
        if (!CPU_ISSET(cpu, &may))
            continue;
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu);
        FILE *f = fopen(path, "r");
        if (f && fscanf(f, "%d", &first) != 1)
            first = cpu;
        if (f)
            fclose(f);
        cores += first == cpu || !CPU_ISSET(first, &may);
    }
    return cores ? cores : 1;
}

static void pool_dismiss(ink_pool *p)
{
    p->task = NULL;
    if (p->threads > 1)
        pool_open(&p->start);
    for (size_t i = 1; i < p->threads; i++)
        pthread_join(p->workers[i].thread, NULL);
    free(p);
}

ink_status ink_pool_new(size_t threads, ink_pool **out, ink_err *err)
{
    threads = threads ? threads : ink_pool_cores();
    if (threads > POOL_MOST)
        return ink_fail(err, INK_E_LIMIT, "%zu threads: at most %d are possible", threads, POOL_MOST);
    size_t bytes = ink_round_up(sizeof(ink_pool) + threads * sizeof(pool_worker), 64);
    ink_pool *p = aligned_alloc(64, bytes);
    if (!p)
        return ink_fail(err, INK_E_MEMORY, "no memory for a pool of %zu threads", threads);
    memset(p, 0, bytes);
    p->threads = 1;
    for (size_t i = 1; i < threads; i++) {
        p->workers[i] = (pool_worker){ .pool = p, .index = i };
        int why = pthread_create(&p->workers[i].thread, NULL, pool_work, &p->workers[i]);
        if (why) {
            pool_dismiss(p);
            return ink_fail(err, INK_E_MEMORY, "thread %zu of %zu could not be started: %s", i + 1, threads, strerror(why));
        }
        p->threads = i + 1;
    }
    *out = p;
    return INK_OK;
}

void ink_pool_free(ink_pool *p)
{
    if (p)
        pool_dismiss(p);
}

size_t ink_pool_threads(const ink_pool *p)
{
    return p->threads;
}
