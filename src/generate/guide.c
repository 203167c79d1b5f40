#include "generate/guide.h"

#include "generate/logprobs.h"

#include <stdlib.h>
#include <string.h>

struct ink_guide {
    ink_llm *llm;
    const ink_kernels *kernels;
    double scale;
    const int32_t *ids;
    size_t count, vocab, answers;
    ink_seq **seqs;       /* [answer] */
    float *other, *mixed; /* [vocab] log-probabilities of the other beginning; what is chosen from */
};

static ink_status guide_fill(ink_guide *g, const ink_answering *a, ink_err *err)
{
    const size_t context = ink_llm_context(g->llm);
    if (g->count > context || a->most > context - g->count)
        return ink_fail(err, INK_E_LIMIT, "a negative prompt of %zu tokens and %zu new ones do not fit a context of %zu", g->count, a->most, context);
    g->seqs = calloc(g->answers, sizeof *g->seqs);
    g->other = calloc(g->vocab, sizeof *g->other);
    g->mixed = calloc(g->vocab, sizeof *g->mixed);
    return g->seqs && g->other && g->mixed ? ink_seq_new(g->llm, &g->seqs[0], err) : ink_fail(err, INK_E_MEMORY, "no memory for guidance over %zu tokens", g->vocab);
}

ink_status ink_guide_new(const ink_answering *a, ink_llm *llm, const int32_t *prompt, size_t count, ink_guide **out, ink_err *err)
{
    const ink_generate_options *o = a->options;
    *out = NULL;
    if (o->guidance == 0 || o->guidance == 1)
        return o->negative_count && o->guidance == 0 ? ink_fail(err, INK_E_ARGUMENT, "a negative prompt drives nothing away without guidance") : INK_OK;
    if (o->lookup || o->draft)
        return ink_fail(err, INK_E_ARGUMENT, "guidance chooses from two beginnings at once, and the next tokens are not guessed for both");
    ink_guide *g = calloc(1, sizeof *g);
    if (!g)
        return ink_fail(err, INK_E_MEMORY, "no memory for guidance");
    *g = (ink_guide){ .llm = llm, .kernels = &a->kernels, .scale = o->guidance, .ids = o->negative_count ? o->negative : prompt + count - 1,
                      .count = o->negative_count ? o->negative_count : 1, .vocab = a->vocab, .answers = a->count };
    ink_status status = guide_fill(g, a, err);
    if (status)
        ink_guide_free(g);
    else
        *out = g;
    return status;
}

void ink_guide_free(ink_guide *g)
{
    if (!g)
        return;
    for (size_t i = 0; g->seqs && i < g->answers; i++)
        ink_seq_free(g->seqs[i]);
    free(g->seqs);
    free(g->other);
    free(g->mixed);
    free(g);
}

static void guide_on_logits(void *user, size_t feed, size_t index, const float *logits)
{
    (void)feed;
    (void)index;
    ink_guide_note(user, logits);
}

ink_status ink_guide_begin(ink_guide *g, ink_err *err)
{
    return ink_llm_step(g->llm, &(ink_feed){ .seq = g->seqs[0], .ids = g->ids, .count = g->count, .want = INK_WANT_LAST }, 1, guide_on_logits, g, err);
}

ink_status ink_guide_fork(ink_guide *g, size_t answer, ink_err *err) { return ink_seq_fork(g->seqs[0], g->count, &g->seqs[answer], err); }
ink_seq *ink_guide_seq(const ink_guide *g, size_t answer) { return g->seqs[answer]; }

void ink_guide_note(ink_guide *g, const float *logits)
{
    const double all = ink_log_sum_exp(g->kernels, logits, g->vocab);
    for (size_t i = 0; i < g->vocab; i++)
        g->other[i] = (float)((double)logits[i] - all);
}

const float *ink_guide_mix(ink_guide *g, const float *logits)
{
    const double all = ink_log_sum_exp(g->kernels, logits, g->vocab);
    for (size_t i = 0; i < g->vocab; i++)
        g->mixed[i] = (float)((double)g->other[i] + g->scale * ((double)logits[i] - all - (double)g->other[i]));
    return g->mixed;
}
