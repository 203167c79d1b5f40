/* ARPA files: \data\ with how many n-grams there are of each order, then these, a line each: the logarithm, the words, and the weight
   of backing off where there is one. Fields lie between tabs, words between spaces; readers take any blank. */
#include "text/ngram.h"

#include "base/file.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- writing ---- */

static ink_status arpa_flush(ink_writer *w, ink_buf *b, size_t least, ink_err *err)
{
    INK_TRY(ink_buf_check(b, "a line of ARPA", err));
    if (b->len < least)
        return INK_OK;
    INK_TRY(ink_writer_add(w, b->data, b->len, err));
    ink_buf_reset(b);
    return INK_OK;
}

static void arpa_line(const ink_ngram *m, const ink_ngram_table *t, size_t i, ink_buf *b)
{
    ink_buf_format(b, "%.7g", t->p[i]);
    for (size_t k = 0; k < t->n; k++) {
        const ink_text word = ink_words_at(&m->words, ink_ngram_at(t, i)[k]);
        ink_buf_char(b, k ? ' ' : '\t');
        ink_buf_add(b, word.data, word.size);
    }
    if (t->backoff)
        ink_buf_format(b, "\t%.7g", t->backoff[i]);
    ink_buf_char(b, '\n');
}

static ink_status arpa_write(const ink_ngram *m, ink_writer *w, ink_buf *b, ink_err *err)
{
    enum { PIECE = 1 << 16 };
    ink_buf_text(b, "\\data\\\n");
    for (size_t n = 1; n <= m->order; n++)
        ink_buf_format(b, "ngram %zu=%zu\n", n, m->tables[n - 1].count);
    for (size_t n = 1; n <= m->order; n++) {
        ink_buf_format(b, "\n\\%zu-grams:\n", n);
        for (size_t i = 0; i < m->tables[n - 1].count; i++) {
            arpa_line(m, &m->tables[n - 1], i, b);
            INK_TRY(arpa_flush(w, b, PIECE, err));
        }
    }
    ink_buf_text(b, "\n\\end\\\n");
    return arpa_flush(w, b, 0, err);
}

ink_status ink_ngram_save(const ink_ngram *m, const char *path, ink_err *err)
{
    ink_writer w;
    ink_buf b;
    INK_TRY(ink_writer_begin(&w, path, err));
    ink_buf_init(&b, 0);
    ink_status status = arpa_write(m, &w, &b, err);
    ink_buf_clear(&b);
    if (status == INK_OK)
        return ink_writer_commit(&w, err);
    ink_writer_abandon(&w);
    return status;
}

/* ---- reading ---- */

typedef struct arpa {
    const char *path, *at, *end;
    const char *line, *stop;      /* the line that is read, without its end */
    size_t number;                /* of it */
    ink_ngram *m;
    bool *seen;                   /* [place of a word] */
} arpa;

static const char *const arpa_head = "\\data\\";

static bool arpa_next(arpa *a)
{
    do {
        if (a->at >= a->end)
            return false;
        const char *stop = memchr(a->at, '\n', (size_t)(a->end - a->at));
        a->line = a->at;
        a->stop = stop ? stop : a->end;
        a->at = a->stop + 1;
        a->number++;
        if (a->stop > a->line && a->stop[-1] == '\r')
            a->stop--;
    } while (a->line == a->stop);
    return true;
}

static bool arpa_is(const arpa *a, const char *text) { return (size_t)(a->stop - a->line) == strlen(text) && !memcmp(a->line, text, strlen(text)); }

static ink_status arpa_fail(const arpa *a, const char *what, ink_err *err)
{
    return ink_fail(err, INK_E_FORMAT, "%s, line %zu: %s: \"%.*s\"", a->path, a->number, what, (int)(a->stop - a->line < 60 ? a->stop - a->line : 60), a->line);
}

static bool arpa_number(ink_text field, double *out)
{
    char room[64], *end;
    if (!field.size || field.size >= sizeof room)
        return false;
    memcpy(room, field.data, field.size);
    room[field.size] = 0;
    *out = strtod(room, &end);
    return !*end && !isnan(*out);
}

