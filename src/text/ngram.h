/* Inside an n-gram model: for each order its n-grams, sorted by their words' numbers. */
#ifndef INK_TEXT_NGRAM_H
#define INK_TEXT_NGRAM_H

#include "text/words.h"

#include <ink/ngram.h>

typedef struct ink_ngram_table {
    size_t n, count;
    uint32_t *words;          /* [count][n] */
    uint64_t *counts;         /* while training: adjusted counts */
    double *p, *backoff;      /* log10; backoff NULL for the highest order */
    double discounts[3];
} ink_ngram_table;

struct ink_ngram {
    ink_words words;
    size_t order;
    bool trained;
    ink_ngram_table tables[INK_NGRAM_MOST]; /* of n at n - 1; that of 1 has a place for every word */
};

ink_status ink_ngram_new(ink_ngram **out, ink_err *err); /* with its three words of its own */
static inline const uint32_t *ink_ngram_at(const ink_ngram_table *t, size_t i) { return t->words + i * t->n; }
size_t ink_ngram_look(const ink_ngram_table *t, const uint32_t *words); /* its place, or t->count */
/* Sorts rows of n words, and keeps each once with how often it was there. The table's arrays are malloc'd. */
ink_status ink_ngram_table_make(const uint32_t **rows, size_t count, size_t n, ink_ngram_table *t, ink_err *err);
ink_status ink_ngram_count_text(ink_ngram *m, const char *path, ink_err *err); /* ngram_count.c: fills tables and counts */
ink_status ink_ngram_smooth(ink_ngram *m, bool fallback, const char *path, ink_err *err); /* ngram_smooth.c: p and backoff from counts */

/* The words of a line, one after the other: false at its end. */
bool ink_ngram_next(const char **at, const char *end, ink_text *word);

#endif
