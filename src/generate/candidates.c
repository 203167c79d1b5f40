#include "generate/candidates.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

ink_status ink_candidates_init(ink_candidates *c, size_t vocab, const ink_kernels *kernels, ink_err *err)
{
    *c = (ink_candidates){ .kernels = kernels, .vocab = vocab };
    if (!vocab || vocab > INT32_MAX)
        return ink_fail(err, INK_E_ARGUMENT, "a vocabulary of %zu tokens cannot be sampled from", vocab);
    char *block = calloc(vocab, sizeof *c->order + 4 * sizeof *c->ids + 2 * sizeof *c->logits); /* most of it is seldom touched */
    if (!block)
        return ink_fail(err, INK_E_MEMORY, "no memory for %zu candidates", vocab);
    c->order = (uint64_t *)(void *)block;
    c->logits = (float *)(c->order + vocab);
    c->p = c->logits + vocab;
    c->spare_logits = c->p + vocab;
    c->ids = (int32_t *)(c->spare_logits + vocab);
    c->spare_ids = c->ids + vocab;
    c->seen = (uint32_t *)(c->spare_ids + vocab);
    return INK_OK;
}

void ink_candidates_clear(ink_candidates *c)
{
    free(c->order);
    *c = (ink_candidates){ 0 };
}

void ink_candidates_fill(ink_candidates *c, const float *logits)
{
    for (size_t i = 0; i < c->vocab; i++) {
        float x = logits[i] > FLT_MAX ? FLT_MAX : logits[i];
        c->logits[i] = x == x ? x : -INFINITY;
    }
    c->count = c->vocab;
    c->whole = true;
    c->sorted = false;
}

size_t ink_candidates_find(const ink_candidates *c, int32_t id)
{
    if (c->whole)
        return id >= 0 && (size_t)id < c->count ? (size_t)id : c->count;
    size_t i = 0;
    while (i < c->count && c->ids[i] != id)
        i++;
    return i;
}

void ink_candidates_softmax(ink_candidates *c)
{
    c->kernels->softmax(c->count, c->logits, c->p);
}

/* The list becomes the n entries that `order` names. */
static void candidates_gather(ink_candidates *c, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t from = ink_rank_at(c->order[i]);
        c->spare_ids[i] = ink_candidates_id(c, from);
        c->spare_logits[i] = c->logits[from];
    }
    int32_t *ids = c->ids;
    float *logits = c->logits;
    c->ids = c->spare_ids;
    c->logits = c->spare_logits;
    c->spare_ids = ids;
    c->spare_logits = logits;
    c->count = n;
    c->whole = false;
}

void ink_candidates_top(ink_candidates *c, size_t n)
{
    n = n < c->count ? n : c->count;
    if (c->sorted) {
        c->count = n;
        return;
    }
    ink_rank(c->kernels, c->logits, c->count, n, c->order);
    candidates_gather(c, n);
    c->sorted = true;
}

void ink_candidates_mass(ink_candidates *c, const float *keys, double mass)
{
    size_t n = 0;
    double sum = 0;
    for (size_t ranked = 64; n < c->count && (!n || sum < mass); ranked *= 16) { /* few suffice nearly always */
        ranked = ranked < c->count ? ranked : c->count;
        ink_rank(c->kernels, keys, c->count, ranked, c->order);
        for (; n < ranked && (!n || sum < mass); n++)
            sum += (double)c->p[ink_rank_at(c->order[n])];
    }
    bool sorted = keys == c->logits;
    candidates_gather(c, n);
    c->sorted = sorted;
}

void ink_candidates_keep(ink_candidates *c, size_t i, size_t n)
{
    const int32_t id = ink_candidates_id(c, i);
    c->ids[n] = id;
    c->logits[n] = c->logits[i];
}

void ink_candidates_kept(ink_candidates *c, size_t count)
{
    c->whole = false;
    c->count = count;
}

void ink_candidates_at_least(ink_candidates *c, float p)
{
    size_t n = 0;
    for (size_t i = 0; i < c->count; i++)
        if (c->p[i] >= p)
            ink_candidates_keep(c, i, n++);
    ink_candidates_kept(c, n);
}

int32_t ink_candidates_draw(ink_candidates *c, double uniform, double *p)
{
    double total = 0, sum = 0;
    ink_candidates_softmax(c);
    for (size_t i = 0; i < c->count; i++)
        total += (double)c->p[i];
    size_t last = 0; /* the last that has any probability, in case rounding leaves the sum short */
    for (size_t i = 0; i < c->count; i++) {
        sum += (double)c->p[i];
        last = c->p[i] > 0 ? i : last;
        if (sum > uniform * total) {
            last = i;
            break;
        }
    }
    *p = (double)c->p[last] / total;
    return ink_candidates_id(c, last);
}
