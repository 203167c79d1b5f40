/* Asking an n-gram model. */
#define _GNU_SOURCE
#include "text/ngram.h"

#include "base/file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

ink_status ink_ngram_new(ink_ngram **out, ink_err *err)
{
    static const char *const own[] = { "<unk>", "<s>", "</s>" };
    ink_ngram *m = calloc(1, sizeof *m);
    uint32_t number;
    ink_status status = m ? INK_OK : ink_fail(err, INK_E_MEMORY, "no memory for an n-gram model");
    for (size_t i = 0; status == INK_OK && i < 3; i++)
        status = ink_words_add(&m->words, own[i], strlen(own[i]), 0, &number, err);
    if (status == INK_OK)
        *out = m;
    else
        ink_ngram_close(m);
    return status;
}

void ink_ngram_close(ink_ngram *m)
{
    if (!m)
        return;
    ink_words_clear(&m->words);
    for (size_t i = 0; i < INK_NGRAM_MOST; i++) {
        free(m->tables[i].words);
        free(m->tables[i].counts);
        free(m->tables[i].p);
        free(m->tables[i].backoff);
    }
    free(m);
}

size_t ink_ngram_order(const ink_ngram *m) { return m->order; }
size_t ink_ngram_count(const ink_ngram *m, size_t n) { return n && n <= m->order ? m->tables[n - 1].count : 0; }
const double *ink_ngram_discounts(const ink_ngram *m, size_t n) { return m->trained && n && n <= m->order ? m->tables[n - 1].discounts : NULL; }
ink_text ink_ngram_word(const ink_ngram *m, uint32_t word) { return ink_words_at(&m->words, word < m->words.count ? word : INK_NGRAM_UNKNOWN); }

uint32_t ink_ngram_find(const ink_ngram *m, const char *word, size_t n)
{
    const uint32_t id = ink_words_find(&m->words, word, n);
    return id == INK_WORDS_NONE ? INK_NGRAM_UNKNOWN : id;
}

static int ngram_order_of(const uint32_t *a, const uint32_t *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return 0;
}

size_t ink_ngram_look(const ink_ngram_table *t, const uint32_t *words)
{
    if (t->n == 1)
        return words[0] < t->count ? words[0] : t->count;
    size_t low = 0, high = t->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = ngram_order_of(ink_ngram_at(t, middle), words, t->n);
        if (!order)
            return middle;
        *(order < 0 ? &low : &high) = order < 0 ? middle + 1 : middle;
    }
    return t->count;
}

/* ---- sorting ---- */

static int ngram_compare(const void *a, const void *b, void *n)
{
    return ngram_order_of(*(const uint32_t *const *)a, *(const uint32_t *const *)b, *(const size_t *)n);
}

ink_status ink_ngram_table_make(const uint32_t **rows, size_t count, size_t n, ink_ngram_table *t, ink_err *err)
{
    size_t own = 0;
    qsort_r(rows, count, sizeof *rows, ngram_compare, &n);
    for (size_t i = 0; i < count; i++)
        own += !i || ngram_order_of(rows[i - 1], rows[i], n) != 0;
    *t = (ink_ngram_table){ .n = n, .words = malloc((own * n + 1) * sizeof *t->words), .counts = calloc(own + 1, sizeof *t->counts) };
    if (!t->words || !t->counts)
        return ink_fail(err, INK_E_MEMORY, "no memory for %zu n-grams of %zu words", own, n);
    for (size_t i = 0; i < count; i++) {
        if (!i || ngram_order_of(rows[i - 1], rows[i], n))
            memcpy(t->words + t->count++ * n, rows[i], n * sizeof *t->words);
        t->counts[t->count - 1]++;
    }
    return INK_OK;
}

/* ---- asking ---- */

