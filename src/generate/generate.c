/* The loop. The prompt is computed once; its last logits give the first token of every answer, which then go on side by
   side, one ragged batch a step. Choosing happens inside the engine's callback, while the logits are there. */
#include "base/clock.h"
#include "generate/contrast.h"
#include "generate/guess.h"
#include "generate/guide.h"
#include "generate/shift.h"

#include <assert.h>
#include <stdlib.h>

enum { GENERATE_PART = 512 }; /* ids of a prompt between two looks at stop() */

typedef struct generate_run {
    ink_answering answering;
    ink_llm *llm;
    const int32_t *source; /* what is read first, by a model that does; NULL: nothing */
    size_t source_count;
    ink_seq **seqs;     /* of each answer */
    bool owns_first;    /* the others are always ours to free */
    size_t *active;     /* answers that the step computes, by feed, with a guide two feeds for each; NULL while it is the prompt */
    ink_feed *feeds;
    ink_guide *guide;     /* NULL: choices are the model's own */
    ink_guesser *guesser; /* NULL: nothing is guessed */
    int32_t line[1 + INK_GUESSES]; /* the last token and what may follow it */
    bool astray;        /* a guess was wrong: what follows it in the step means nothing */
    ink_status status;  /* of choosing, inside the callback */
    ink_err *err;
} generate_run;

/* Row after row: the token that the model chooses, as long as it is the one that was guessed. */
static void generate_next(generate_run *r, size_t feed, size_t index, const float *logits)
{
    const ink_feed *f = &r->feeds[feed];
    const ink_growing *g = &r->answering.answers[r->active[feed]];
    r->astray = index && r->astray;
    if (r->status || r->astray)
        return;
    r->status = ink_answering_choose(&r->answering, r->active[feed], logits, r->err);
    r->astray = g->done || r->answering.stop || (index + 1 < f->count && g->all[g->all_count - 1] != f->ids[index + 1]);
}

static void generate_on_logits(void *user, size_t feed, size_t index, const float *logits)
{
    generate_run *r = user;
    if (r->active && r->guide && feed % 2 == 0) {
        ink_guide_note(r->guide, logits);
        return;
    }
    logits = r->guide ? ink_guide_mix(r->guide, logits) : logits;
    if (r->active) {
        generate_next(r, feed, index, logits);
        return;
    }
    for (size_t i = 0; i < r->answering.count && !r->status; i++) /* the prompt's: the first token of every answer */
        r->status = ink_answering_choose(&r->answering, i, logits, r->err);
}

static ink_status generate_read(generate_run *r, const int32_t *ids, size_t count)
{
    const ink_generate_options *o = r->answering.options;
    ink_generation *out = r->answering.out;
    ink_seq *seq = r->seqs[0];
    double begin = ink_clock_seconds();
    if (r->source)
        INK_TRY(ink_seq_read(seq, r->source, r->source_count, r->err));
    if (r->guide)
        INK_TRY(ink_guide_begin(r->guide, r->err));
    out->prompt_tokens = r->source_count;
    for (size_t at = ink_seq_length(seq), n; at < count && !ink_answering_asked(&r->answering); at += n) {
        n = count - at < GENERATE_PART ? count - at : GENERATE_PART;
        if (o->progress)
            o->progress(o->user, at, count);
        const ink_feed feed = { .seq = seq, .ids = ids + at, .count = n, .want = at + n == count ? INK_WANT_LAST : INK_WANT_NONE };
        INK_TRY(ink_llm_step(r->llm, &feed, 1, generate_on_logits, r, r->err));
        INK_TRY(r->status);
        out->prompt_tokens += n;
        if (o->progress)
            o->progress(o->user, at + n, count);
    }
    out->prompt_seconds = ink_clock_seconds() - begin;
    return INK_OK;
}

/* The prompt, or what stays of it. */
static ink_status generate_prompt(generate_run *r, const int32_t *ids, size_t count)
{
    const size_t context = ink_llm_context(r->llm);
    int32_t *kept;
    if (count <= context)
        return generate_read(r, ids, count);
    INK_TRY(ink_shift_keep(ids, &count, context, r->answering.options->sinks, &kept, r->err));
    ink_seq_keep(r->seqs[0], 0);
    ink_status status = generate_read(r, kept, count);
    free(kept);
    return status;
}

/* A sequence for each answer that goes on, sharing the prompt's keys and values. */
static ink_status generate_fork(generate_run *r)
{
    for (size_t i = 1; i < r->answering.count; i++) {
        if (r->answering.answers[i].done)
            continue;
        INK_TRY(ink_seq_fork(r->seqs[0], ink_seq_length(r->seqs[0]), &r->seqs[i], r->err));
        if (r->guide)
            INK_TRY(ink_guide_fork(r->guide, i, r->err));
    }
    return INK_OK;
}

