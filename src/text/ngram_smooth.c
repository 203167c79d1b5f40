/* Modified Kneser–Ney smoothing, interpolated (Chen and Goodman 1998, equations 26 to 30). */
#include "text/ngram.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* D_k = k - (k + 1) Y t_{k+1} / t_k with Y = t1 / (t1 + 2 t2), t_k being how many n-grams have the count k. */
static ink_status smooth_discounts(ink_ngram_table *t, bool fallback, const char *path, ink_err *err)
{
    static const double usual[] = { 0.5, 1, 1.5 };
    double have[5] = { 0 };
    bool fine = true;
    for (size_t i = 0; i < t->count; i++)
        if (t->counts[i] && t->counts[i] < 5)
            have[t->counts[i]]++;
    const double y = have[1] / (have[1] + 2 * have[2]);
    for (size_t k = 1; k <= 3; k++) {
        t->discounts[k - 1] = (double)k - (double)(k + 1) * y * have[k + 1] / have[k];
        fine &= have[k] > 0 && t->discounts[k - 1] >= 0 && t->discounts[k - 1] <= (double)k;
    }
    if (fine)
        return INK_OK;
    memcpy(t->discounts, usual, sizeof usual);
    return fallback ? INK_OK : ink_fail(err, INK_E_FORMAT, "%s: of its n-grams of %zu words %.0f are counted once, %.0f twice, %.0f three and %.0f four times, which is too few or too unusual to estimate discounts from; use a longer text, a lower order, or --fallback for discounts of 0.5, 1 and 1.5",
                                        path, t->n, have[1], have[2], have[3], have[4]);
}

static double smooth_taken(const ink_ngram_table *t, uint64_t count) { return count ? t->discounts[count < 3 ? count - 1 : 2] : 0; }

/* Rows [from, to) have one context: what each gets, and what all leave to the order below. */
static double smooth_group(ink_ngram_table *t, const ink_ngram_table *below, size_t from, size_t to, double uniform)
{
    double sum = 0, left = 0;
    for (size_t i = from; i < to; i++) {
        sum += (double)t->counts[i];
        left += smooth_taken(t, t->counts[i]);
    }
    left /= sum;
    for (size_t i = from; i < to; i++) {
        const double lower = below ? below->p[ink_ngram_look(below, ink_ngram_at(t, i) + 1)] : uniform;
        t->p[i] = ((double)t->counts[i] - smooth_taken(t, t->counts[i])) / sum + left * lower;
    }
    return left;
}

static void smooth_order(ink_ngram_table *t, ink_ngram_table *below, double uniform)
{
    const size_t context = t->n - 1;
    for (size_t from = 0, to; from < t->count; from = to) {
        for (to = from + 1; to < t->count && !memcmp(ink_ngram_at(t, from), ink_ngram_at(t, to), context * sizeof *t->words); to++)
            ;
        const double left = smooth_group(t, below, from, to, uniform);
        if (below)
            below->backoff[ink_ngram_look(below, ink_ngram_at(t, from))] = left;
    }
}

static void smooth_logarithms(ink_ngram_table *t)
{
    for (size_t i = 0; i < t->count; i++) {
        t->p[i] = log10(t->p[i]);
        if (t->backoff)
            t->backoff[i] = t->backoff[i] > 0 ? log10(t->backoff[i]) : 0;
    }
}

ink_status ink_ngram_smooth(ink_ngram *m, bool fallback, const char *path, ink_err *err)
{
    for (size_t n = 1; n <= m->order; n++) {
        ink_ngram_table *t = &m->tables[n - 1];
        t->p = calloc(t->count + 1, sizeof *t->p);
        t->backoff = n < m->order ? calloc(t->count + 1, sizeof *t->backoff) : NULL;
        if (!t->p || (n < m->order && !t->backoff))
            return ink_fail(err, INK_E_MEMORY, "no memory for %zu probabilities", t->count);
        INK_TRY(smooth_discounts(t, fallback, path, err));
        smooth_order(t, n > 1 ? &m->tables[n - 2] : NULL, 1 / (double)(m->words.count - 1)); /* <s> never follows anything */
    }
    m->tables[0].p[INK_NGRAM_BEGIN] = 1; /* its logarithm is 0, as lmplz writes it */
    for (size_t n = 1; n <= m->order; n++)
        smooth_logarithms(&m->tables[n - 1]);
    m->trained = true;
    return INK_OK;
}

ink_status ink_ngram_train(const char *path, const ink_ngram_options *o, ink_ngram **out, ink_err *err)
{
    ink_ngram *m;
    if (o->order < 1 || o->order > INK_NGRAM_MOST)
        return ink_fail(err, INK_E_ARGUMENT, "an order of %zu: from 1 to %d are possible", o->order, INK_NGRAM_MOST);
    INK_TRY(ink_ngram_new(&m, err));
    m->order = o->order;
    ink_status status = ink_ngram_count_text(m, path, err);
    if (status == INK_OK)
        status = ink_ngram_smooth(m, o->fallback, path, err);
    if (status == INK_OK)
        *out = m;
    else
        ink_ngram_close(m);
    return status;
}
