/* Memory by lifetime: what has its place already, then one value after another, each at the lowest place that is free for as long as it lives.
   Around what has its place several orders are tried, since none is best for all plans. */
#include "graph/plan.h"

#include <stdlib.h>
#include <string.h>

static int memory_by(size_t a, size_t b) { return a < b ? 1 : a > b ? -1 : 0; }

/* The same layout in every run. */
static int memory_placed_first(const ink_interval *x, const ink_interval *y, int else_by)
{
    return x->placed != y->placed ? (x->placed ? -1 : 1) : else_by ? else_by : x < y ? -1 : x > y;
}

static int memory_larger_first(const void *a, const void *b)
{
    const ink_interval *x = *(ink_interval *const *)a, *y = *(ink_interval *const *)b;
    return memory_placed_first(x, y, memory_by(x->bytes, y->bytes));
}

static int memory_longer_first(const void *a, const void *b)
{
    const ink_interval *x = *(ink_interval *const *)a, *y = *(ink_interval *const *)b;
    const int by = memory_by(x->to - x->from, y->to - y->from);
    return memory_placed_first(x, y, by ? by : memory_by(x->bytes, y->bytes));
}

static int memory_heavier_first(const void *a, const void *b)
{
    const ink_interval *x = *(ink_interval *const *)a, *y = *(ink_interval *const *)b;
    return memory_placed_first(x, y, memory_by((x->to - x->from + 1) * x->bytes, (y->to - y->from + 1) * y->bytes));
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

static size_t memory_lay(ink_interval **order, ink_interval **near, size_t count)
{
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        size_t n = 0;
        for (size_t j = 0; j < i; j++)
            if (order[j]->from <= order[i]->to && order[i]->from <= order[j]->to)
                near[n++] = order[j];
        if (!order[i]->placed)
            order[i]->at = memory_gap(near, n, order[i]->bytes);
        if (order[i]->at + order[i]->bytes > total)
            total = order[i]->at + order[i]->bytes;
    }
    return total;
}

static int (*const memory_orders[])(const void *a, const void *b) = { memory_larger_first, memory_longer_first, memory_heavier_first };

/* The other orders too, and what they took; the first takes `total`. The best is laid last. */
static size_t memory_best(ink_interval **order, ink_interval **near, size_t count, size_t total)
{
    enum { ORDERS = sizeof memory_orders / sizeof *memory_orders };
    size_t best = 0;
    for (size_t i = 1; i < ORDERS; i++) {
        qsort(order, count, sizeof *order, memory_orders[i]);
        const size_t bytes = memory_lay(order, near, count);
        best = bytes < total ? i : best;
        total = bytes < total ? bytes : total;
    }
    qsort(order, count, sizeof *order, memory_orders[best]);
    return memory_lay(order, near, count);
}

ink_status ink_memory_layout(ink_arena *arena, ink_interval *list, size_t count, size_t *total, ink_err *err)
{
    ink_mark mark = ink_arena_mark(arena);
    ink_interval **order = ink_arena_array(arena, count + !count, sizeof *order), **near = ink_arena_array(arena, count + !count, sizeof *near);
    if (!order || !near)
        return ink_arena_refused(arena, count * sizeof *order, err);
    for (size_t i = 0; i < count; i++)
        order[i] = &list[i];
    qsort(order, count, sizeof *order, memory_orders[0]);
    *total = memory_lay(order, near, count);
    if (count && order[0]->placed) /* around what cannot move; elsewhere the first order is as good, and start-up is short */
        *total = memory_best(order, near, count, *total);
    ink_arena_rewind(arena, mark);
    return INK_OK;
}
