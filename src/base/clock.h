/* Time for measuring and waiting. */
#ifndef INK_BASE_CLOCK_H
#define INK_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t ink_clock_ns(void) /* since some moment in the past; never goes back */
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline double ink_clock_seconds(void)
{
    return (double)ink_clock_ns() * 1e-9;
}

#endif
