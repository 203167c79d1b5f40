/* The threads that compute. A pool of n is n - 1 threads and the caller; a task is run by all of them at once, and they
   meet at barriers inside it. Every thread rounds to nearest and keeps denormals. One caller at a time. */
#ifndef INK_BASE_POOL_H
#define INK_BASE_POOL_H

#include "base/count.h"

#include <ink/err.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ink_pool ink_pool;

size_t ink_pool_cores(void); /* physical cores this process may use */
ink_status ink_pool_new(size_t threads, ink_pool **out, ink_err *err); /* 0: the physical cores */
void ink_pool_free(ink_pool *pool);                                    /* NULL is fine */
size_t ink_pool_threads(const ink_pool *pool);

typedef void ink_pool_task(void *user, size_t thread);
/* Calls task(user, 0 … threads - 1), each on its own thread, and returns when all have. */
void ink_pool_run(ink_pool *pool, ink_pool_task *task, void *user);
/* Inside a task: returns when every thread of the pool has called it as often. Whoever waits calls idle(user) meanwhile,
   over and over, until that returns false; idle may be NULL. */
typedef bool ink_pool_idle(void *user);
void ink_pool_meet_with(ink_pool *pool, ink_pool_idle *idle, void *user);
static inline void ink_pool_meet(ink_pool *pool)
{
    ink_pool_meet_with(pool, NULL, NULL);
}
/* Inside a task: the next piece of work for whoever comes; *next is 0 before all begin. */
static inline size_t ink_pool_take(_Atomic uint32_t *next)
{
    return atomic_fetch_add_explicit(next, 1, memory_order_relaxed);
}
/* The same for several pieces at once: a quarter of what is left of `total`, so that all are done at about the same time, but at least
   one and at most `most`. Their number; none: nothing is left. */
static inline size_t ink_pool_take_some(_Atomic uint32_t *next, size_t total, size_t most, size_t *first)
{
    const size_t begun = atomic_load_explicit(next, memory_order_relaxed), left = begun < total ? total - begun : 0;
    const size_t n = left >= 4 ? ink_least(left / 4, most) : 1;
    *first = atomic_fetch_add_explicit(next, (uint32_t)n, memory_order_relaxed);
    return *first < total ? ink_least(n, total - *first) : 0;
}

#endif
