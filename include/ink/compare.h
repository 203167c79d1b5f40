/* ink/compare.h: two models side by side over one text: how far the second's distribution over the next token is from the first's, how
   often both would choose the same token, how well each foresees the text, and how fast each is. */
#ifndef INK_COMPARE_H
#define INK_COMPARE_H

#include <ink/llm.h>

typedef struct ink_compare_options {
    size_t context;  /* tokens of a chunk, even, at most what both take; the second half is compared; 0: 512, or less */
    size_t chunks;   /* 0: all that the text has */
    int32_t first;   /* stands in for each chunk's first id (BOS); -1: nothing does */
    bool (*chunk)(void *user, size_t done, size_t total, double kl); /* after each; false stops with INK_E_STOPPED. May be NULL */
    void *user;
} ink_compare_options;

typedef struct ink_comparison {
    size_t chunks, tokens;     /* compared */
    double kl, kl_most;        /* sum of p log(p / q) in nats, p the first's: mean, and of the worst token */
    double same;               /* of the tokens, the part for which both have the same likeliest one */
    double nll[2];             /* mean negative log-likelihood of the text, in nats; perplexity is its exponential */
    double tokens_per_second[2]; /* of these prompts */
} ink_comparison;

/* Vocabularies of different sizes are INK_E_ARGUMENT. */
INK_API ink_status ink_compare(ink_llm *first, ink_llm *second, const int32_t *ids, size_t count, const ink_compare_options *options, ink_comparison *out, ink_err *err);

#endif
