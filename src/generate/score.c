/* Continuations scored: the prompt's keys and values are computed once, each continuation goes on from a copy. */
#include "base/buf.h"
#include "generate/logprobs.h"

#include <ink/generate.h>
#include <ink/score.h>
#include <string.h>

typedef struct score_run {
    ink_llm *llm;
    const ink_tokenizer *tokenizer;
    ink_kernels kernels;
    size_t vocab;
    ink_ids prompt;
    ink_seq *seq;         /* the prompt but for its last id */
    const int32_t *wanted; /* ids whose probability the rows tell, in order */
    ink_score *score;
    ink_err *err;
} score_run;

static void score_on_logits(void *user, size_t feed, size_t index, const float *logits)
{
    score_run *r = user;
    (void)feed;
    r->score->logprob += (double)logits[r->wanted[index]] - ink_log_sum_exp(&r->kernels, logits, r->vocab);
    r->score->greedy = r->score->greedy && (int32_t)r->kernels.argmax(r->vocab, logits) == r->wanted[index];
}

/* Ids [shared - 1, count) go on from the sequence; each row foresees the id after it. */
static ink_status score_ids(score_run *r, const ink_ids *all, size_t shared)
{
    ink_seq *seq;
    const size_t n = all->count - shared, kept = shared - 1 < ink_seq_length(r->seq) ? shared - 1 : ink_seq_length(r->seq);
    *r->score = (ink_score){ .tokens = n, .greedy = true };
    INK_TRY(ink_seq_fork(r->seq, kept, &seq, r->err));
    r->wanted = all->at + shared;
    const ink_feed before = { .seq = seq, .ids = all->at + kept, .count = shared - 1 - kept, .want = INK_WANT_NONE };
    const ink_feed feed = { .seq = seq, .ids = all->at + shared - 1, .count = n, .want = INK_WANT_ALL };
    ink_status status = before.count ? ink_llm_step(r->llm, &before, 1, score_on_logits, r, r->err) : INK_OK;
    if (!status)
        status = ink_llm_step(r->llm, &feed, 1, score_on_logits, r, r->err);
    ink_seq_free(seq);
    return status;
}

static ink_status score_text(score_run *r, const char *prompt, const char *continuation, ink_ids *all)
{
    ink_buf text;
    ink_buf_init(&text, 0);
    ink_buf_text(&text, prompt);
    ink_buf_text(&text, continuation);
    ink_status status = ink_buf_check(&text, "the text", r->err);
    if (!status)
        status = ink_prompt_ids(r->tokenizer, text.data ? text.data : "", text.len, all, r->err);
    ink_buf_clear(&text);
    return status;
}

/* Where the prompt was read, the continuation stands alone behind the token that answers begin with. */
static ink_status score_answer(score_run *r, const char *continuation, ink_ids *all)
{
    INK_TRY(ink_ids_add(all, ink_llm_start(r->llm), r->err));
    return ink_tokenize(r->tokenizer, continuation, strlen(continuation), INK_TOKENIZE_SPECIAL, all, r->err);
}

static ink_status score_one(score_run *r, const char *prompt, const char *continuation)
{
    ink_ids all = { 0 };
    size_t shared = 0;
    ink_status status = ink_llm_reads(r->llm) ? score_answer(r, continuation, &all) : score_text(r, prompt, continuation, &all);
    while (shared < all.count && shared < r->prompt.count && all.at[shared] == r->prompt.at[shared])
        shared++;
    if (!status && (!shared || shared == all.count))
        status = ink_fail(r->err, INK_E_ARGUMENT, shared ? "an empty continuation has nothing to score" : "there is nothing before the continuation: give a prompt");
    if (!status && all.count > ink_llm_context(r->llm))
        status = ink_fail(r->err, INK_E_LIMIT, "%zu tokens do not fit a context of %zu", all.count, ink_llm_context(r->llm));
    if (!status)
        status = score_ids(r, &all, shared);
    ink_ids_clear(&all);
    return status;
}

/* The prompt is read, and what goes on is the token that answers begin with. */
static ink_status score_read(score_run *r)
{
    INK_TRY(ink_seq_read(r->seq, r->prompt.at, r->prompt.count, r->err));
    r->prompt.count = 0;
    return ink_ids_add(&r->prompt, ink_llm_start(r->llm), r->err);
}

static ink_status score_all(score_run *r, const char *prompt, const char *const *continuations, size_t count, ink_score *scores)
{
    INK_TRY(ink_kernels_init(&r->kernels, r->err));
    INK_TRY(ink_model_tokenizer(ink_llm_model(r->llm), &r->tokenizer, r->err));
    INK_TRY(ink_model_prompt_ids(ink_llm_model(r->llm), prompt, strlen(prompt), &r->prompt, r->err));
    INK_TRY(ink_seq_new(r->llm, &r->seq, r->err));
    if (ink_llm_reads(r->llm))
        INK_TRY(score_read(r));
    if (r->prompt.count > ink_llm_context(r->llm))
        return ink_fail(r->err, INK_E_LIMIT, "a prompt of %zu tokens does not fit a context of %zu", r->prompt.count, ink_llm_context(r->llm));
    if (r->prompt.count > 1)
        INK_TRY(ink_llm_step(r->llm, &(ink_feed){ .seq = r->seq, .ids = r->prompt.at, .count = r->prompt.count - 1 }, 1, score_on_logits, r, r->err));
    for (size_t i = 0; i < count; i++) {
        r->score = &scores[i];
        INK_TRY(score_one(r, prompt, continuations[i]));
    }
    return INK_OK;
}

ink_status ink_score_continuations(ink_llm *llm, const char *prompt, const char *const *continuations, size_t count, ink_score *scores, ink_err *err)
{
    score_run r = { .llm = llm, .vocab = ink_model_describe(ink_llm_model(llm))->vocab, .err = err };
    ink_status status = score_all(&r, prompt, continuations, count, scores);
    ink_seq_free(r.seq);
    ink_ids_clear(&r.prompt);
    return status;
}
