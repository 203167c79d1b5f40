/* ink/ngram.h: n-gram language models over words between blanks, a sentence a line. Modified Kneser–Ney smoothing (Chen and Goodman
   1998, section 3; interpolated, its discounts estimated for each order), read from and written to ARPA files. A model does not
   change after it is made: any number of threads may ask it. Probabilities are logarithms to base 10, as in the files. */
#ifndef INK_NGRAM_H
#define INK_NGRAM_H

#include <ink/tokenizer.h>

typedef struct ink_ngram ink_ngram;

enum { INK_NGRAM_MOST = 16, INK_NGRAM_UNKNOWN = 0, INK_NGRAM_BEGIN = 1, INK_NGRAM_END = 2 }; /* the highest order; <unk>, <s>, </s> */

typedef struct ink_ngram_options {
    size_t order;     /* from 1 to INK_NGRAM_MOST */
    bool fallback;    /* discounts of 0.5, 1 and 1.5 for an order whose counts are too few to tell; else that is INK_E_FORMAT */
} ink_ngram_options;

/* Counts a text and smooths; <s>, </s> and <unk> written in it are left out like blanks. Memory: some 12 bytes for each word of an n-gram. */
INK_API ink_status ink_ngram_train(const char *path, const ink_ngram_options *o, ink_ngram **out, ink_err *err);
INK_API bool ink_ngram_probe(const char *path);                                         /* whether a file begins as ARPA does */
INK_API ink_status ink_ngram_open(const char *path, ink_ngram **out, ink_err *err);     /* ARPA; INK_E_FORMAT names the line */
INK_API ink_status ink_ngram_save(const ink_ngram *m, const char *path, ink_err *err);  /* ARPA */
INK_API void ink_ngram_close(ink_ngram *m);                                             /* NULL is fine */

INK_API size_t ink_ngram_order(const ink_ngram *m);
INK_API size_t ink_ngram_count(const ink_ngram *m, size_t n);                           /* n-grams of n words; 1: the vocabulary */
INK_API const double *ink_ngram_discounts(const ink_ngram *m, size_t n);                /* three, of counts 1, 2 and more; NULL when it was read */
INK_API uint32_t ink_ngram_find(const ink_ngram *m, const char *word, size_t n);        /* INK_NGRAM_UNKNOWN when it is not known */
INK_API ink_text ink_ngram_word(const ink_ngram *m, uint32_t word);

/* Of a word after others (the last order - 1 of which count); *matched: words of the longest n-gram that was found. matched may be NULL. */
INK_API double ink_ngram_score(const ink_ngram *m, const uint32_t *before, size_t count, uint32_t word, size_t *matched);
/* A word drawn by a number in [0, 1). */
INK_API uint32_t ink_ngram_draw(const ink_ngram *m, const uint32_t *before, size_t count, double uniform);

typedef struct ink_ngram_measure {
    double log10;               /* of all words and sentence ends */
    double log10_unknown;       /* the part of it that unknown words have */
    size_t words, unknown, sentences;
    double perplexity;          /* 10^(-log10 / (words + sentences)) */
    double perplexity_known;    /* without unknown words */
} ink_ngram_measure;
typedef void ink_ngram_each(void *user, ink_text word, uint32_t id, size_t matched, double log10); /* the end of a sentence is "</s>" */
INK_API ink_status ink_ngram_score_file(const ink_ngram *m, const char *path, ink_ngram_each *each, void *user, ink_ngram_measure *out, ink_err *err);

#endif
