/* Memory by lifetime: what has its place already, then the largest first, each at the lowest place that is free for as long as it lives. */
#include "graph/plan.h"

#include <stdlib.h>
#include <string.h>

static int memory_sooner(const void *a, const void *b)
{
    const ink_interval *x = *(ink_interval *const *)a, *y = *(ink_interval *const *)b;
    if (x->placed != y->placed)
        return x->placed ? -1 : 1;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return x < y ? -1 : x > y; /* the same layout in every run */
}

static int memory_lower_first(const void *a, const void *b)
{
    const ink_interval *x = *(ink_interval *const *)a, *y = *(ink_interval *const *)b;
    return x->at < y->at ? -1 : x->at > y->at;
}

/* The lowest gap of enough bytes among the placed neighbours in time. */
static size_t memory_gap(ink_interval **near, size_t count, size_t bytes)
{
    size_t at = 0;
    qsort(near, count, sizeof *near, memory_lower_first);
    for (size_t i = 0; i < count; i++) {
        if (near[i]->at >= at + bytes)
            break;
        size_t end = near[i]->at + near[i]->bytes;
        at = end > at ? end : at;
    }
    return at;
}

ink_status ink_memory_layout(ink_arena *arena, ink_interval *list, size_t count, size_t *total, ink_err *err)
{
    ink_mark mark = ink_arena_mark(arena);
    ink_interval **order = ink_arena_array(arena, count + !count, sizeof *order), **near = ink_arena_array(arena, count + !count, sizeof *near);
    if (!order || !near)
        return ink_arena_refused(arena, count * sizeof *order, err);
    for (size_t i = 0; i < count; i++)
        order[i] = &list[i];
    qsort(order, count, sizeof *order, memory_sooner);
    *total = 0;
    for (size_t i = 0; i < count; i++) {
        size_t n = 0;
        for (size_t j = 0; j < i; j++)
            if (order[j]->from <= order[i]->to && order[i]->from <= order[j]->to)
                near[n++] = order[j];
        if (!order[i]->placed)
            order[i]->at = memory_gap(near, n, order[i]->bytes);
        if (order[i]->at + order[i]->bytes > *total)
            *total = order[i]->at + order[i]->bytes;
    }
    ink_arena_rewind(arena, mark);
    return INK_OK;
}