/* Katz's rule of backing off (1987), as ARPA files mean it: the longest n-gram that is there, and what its longer contexts hand down. */
double ink_ngram_score(const ink_ngram *m, const uint32_t *before, size_t count, uint32_t word, size_t *matched)
{
    uint32_t words[INK_NGRAM_MOST];
    const size_t most = count < m->order - 1 ? count : m->order - 1;
    size_t found = 1;
    memcpy(words, before + count - most, most * sizeof *words);
    words[most] = word;
    double p = m->tables[0].p[word];
    for (size_t n = 2; n <= most + 1; n++) {
        const ink_ngram_table *t = &m->tables[n - 1];
        const size_t at = ink_ngram_look(t, words + most + 1 - n);
        if (at == t->count)
            break;
        p = t->p[at];
        found = n;
    }
    for (size_t n = found; n <= most; n++) {
        const ink_ngram_table *t = &m->tables[n - 1];
        const size_t at = ink_ngram_look(t, words + most - n);
        p += at < t->count ? t->backoff[at] : 0;
    }
    if (matched)
        *matched = found;
    return p;
}

uint32_t ink_ngram_draw(const ink_ngram *m, const uint32_t *before, size_t count, double uniform)
{
    uint32_t last = INK_NGRAM_END;
    for (uint32_t w = 0; w < m->words.count; w++) {
        if (w == INK_NGRAM_BEGIN || w == INK_NGRAM_UNKNOWN)
            continue;
        uniform -= pow(10, ink_ngram_score(m, before, count, w, NULL));
        last = w;
        if (uniform < 0)
            break;
    }
    return last;
}

/* ---- a text ---- */

static bool ngram_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\0'; }

bool ink_ngram_next(const char **at, const char *end, ink_text *word)
{
    while (*at < end && ngram_blank(**at))
        ++*at;
    const char *from = *at;
    while (*at < end && !ngram_blank(**at))
        ++*at;
    *word = (ink_text){ from, (size_t)(*at - from) };
    return word->size > 0;
}

typedef struct scoring {
    const ink_ngram *m;
    ink_ngram_each *each;
    void *user;
    ink_ngram_measure *out;
    uint32_t before[INK_NGRAM_MOST];
    size_t count;
} scoring;

static void score_word(scoring *s, ink_text word, uint32_t id)
{
    size_t matched;
    const double p = ink_ngram_score(s->m, s->before, s->count, id, &matched);
    s->out->log10 += p;
    s->out->unknown += id == INK_NGRAM_UNKNOWN;
    s->out->log10_unknown += id == INK_NGRAM_UNKNOWN ? p : 0;
    if (s->each)
        s->each(s->user, word, id, matched, p);
    if (s->count == INK_NGRAM_MOST)
        memmove(s->before, s->before + 1, --s->count * sizeof *s->before);
    s->before[s->count++] = id;
}

static void score_line(scoring *s, const char *at, const char *end)
{
    ink_text word;
    s->before[0] = INK_NGRAM_BEGIN;
    s->count = 1;
    for (; ink_ngram_next(&at, end, &word); s->out->words++)
        score_word(s, word, ink_ngram_find(s->m, word.data, word.size));
    score_word(s, (ink_text){ "</s>", 4 }, INK_NGRAM_END);
    s->out->sentences++;
}

ink_status ink_ngram_score_file(const ink_ngram *m, const char *path, ink_ngram_each *each, void *user, ink_ngram_measure *out, ink_err *err)
{
    ink_map map;
    *out = (ink_ngram_measure){ 0 };
    INK_TRY(ink_map_open(path, &map, err));
    scoring s = { .m = m, .each = each, .user = user, .out = out };
    for (const char *at = (const char *)map.data, *end = at + map.size; at < end;) {
        const char *line = memchr(at, '\n', (size_t)(end - at));
        line = line ? line : end;
        score_line(&s, at, line);
        at = line + 1;
    }
    ink_map_close(&map);
    if (!out->sentences)
        return ink_fail(err, INK_E_ARGUMENT, "%s is empty", path);
    out->perplexity = pow(10, -out->log10 / (double)(out->words + out->sentences));
    out->perplexity_known = pow(10, -(out->log10 - out->log10_unknown) / (double)(out->words + out->sentences - out->unknown));
    return INK_OK;
}