/* What the next step computes: the last token of every answer that is not done, and what may follow it. */
static ink_status generate_gather(generate_run *r, size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < r->answering.count; i++) {
        ink_growing *a = &r->answering.answers[i];
        if (a->done)
            continue;
        if (r->answering.options->shift)
            INK_TRY(ink_shift_room(r->llm, r->seqs[i], a->all, a->all_count, r->answering.options->sinks, r->err));
        for (size_t guided = r->guide != NULL; guided < 2; guided--) { /* first the other beginning, whose logits are mixed in */
            r->feeds[*count] = (ink_feed){ .seq = guided ? ink_guide_seq(r->guide, i) : r->seqs[i], .ids = &a->all[a->all_count - 1], .count = 1, .want = INK_WANT_ALL };
            r->active[(*count)++] = i;
        }
    }
    if (!r->guesser || !*count)
        return INK_OK;
    const ink_growing *a = &r->answering.answers[0];
    size_t guesses;
    r->line[0] = a->all[a->all_count - 1];
    INK_TRY(ink_guesser_guess(r->guesser, a->all, a->all_count, r->answering.most - a->out->tokens.count - 1, r->line + 1, &guesses, r->err));
    r->feeds[0].ids = r->line;
    r->feeds[0].count += guesses;
    r->answering.out->guessed += guesses;
    return INK_OK;
}

/* One step; the keys and values of wrong guesses are forgotten. */
static ink_status generate_step(generate_run *r, size_t count)
{
    ink_generation *out = r->answering.out;
    const ink_growing *first = &r->answering.answers[0];
    const size_t before = first->all_count;
    const double began = ink_clock_seconds();
    INK_TRY(ink_llm_step(r->llm, r->feeds, count, generate_on_logits, r, r->err));
    INK_TRY(r->status);
    if (!r->guesser) {
        out->steps_tokens += r->guide ? count / 2 : count;
        return INK_OK;
    }
    const size_t more = first->all_count - before;
    ink_guesser_learn(r->guesser, more - 1, ink_clock_seconds() - began);
    ink_seq_keep(r->seqs[0], first->all_count - 1);
    out->steps_tokens += more;
    out->accepted += more - 1;
    return INK_OK;
}

static ink_status generate_steps(generate_run *r, size_t *active)
{
    double begin = ink_clock_seconds();
    r->active = active;
    while (!ink_answering_asked(&r->answering)) {
        size_t count;
        INK_TRY(generate_gather(r, &count));
        if (!count)
            break;
        INK_TRY(generate_step(r, count));
    }
    r->answering.out->steps_seconds = ink_clock_seconds() - begin;
    return INK_OK;
}

static ink_status generate_room(generate_run *r, ink_seq *seq)
{
    size_t n = r->answering.count;
    r->feeds = calloc(2 * n, sizeof *r->feeds);
    r->seqs = calloc(n, sizeof *r->seqs);
    if (!r->feeds || !r->seqs)
        return ink_fail(r->err, INK_E_MEMORY, "no memory for %zu answers", n);
    r->seqs[0] = seq;
    r->owns_first = !seq;
    return seq ? INK_OK : ink_seq_new(r->llm, &r->seqs[0], r->err);
}

static ink_status generate_run_all(generate_run *r, ink_seq *seq, const int32_t *ids, size_t count, const ink_generate_options *options, ink_generation *out)
{
    ink_answering *a = &r->answering;
    INK_TRY(ink_answering_begin(a, r->llm, ids, count, options, out, r->err));
    INK_TRY(ink_answering_sampler(a, r->err));
    INK_TRY(ink_guesser_new(a, r->llm, &r->guesser, r->err));
    INK_TRY(ink_guide_new(a, r->llm, ids, count, &r->guide, r->err));
    INK_TRY(generate_room(r, seq));
    size_t *active = calloc(2 * a->count, sizeof *active);
    if (!active)
        return ink_fail(r->err, INK_E_MEMORY, "no memory for %zu answers", a->count);
    ink_status status = generate_prompt(r, ids, count);
    if (!status && !a->stop)
        status = generate_fork(r);
    if (!status && !a->stop)
        status = generate_steps(r, active);
    free(active);
    if (!status)
        ink_answering_end(a);
    return status;
}

ink_status ink_generate(ink_llm *llm, ink_seq *seq, const int32_t *ids, size_t count, const ink_generate_options *options, ink_generation *out, ink_err *err)
{
    assert(!seq || ink_seq_length(seq) < count);
    generate_run r = { .llm = llm, .err = err };
    if (ink_llm_reads(llm) && ((options->guidance != 0 && options->guidance != 1) || options->contrast > 0 || options->shift))
        return ink_fail(err, INK_E_UNSUPPORTED, "a model that reads one text and writes another takes no guidance, contrastive search or shifting context");
    if (options->contrast > 0)
        return ink_contrast(llm, ids, count, options, out, err);
    const int32_t start = ink_llm_start(llm);
    if (ink_llm_reads(llm)) {
        r.source = ids;
        r.source_count = count;
        ids = &start;
        count = 1;
    }
    ink_status status = generate_run_all(&r, seq, ids, count, options, out);
    for (size_t i = r.owns_first ? 0 : 1; r.seqs && i < r.answering.count; i++)
        ink_seq_free(r.seqs[i]);
    ink_guesser_free(r.guesser);
    ink_guide_free(r.guide);
    free(r.seqs);
    free(r.feeds);
    ink_answering_release(&r.answering);
    if (status)
        ink_generation_clear(out);
    return status;
}

void ink_generation_clear(ink_generation *g)
{
    for (size_t i = 0; i < g->count; i++) {
        ink_ids_clear(&g->answers[i].tokens);
        free(g->answers[i].text);
        free(g->answers[i].logprobs);
    }
    free(g->answers);
    *g = (ink_generation){ 0 };
}
