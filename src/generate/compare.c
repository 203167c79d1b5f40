/* Two models over the same chunks, a few rows of logits at a time. */
#include "base/clock.h"
#include "generate/logprobs.h"

#include <ink/compare.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COMPARE_CONTEXT = 512, COMPARE_LEAST = 4, COMPARE_ROWS = 32 }; /* rows of logits that are kept */

typedef struct comparing {
    ink_llm *llm[2];
    ink_seq *seq[2];
    ink_kernels kernels;
    size_t vocab, context;
    float *rows;            /* of the first model: [COMPARE_ROWS][vocab] */
    const int32_t *targets; /* what each row should have foreseen */
    double kl, kl_most, nll[2], same, seconds[2];
    int64_t aside;          /* ns spent in looking at logits, not in making them */
    size_t fed;
} comparing;

static void compare_keep(void *user, size_t feed, size_t index, const float *logits)
{
    comparing *c = user;
    const int64_t began = ink_clock_ns();
    (void)feed;
    memcpy(c->rows + index * c->vocab, logits, c->vocab * sizeof *logits);
    c->nll[0] += ink_log_sum_exp(&c->kernels, logits, c->vocab) - (double)logits[c->targets[index]];
    c->aside += ink_clock_ns() - began;
}

static void compare_row(void *user, size_t feed, size_t index, const float *q)
{
    comparing *c = user;
    const float *p = c->rows + index * c->vocab;
    const int64_t began = ink_clock_ns();
    const double p_all = ink_log_sum_exp(&c->kernels, p, c->vocab), q_all = ink_log_sum_exp(&c->kernels, q, c->vocab);
    double kl = 0;
    (void)feed;
    for (size_t i = 0; i < c->vocab; i++) {
        const double log_p = (double)p[i] - p_all;
        kl += exp(log_p) * (log_p - ((double)q[i] - q_all));
    }
    c->kl += kl;
    c->kl_most = kl > c->kl_most ? kl : c->kl_most;
    c->same += c->kernels.argmax(c->vocab, p) == c->kernels.argmax(c->vocab, q);
    c->nll[1] += q_all - (double)q[c->targets[index]];
    c->aside += ink_clock_ns() - began;
}

static ink_status compare_step(comparing *c, size_t which, const ink_feed *feed, ink_on_logits *on, ink_err *err)
{
    ink_feed mine = *feed;
    mine.seq = c->seq[which];
    c->aside = 0;
    const int64_t began = ink_clock_ns();
    INK_TRY(ink_llm_step(c->llm[which], &mine, 1, on, c, err));
    c->seconds[which] += 1e-9 * (double)(ink_clock_ns() - began - c->aside);
    return INK_OK;
}

/* The first half is read; rows context/2 - 1 … context - 2 foresee the second. */
static ink_status compare_chunk(comparing *c, const int32_t *ids, int32_t first, ink_err *err)
{
    const size_t unscored = c->context / 2 - 1;
    for (size_t m = 0; m < 2; m++) {
        ink_seq_keep(c->seq[m], 0);
        INK_TRY(compare_step(c, m, &(ink_feed){ .ids = first < 0 ? ids : &first, .count = 1 }, NULL, err));
        if (unscored > 1)
            INK_TRY(compare_step(c, m, &(ink_feed){ .ids = ids + 1, .count = unscored - 1 }, NULL, err));
    }
    for (size_t at = unscored, n; at + 1 < c->context; at += n) {
        n = c->context - 1 - at < COMPARE_ROWS ? c->context - 1 - at : COMPARE_ROWS;
        const ink_feed feed = { .ids = ids + at, .count = n, .want = INK_WANT_ALL };
        c->targets = ids + at + 1;
        INK_TRY(compare_step(c, 0, &feed, compare_keep, err));
        INK_TRY(compare_step(c, 1, &feed, compare_row, err));
    }
    c->fed += c->context - 1;
    return INK_OK;
}

static ink_status compare_walk(comparing *c, const int32_t *ids, const ink_compare_options *o, ink_comparison *out, ink_err *err)
{
    const size_t total = out->chunks;
    for (out->chunks = 0; out->chunks < total;) {
        INK_TRY(compare_chunk(c, ids + out->chunks * c->context, o->first, err));
        out->tokens = ++out->chunks * (c->context - c->context / 2);
        if (o->chunk && !o->chunk(o->user, out->chunks, total, c->kl / (double)out->tokens) && out->chunks < total)
            return ink_fail(err, INK_E_STOPPED, "stopped after %zu of %zu chunks, at a divergence of %.5f", out->chunks, total, c->kl / (double)out->tokens);
    }
    const double n = (double)out->tokens;
    out->kl = c->kl / n;
    out->kl_most = c->kl_most;
    out->same = c->same / n;
    for (size_t m = 0; m < 2; m++) {
        out->nll[m] = c->nll[m] / n;
        out->tokens_per_second[m] = (double)c->fed / (c->seconds[m] + 1e-9);
    }
    return INK_OK;
}

static ink_status compare_check(comparing *c, size_t count, const ink_compare_options *o, ink_comparison *out, ink_err *err)
{
    const size_t vocab[2] = { ink_model_describe(ink_llm_model(c->llm[0]))->vocab, ink_model_describe(ink_llm_model(c->llm[1]))->vocab };
    size_t most = ink_llm_context(c->llm[0]);
    most = ink_llm_context(c->llm[1]) < most ? ink_llm_context(c->llm[1]) : most;
    c->vocab = vocab[0];
    c->context = o->context ? o->context : most < COMPARE_CONTEXT ? most & ~(size_t)1 : COMPARE_CONTEXT;
    if (vocab[0] != vocab[1])
        return ink_fail(err, INK_E_ARGUMENT, "one model has %zu tokens and the other %zu: their distributions cannot be compared", vocab[0], vocab[1]);
    if (c->context < COMPARE_LEAST || c->context % 2 || c->context > most)
        return ink_fail(err, INK_E_ARGUMENT, "a chunk of %zu tokens: it has an even number from %d to %zu", c->context, COMPARE_LEAST, most);
    if (count < c->context || o->chunks > count / c->context)
        return ink_fail(err, INK_E_ARGUMENT, "the text has %zu chunks of %zu tokens, not %zu", count / c->context, c->context, o->chunks ? o->chunks : 1);
    out->chunks = o->chunks ? o->chunks : count / c->context;
    return INK_OK;
}

ink_status ink_compare(ink_llm *first, ink_llm *second, const int32_t *ids, size_t count, const ink_compare_options *options, ink_comparison *out, ink_err *err)
{
    comparing c = { .llm = { first, second } };
    *out = (ink_comparison){ 0 };
    INK_TRY(compare_check(&c, count, options, out, err));
    INK_TRY(ink_kernels_init(&c.kernels, err));
    c.rows = malloc(COMPARE_ROWS * c.vocab * sizeof *c.rows);
    ink_status status = c.rows ? INK_OK : ink_fail(err, INK_E_MEMORY, "no memory for %d rows of %zu logits", COMPARE_ROWS, c.vocab);
    for (size_t m = 0; m < 2 && status == INK_OK; m++)
        status = ink_seq_new(c.llm[m], &c.seq[m], err);
    if (status == INK_OK)
        status = compare_walk(&c, ids, options, out, err);
    ink_seq_free(c.seq[0]);
    ink_seq_free(c.seq[1]);
    free(c.rows);
    return status;
}
