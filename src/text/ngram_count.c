/* Counting: n-grams of the highest order as often as they stand there; those below by how many words stand before them, but for those
   that begin a sentence, which are counted themselves (Chen and Goodman 1998, section 3; Heafield et al. 2013, section 2). */
#include "text/ngram.h"

#include "base/file.h"

#include <stdlib.h>
#include <string.h>

typedef struct counting {
    ink_ngram *m;
    uint32_t *tokens;       /* <s> words </s> of each sentence */
    size_t count, room;
    size_t *starts;         /* [sentences + 1] */
    size_t sentences, starts_room;
} counting;

static ink_status count_token(counting *c, uint32_t id, ink_err *err)
{
    if (c->count == c->room) {
        const size_t room = c->room ? 2 * c->room : 1 << 16;
        uint32_t *more = realloc(c->tokens, room * sizeof *more);
        if (!more)
            return ink_fail(err, INK_E_MEMORY, "no memory for a text of more than %zu words", c->count);
        c->tokens = more;
        c->room = room;
    }
    c->tokens[c->count++] = id;
    return INK_OK;
}

static ink_status count_start(counting *c, ink_err *err)
{
    if (c->sentences + 1 >= c->starts_room) {
        const size_t room = c->starts_room ? 2 * c->starts_room : 1 << 12;
        size_t *more = realloc(c->starts, room * sizeof *more);
        if (!more)
            return ink_fail(err, INK_E_MEMORY, "no memory for a text of more than %zu lines", c->sentences);
        c->starts = more;
        c->starts_room = room;
    }
    c->starts[c->sentences] = c->count;
    return INK_OK;
}

static ink_status count_line(counting *c, const char *at, const char *end, ink_err *err)
{
    ink_text word;
    uint32_t id;
    INK_TRY(count_start(c, err));
    INK_TRY(count_token(c, INK_NGRAM_BEGIN, err));
    while (ink_ngram_next(&at, end, &word)) {
        INK_TRY(ink_words_add(&c->m->words, word.data, word.size, 1, &id, err));
        if (id > INK_NGRAM_END)
            INK_TRY(count_token(c, id, err));
    }
    INK_TRY(count_token(c, INK_NGRAM_END, err));
    c->starts[++c->sentences] = c->count;
    return INK_OK;
}

static ink_status count_read(counting *c, const char *path, ink_err *err)
{
    ink_map map;
    ink_status status = INK_OK;
    INK_TRY(ink_map_open(path, &map, err));
    for (const char *at = (const char *)map.data, *end = at + map.size; status == INK_OK && at < end;) {
        const char *line = memchr(at, '\n', (size_t)(end - at));
        line = line ? line : end;
        status = count_line(c, at, line, err);
        at = line + 1;
    }
    ink_map_close(&map);
    return status != INK_OK || c->sentences ? status : ink_fail(err, INK_E_ARGUMENT, "%s is empty: there is nothing to count", path);
}

/* Every n-gram of the highest order, or what an order above leaves of each without its first word and every beginning of a sentence. */
static size_t count_rows(const counting *c, size_t n, const uint32_t **rows)
{
    size_t count = 0;
    const ink_ngram_table *above = n < c->m->order ? &c->m->tables[n] : NULL;
    for (size_t i = 0; above && i < above->count; i++)
        rows[count++] = ink_ngram_at(above, i) + 1;
    for (size_t s = 0; s < c->sentences; s++)
        for (size_t at = c->starts[s]; at + n <= c->starts[s + 1]; at++) {
            rows[count++] = c->tokens + at;
            if (above)
                break;
        }
    return count;
}

/* A place for every word, also for those that only stand for something. */
static ink_status count_spread(ink_ngram *m, ink_err *err)
{
    ink_ngram_table *t = &m->tables[0];
    uint32_t *words = malloc(m->words.count * sizeof *words);
    uint64_t *counts = calloc(m->words.count, sizeof *counts);
    if (!words || !counts) {
        free(words);
        free(counts);
        return ink_fail(err, INK_E_MEMORY, "no memory for %zu words", m->words.count);
    }
    for (size_t i = 0; i < m->words.count; i++)
        words[i] = (uint32_t)i;
    for (size_t i = 0; i < t->count; i++)
        if (t->words[i] != INK_NGRAM_BEGIN)
            counts[t->words[i]] = t->counts[i];
    free(t->words);
    free(t->counts);
    *t = (ink_ngram_table){ .n = 1, .count = m->words.count, .words = words, .counts = counts };
    return INK_OK;
}

static ink_status count_tables(const counting *c, ink_err *err)
{
    ink_ngram *m = c->m;
    for (size_t n = m->order; n; n--) {
        const size_t most = c->count + (n < m->order ? m->tables[n].count : 0);
        const uint32_t **rows = malloc((most + 1) * sizeof *rows);
        if (!rows)
            return ink_fail(err, INK_E_MEMORY, "no memory to sort %zu n-grams", most);
        ink_status status = ink_ngram_table_make(rows, count_rows(c, n, rows), n, &m->tables[n - 1], err);
        free(rows);
        INK_TRY(status);
    }
    return count_spread(m, err);
}

ink_status ink_ngram_count_text(ink_ngram *m, const char *path, ink_err *err)
{
    counting c = { .m = m };
    ink_status status = count_read(&c, path, err);
    if (status == INK_OK)
        status = count_tables(&c, err);
    free(c.tokens);
    free(c.starts);
    return status;
}
