/* ink/perplexity.h: how well a model foresees a text. The text's tokens are cut into chunks of one context each; in every
   chunk the second half is scored, each token given all before it in the chunk, by a log-softmax in double precision. */
#ifndef INK_PERPLEXITY_H
#define INK_PERPLEXITY_H

#include <ink/llm.h>

typedef struct ink_perplexity_options {
    size_t context;  /* tokens of a chunk: even, at least 4, at most the ink_llm's; 0: 512, or the ink_llm's when smaller */
    size_t chunks;   /* how many to score; 0: all that the text has */
    int32_t first;   /* stands in for each chunk's first id (the model's BOS); -1: nothing does */
    bool (*chunk)(void *user, size_t done, size_t total, double nll); /* after each; false stops. nll: the mean so far. May be NULL */
    void *user;
} ink_perplexity_options;

typedef struct ink_perplexity {
    double nll;         /* mean negative log-likelihood of a token, in nats */
    double perplexity;  /* exp(nll) */
    size_t tokens;      /* scored */
    size_t chunks;
} ink_perplexity;

/* A text shorter than one chunk is INK_E_ARGUMENT, and so are more chunks than it has. INK_E_STOPPED when chunk() stopped it. */
INK_API ink_status ink_perplexity_measure(ink_llm *llm, const int32_t *ids, size_t count, const ink_perplexity_options *options, ink_perplexity *out, ink_err *err);

/* The same refusals, for a program that wants them before it opens a model for nothing. */
INK_API ink_status ink_perplexity_fits(size_t count, size_t context, const ink_perplexity_options *options, ink_err *err);

#endif
