/* Rows that are set aside to be measured (val_size). Which ones is a function of seed and number of rows alone, so a run that goes on
   sets the same aside; what was cut from one row stays together. */
#include "train/train.h"

#include <math.h>
#include <stdlib.h>

enum { ASIDE_STREAM = UINT32_MAX }; /* orders of epochs draw from the first */

typedef struct aside {
    uint32_t *order;    /* [rows] */
    bool *chosen;       /* [rows] by place among the rows that have samples */
    size_t rows;
} aside;

static size_t aside_rows(const ink_examples *e)
{
    size_t n = 0;
    for (size_t i = 0; i < e->count; i++)
        n += !i || e->rows[i] != e->rows[i - 1];
    return n;
}

static ink_status aside_choose(aside *a, double part, uint64_t seed, ink_err *err)
{
    const double wanted = part < 1 ? ceil(part * (double)a->rows) : part;
    if (wanted >= (double)a->rows)
        return ink_fail(err, INK_E_ARGUMENT, "val_size sets %.0f rows aside, and the data set has %zu: none is left to learn from", wanted, a->rows);
    a->order = malloc(a->rows * sizeof *a->order);
    a->chosen = calloc(a->rows, sizeof *a->chosen);
    if (!a->order || !a->chosen)
        return ink_fail(err, INK_E_MEMORY, "no memory to choose among %zu rows", a->rows);
    ink_order_make(a->rows, true, seed, ASIDE_STREAM, a->order);
    for (size_t i = 0; i < (size_t)wanted; i++)
        a->chosen[a->order[i]] = true;
    return INK_OK;
}

/* A sample to where it stays, which is never behind where it lay. */
static void aside_keep(ink_examples *e, size_t from, size_t to, size_t at)
{
    const size_t start = e->starts[from], n = ink_examples_length(e, from);
    for (size_t i = 0; i < n; i++) {
        e->ids.at[at + i] = e->ids.at[start + i];
        e->targets.at[at + i] = e->targets.at[start + i];
    }
    e->firsts[to] = e->firsts[from];
    e->rows[to] = e->rows[from];
    e->longest = n > e->longest ? n : e->longest;
}

static ink_status aside_part(const aside *a, ink_examples *e, ink_examples *into, ink_err *err)
{
    size_t kept = 0, at = 0, row = 0, last = e->count ? e->rows[0] : 0;
    e->longest = 0;
    for (size_t i = 0, start = 0, end; i < e->count; i++, start = end) {
        end = e->starts[i + 1];
        row += e->rows[i] != last;
        last = e->rows[i];
        if (a->chosen[row]) {
            into->row = last;
            INK_TRY(ink_examples_add(into, e->ids.at + start, e->targets.at + start, e->firsts[i], end - start, err));
            continue;
        }
        aside_keep(e, i, kept, at);
        e->starts[kept++] = at;
        at += end - start;
    }
    e->count = kept;
    e->starts[kept] = e->ids.count = e->targets.count = at;
    return INK_OK;
}

ink_status ink_examples_set_aside(ink_examples *e, double part, uint64_t seed, ink_examples *into, ink_err *err)
{
    aside a = { .rows = aside_rows(e) };
    ink_status status = aside_choose(&a, part, seed, err);
    if (status == INK_OK)
        status = aside_part(&a, e, into, err);
    free(a.order);
    free(a.chosen);
    return status;
}