/* "ngram 3=1234" for each order in turn. */
static ink_status arpa_counts(arpa *a, ink_err *err)
{
    ink_ngram *m = a->m;
    while (arpa_next(a) && a->line[0] != '\\') {
        char room[96];
        size_t n, count, most = (size_t)(a->end - a->at) / 4; /* a number and a word take more */
        int used = 0;
        snprintf(room, sizeof room, "%.*s", (int)(a->stop - a->line < 95 ? a->stop - a->line : 95), a->line);
        if (sscanf(room, "ngram %zu = %zu%n", &n, &count, &used) != 2 || room[used] || n != m->order + 1)
            return arpa_fail(a, "\"ngram N=COUNT\" is expected here, the orders one after the other", err);
        if (n > INK_NGRAM_MOST || count > most || !count)
            return arpa_fail(a, n > INK_NGRAM_MOST ? "an order above 16 is not read" : "the file is too short for so many, or there are none", err);
        ink_ngram_table *t = &m->tables[m->order++];
        *t = (ink_ngram_table){ .n = n, .words = calloc(count * n, sizeof *t->words), .p = calloc(count + 3, sizeof *t->p), .backoff = calloc(count + 3, sizeof *t->backoff) };
        t->counts = calloc(1, sizeof *t->counts);
        if (!t->words || !t->p || !t->backoff || !t->counts)
            return ink_fail(err, INK_E_MEMORY, "%s: no memory for %zu n-grams", a->path, count);
        t->counts[0] = count;
    }
    return m->order ? INK_OK : ink_fail(err, INK_E_FORMAT, "%s: says of no order how many n-grams there are", a->path);
}

/* A line: its place in the table is the next one, or that of the word. */
static ink_status arpa_entry(arpa *a, size_t n, size_t i, ink_err *err)
{
    ink_ngram_table *t = &a->m->tables[n - 1];
    ink_text field;
    const char *at = a->line;
    double p, backoff = 0;
    uint32_t words[INK_NGRAM_MOST];
    if (!ink_ngram_next(&at, a->stop, &field) || !arpa_number(field, &p) || p > 0)
        return arpa_fail(a, "it must begin with the logarithm of a probability", err);
    for (size_t k = 0; k < n; k++) {
        if (!ink_ngram_next(&at, a->stop, &field))
            return arpa_fail(a, "there are too few words", err);
        words[k] = ink_words_find(&a->m->words, field.data, field.size);
        if (n == 1)
            INK_TRY(ink_words_add(&a->m->words, field.data, field.size, 1, &words[0], err));
        if (words[k] == INK_WORDS_NONE)
            return arpa_fail(a, "a word is none of those of \\1-grams", err);
    }
    if (ink_ngram_next(&at, a->stop, &field) && (!arpa_number(field, &backoff) || ink_ngram_next(&at, a->stop, &field)))
        return arpa_fail(a, "after the words only the weight of backing off may stand", err);
    const size_t place = n == 1 ? words[0] : i;
    if (n == 1 && (place >= t->counts[0] + 3 || a->seen[place]))
        return arpa_fail(a, "the word is there already, or more words than were said", err);
    if (n == 1)
        a->seen[place] = true;
    memcpy(t->words + i * n, words, n * sizeof *words);
    t->p[place] = p;
    t->backoff[place] = backoff;
    return INK_OK;
}

/* Every word has its place; of the three that a file may lack, <unk> is as good as impossible. */
static ink_status arpa_words(arpa *a, ink_err *err)
{
    enum { IMPOSSIBLE = -100 };
    ink_ngram_table *t = &a->m->tables[0];
    for (uint32_t w = INK_NGRAM_UNKNOWN; w <= INK_NGRAM_END; w++)
        if (!a->seen[w])
            t->p[w] = IMPOSSIBLE;
    uint32_t *words = realloc(t->words, a->m->words.count * sizeof *words);
    if (!words)
        return ink_fail(err, INK_E_MEMORY, "%s: no memory for its words", a->path);
    t->words = words;
    t->count = a->m->words.count;
    for (size_t i = 0; i < t->count; i++)
        words[i] = (uint32_t)i;
    return INK_OK;
}

