#include "generate/logprobs.h"

#include <ink/perplexity.h>
#include <math.h>

enum { PERPLEXITY_CONTEXT = 512, PERPLEXITY_LEAST = 4 };

typedef struct perplexity_run {
    ink_kernels kernels;
    size_t vocab;
    const int32_t *targets; /* what each scored row should have foreseen */
    double sum;
} perplexity_run;

static void perplexity_on_logits(void *user, size_t feed, size_t index, const float *logits)
{
    perplexity_run *r = user;
    (void)feed;
    r->sum += ink_log_sum_exp(&r->kernels, logits, r->vocab) - (double)logits[r->targets[index]];
}

/* Rows context/2 - 1 … context - 2 foresee tokens context/2 … context - 1. */
static ink_status perplexity_chunk(perplexity_run *r, ink_llm *llm, ink_seq *seq, const int32_t *ids, size_t context, int32_t first, ink_err *err)
{
    size_t unscored = context / 2 - 1;
    ink_seq_keep(seq, 0);
    const ink_feed head = { .seq = seq, .ids = first < 0 ? ids : &first, .count = 1 }, body = { .seq = seq, .ids = ids + 1, .count = unscored - 1 };
    INK_TRY(ink_llm_step(llm, &head, 1, NULL, NULL, err));
    if (body.count)
        INK_TRY(ink_llm_step(llm, &body, 1, NULL, NULL, err));
    r->targets = ids + unscored + 1;
    const ink_feed tail = { .seq = seq, .ids = ids + unscored, .count = context - 1 - unscored, .want = INK_WANT_ALL };
    return ink_llm_step(llm, &tail, 1, perplexity_on_logits, r, err);
}

static ink_status perplexity_walk(perplexity_run *r, ink_llm *llm, ink_seq *seq, const int32_t *ids, const ink_perplexity_options *o, ink_perplexity *out,
                                  ink_err *err)
{
    size_t total = out->chunks, context = o->context;
    for (out->chunks = 0; out->chunks < total;) {
        INK_TRY(perplexity_chunk(r, llm, seq, ids + out->chunks * context, context, o->first, err));
        out->tokens = ++out->chunks * (context - context / 2);
        out->nll = r->sum / (double)out->tokens;
        if (o->chunk && !o->chunk(o->user, out->chunks, total, out->nll) && out->chunks < total)
            return ink_fail(err, INK_E_STOPPED, "stopped after %zu of %zu chunks, at a perplexity of %.4f", out->chunks, total, exp(out->nll));
    }
    out->perplexity = exp(out->nll);
    return INK_OK;
}

/* 0 stands for 512 tokens a chunk, or fewer in a smaller context. */
static size_t perplexity_context(size_t asked, size_t limit)
{
    return asked ? asked : limit < PERPLEXITY_CONTEXT ? limit & ~(size_t)1 : PERPLEXITY_CONTEXT;
}

ink_status ink_perplexity_fits(size_t count, size_t limit, const ink_perplexity_options *o, ink_err *err)
{
    size_t context = perplexity_context(o->context, limit);
    if (context < PERPLEXITY_LEAST || context % 2)
        return ink_fail(err, INK_E_ARGUMENT, "a chunk of %zu tokens cannot be halved and scored; it has an even number of at least %d", context, PERPLEXITY_LEAST);
    if (context > limit)
        return ink_fail(err, INK_E_LIMIT, "a chunk of %zu tokens does not fit a context of %zu", context, limit);
    if (count < context)
        return ink_fail(err, INK_E_ARGUMENT, "the text has %zu tokens, and one chunk takes %zu", count, context);
    if (o->chunks > count / context)
        return ink_fail(err, INK_E_ARGUMENT, "the text has %zu chunks of %zu tokens, not %zu", count / context, context, o->chunks);
    return INK_OK;
}

ink_status ink_perplexity_measure(ink_llm *llm, const int32_t *ids, size_t count, const ink_perplexity_options *options, ink_perplexity *out, ink_err *err)
{
    perplexity_run r = { .vocab = ink_model_describe(ink_llm_model(llm))->vocab };
    ink_perplexity_options o = *options;
    ink_seq *seq;
    INK_TRY(ink_perplexity_fits(count, ink_llm_context(llm), options, err));
    o.context = perplexity_context(o.context, ink_llm_context(llm));
    *out = (ink_perplexity){ .chunks = o.chunks ? o.chunks : count / o.context };
    INK_TRY(ink_kernels_init(&r.kernels, err));
    INK_TRY(ink_seq_new(llm, &seq, err));
    ink_status status = perplexity_walk(&r, llm, seq, ids, &o, out, err);
    ink_seq_free(seq);
    return status;
}
