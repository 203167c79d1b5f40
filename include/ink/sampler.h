/* ink/sampler.h: how the next token is chosen from logits. Samplers are a list (src/generate/samplers.def); each narrows or
   reweighs the candidates, in an order that a setting gives, and a number that depends on seed, stream and position alone
   draws from what is left. So an answer depends on model, input and settings, and on nothing that ran beside it.
   Settings are reached through their table, by name: `ink_param_set(ink_sampling_params, "top_k", "20", …)`. */
#ifndef INK_SAMPLER_H
#define INK_SAMPLER_H

#include <ink/param.h>

enum { INK_SAMPLING_MOST = 16, INK_SAMPLING_SLOTS = 8 }; /* samplers; eight-byte slots for the settings of each */

typedef struct ink_sampling {
    const char *order;  /* names parted by ; (NULL: the order of the list). What it leaves out does nothing */
    int64_t seed;       /* -1: a random one, which ink_sampler_seed tells */
    union {
        double real;
        int64_t integer;
        const void *pointer;
    } settings[INK_SAMPLING_MOST][INK_SAMPLING_SLOTS]; /* private */
} ink_sampling;

/* The table of all samplers: embed it in a table of your own, or use it alone. Ends in { 0 }, as every table does. */
INK_API extern const ink_param ink_sampling_params[];

typedef struct ink_sampler ink_sampler;

/* Settings are copied; texts in them are borrowed. An unknown sampler or an impossible bias is INK_E_ARGUMENT. One thread at a time. */
INK_API ink_status ink_sampler_new(const ink_sampling *sampling, size_t vocab, ink_sampler **out, ink_err *err);
INK_API void ink_sampler_free(ink_sampler *s); /* NULL is fine */
INK_API uint64_t ink_sampler_seed(const ink_sampler *s);

/* The next token. logits: one for each token of the vocabulary. history: all tokens so far, the prompt's among them; its
   length is the position that the draw is a function of. stream: tells answers with the same seed apart.
   INK_E_FORMAT when no logit is a number, INK_E_ARGUMENT when the settings rule out every token. */
INK_API ink_status ink_sampler_choose(ink_sampler *s, const float *logits, const int32_t *history, size_t count, uint64_t stream, int32_t *id, ink_err *err);

#endif