/* Into the order of the words' numbers. */
static ink_status arpa_sort(const arpa *a, ink_ngram_table *t, ink_err *err)
{
    ink_ngram_table sorted = { 0 };
    const size_t count = t->counts[0];
    const uint32_t **rows = malloc((count + 1) * sizeof *rows);
    double *p = calloc(count + 1, sizeof *p), *backoff = calloc(count + 1, sizeof *backoff);
    ink_status status = rows && p && backoff ? INK_OK : ink_fail(err, INK_E_MEMORY, "%s: no memory to sort its n-grams", a->path);
    for (size_t i = 0; status == INK_OK && i < count; i++)
        rows[i] = ink_ngram_at(t, i);
    if (status == INK_OK)
        status = ink_ngram_table_make(rows, count, t->n, &sorted, err);
    if (status == INK_OK && sorted.count != count)
        status = ink_fail(err, INK_E_FORMAT, "%s: of its n-grams of %zu words %zu are there twice", a->path, t->n, count - sorted.count);
    for (size_t i = 0; status == INK_OK && i < count; i++) {
        const size_t at = ink_ngram_look(&sorted, ink_ngram_at(t, i));
        p[at] = t->p[i];
        backoff[at] = t->backoff[i];
    }
    free(rows);
    if (status != INK_OK) {
        free(p);
        free(backoff);
        free(sorted.words);
        free(sorted.counts);
        return status;
    }
    free(t->words);
    free(t->counts);
    free(t->p);
    free(t->backoff);
    sorted.p = p;
    sorted.backoff = backoff;
    *t = sorted;
    return INK_OK;
}

static ink_status arpa_order(arpa *a, size_t n, ink_err *err)
{
    char head[32];
    snprintf(head, sizeof head, "\\%zu-grams:", n);
    if (!arpa_is(a, head))
        return arpa_fail(a, "the n-grams of the next order are expected here", err);
    const size_t count = a->m->tables[n - 1].counts[0];
    size_t i = 0;
    for (; arpa_next(a) && a->line[0] != '\\'; i++) {
        if (i == count)
            return arpa_fail(a, "there are more n-grams than were said", err);
        INK_TRY(arpa_entry(a, n, i, err));
    }
    if (i < count)
        return ink_fail(err, INK_E_FORMAT, "%s: has %zu n-grams of %zu words, but says %zu", a->path, i, n, count);
    return n == 1 ? arpa_words(a, err) : arpa_sort(a, &a->m->tables[n - 1], err);
}

static ink_status arpa_read(arpa *a, ink_err *err)
{
    if (!arpa_next(a) || !arpa_is(a, arpa_head))
        return ink_fail(err, INK_E_FORMAT, "%s is no ARPA file: it does not begin with %s", a->path, arpa_head);
    INK_TRY(arpa_counts(a, err));
    a->seen = calloc(a->m->tables[0].counts[0] + 3, sizeof *a->seen);
    if (!a->seen)
        return ink_fail(err, INK_E_MEMORY, "%s: no memory for its words", a->path);
    for (size_t n = 1; n <= a->m->order; n++)
        INK_TRY(arpa_order(a, n, err));
    ink_ngram_table *last = &a->m->tables[a->m->order - 1]; /* nothing backs off to it */
    free(last->backoff);
    last->backoff = NULL;
    return arpa_is(a, "\\end\\") ? INK_OK : ink_fail(err, INK_E_FORMAT, "%s: ends before \\end\\", a->path);
}

bool ink_ngram_probe(const char *path)
{
    ink_map map;
    if (ink_map_open(path, &map, NULL) != INK_OK)
        return false;
    size_t at = 0;
    while (at < map.size && (map.data[at] == '\n' || map.data[at] == '\r'))
        at++;
    const bool is = map.size - at > strlen(arpa_head) && !memcmp(map.data + at, arpa_head, strlen(arpa_head));
    ink_map_close(&map);
    return is;
}

ink_status ink_ngram_open(const char *path, ink_ngram **out, ink_err *err)
{
    ink_map map;
    ink_ngram *m;
    INK_TRY(ink_map_open(path, &map, err));
    ink_status status = ink_ngram_new(&m, err);
    if (status == INK_OK) {
        arpa a = { .path = path, .at = (const char *)map.data, .end = (const char *)map.data + map.size, .m = m };
        status = arpa_read(&a, err);
        free(a.seen);
        if (status == INK_OK)
            *out = m;
        else
            ink_ngram_close(m);
    }
    ink_map_close(&map);
    return status;
}
