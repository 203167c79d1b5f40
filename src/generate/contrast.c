#include "generate/contrast.h"

#include "base/clock.h"
#include "generate/llm.h"
#include "generate/logprobs.h"
#include "generate/rank.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CONTRAST_PART = 512 }; /* ids of a prompt between two looks at stop() */

typedef struct contrast_next { /* a candidate */
    int32_t id;
    double p;
    ink_seq *seq;  /* with it at its end */
    float *logits; /* [vocab] after it */
    float *row;    /* [width] its state, of length 1 */
} contrast_next;

typedef struct contrast {
    ink_answering answering;
    ink_llm *llm;
    ink_seq *seq;
    bool owned;           /* seq is ours to free */
    size_t width, vocab, most; /* most: candidates of a step */
    float *rows;          /* [count][width] states of the text, of length 1 */
    size_t count;
    float *logits;        /* [vocab] after the text */
    contrast_next *next;  /* [most] */
    size_t next_count;
    ink_feed *feeds;
    uint64_t *heap;
    ink_err *err;
} contrast;

static void contrast_row(const contrast *c, float *to)
{
    const float *x = c->llm->state;
    const double size = sqrt((double)c->answering.kernels.squares(c->width, x));
    for (size_t i = 0; i < c->width; i++)
        to[i] = size > 0 ? (float)((double)x[i] / size) : 0;
}

static void contrast_on_prompt(void *user, size_t feed, size_t index, const float *logits)
{
    contrast *c = user;
    (void)feed;
    (void)index;
    contrast_row(c, c->rows + c->count++ * c->width);
    memcpy(c->logits, logits, c->vocab * sizeof *logits);
}

static void contrast_on_candidate(void *user, size_t feed, size_t index, const float *logits)
{
    contrast *c = user;
    (void)index;
    contrast_row(c, c->next[feed].row);
    memcpy(c->next[feed].logits, logits, c->vocab * sizeof *logits);
}

/* The likeliest of what may come; what may not is no candidate. */
static ink_status contrast_candidates(contrast *c)
{
    const float *allowed;
    INK_TRY(ink_answering_allowed(&c->answering, 0, c->logits, &allowed, c->err));
    const double all = ink_log_sum_exp(&c->answering.kernels, allowed, c->vocab);
    ink_rank(&c->answering.kernels, allowed, c->vocab, c->most, c->heap);
    c->next_count = 0;
    for (size_t i = 0; i < c->most; i++) {
        const int32_t id = (int32_t)ink_rank_at(c->heap[i]);
        const double p = exp((double)allowed[id] - all);
        if (p > 0) {
            contrast_next *to = &c->next[c->next_count++];
            to->id = id;
            to->p = p;
            to->seq = NULL;
        }
    }
    return c->next_count ? INK_OK : ink_fail(c->err, INK_E_FORMAT, "no token can come next: the model's numbers are not finite");
}

static double contrast_likeness(const contrast *c, const float *row)
{
    double most = -1;
    for (size_t i = 0; i < c->count; i++) {
        const double like = (double)c->answering.kernels.dot(c->width, c->rows + i * c->width, row);
        most = like > most ? like : most;
    }
    return most;
}

static size_t contrast_best(const contrast *c)
{
    const double alpha = c->answering.options->contrast;
    size_t best = 0;
    double highest = -(double)INFINITY;
    for (size_t i = 0; i < c->next_count; i++) {
        const double score = (1 - alpha) * c->next[i].p - alpha * contrast_likeness(c, c->next[i].row);
        best = score > highest ? i : best;
        highest = score > highest ? score : highest;
    }
    return best;
}

/* Every candidate goes on with the text's keys and values; the best one's become the text's. */
static ink_status contrast_step(contrast *c)
{
    INK_TRY(contrast_candidates(c));
    for (size_t i = 0; i < c->next_count; i++) {
        INK_TRY(ink_seq_fork(c->seq, ink_seq_length(c->seq), &c->next[i].seq, c->err));
        c->feeds[i] = (ink_feed){ .seq = c->next[i].seq, .ids = &c->next[i].id, .count = 1, .want = INK_WANT_LAST };
    }
    INK_TRY(ink_llm_step(c->llm, c->feeds, c->next_count, contrast_on_candidate, c, c->err));
    contrast_next *best = &c->next[contrast_best(c)];
    memcpy(c->rows + c->count++ * c->width, best->row, c->width * sizeof *best->row);
    INK_TRY(ink_answering_take(&c->answering, 0, best->id, c->logits, c->err));
    memcpy(c->logits, best->logits, c->vocab * sizeof *best->logits);
    for (size_t i = 0; i < c->next_count; i++)
        if (&c->next[i] != best)
            ink_seq_free(c->next[i].seq);
    if (c->owned)
        ink_seq_free(c->seq);
    c->seq = best->seq;
    c->owned = true;
    c->next_count = 0;
    c->answering.out->steps_tokens++;
    return INK_OK;
}

static ink_status contrast_prompt(contrast *c, const int32_t *ids, size_t count)
{
    const ink_generate_options *o = c->answering.options;
    for (size_t at = 0, n; at < count && !ink_answering_asked(&c->answering); at += n) {
        n = count - at < CONTRAST_PART ? count - at : CONTRAST_PART;
        if (o->progress)
            o->progress(o->user, at, count);
        INK_TRY(ink_llm_step(c->llm, &(ink_feed){ .seq = c->seq, .ids = ids + at, .count = n, .want = INK_WANT_ALL }, 1, contrast_on_prompt, c, c->err));
        c->answering.out->prompt_tokens += n;
        if (o->progress)
            o->progress(o->user, at + n, count);
    }
    return INK_OK;
}

/* ---- beginning and end ---- */

static ink_status contrast_check(const contrast *c)
{
    const ink_generate_options *o = c->answering.options;
    if (o->contrast > 1 || !o->contrast_of)
        return ink_fail(c->err, INK_E_ARGUMENT, "contrastive search weighs between 0 and 1, and looks at 1 token or more");
    if (o->answers > 1 || o->lookup || o->draft || (o->guidance != 0 && o->guidance != 1))
        return ink_fail(c->err, INK_E_ARGUMENT, "contrastive search makes one answer; several, guesses and guidance do not go with it");
    if (!c->llm->states)
        return ink_fail(c->err, INK_E_UNSUPPORTED, "contrastive search compares the rows after the last norm, which this model does not show");
    return INK_OK;
}

static ink_status contrast_room(contrast *c, size_t count)
{
    const size_t vocab = c->vocab, k = c->answering.options->contrast_of;
    c->most = k < vocab ? k : vocab;
    c->rows = calloc(count + c->answering.most + 1, c->width * sizeof *c->rows);
    c->logits = calloc(vocab, sizeof *c->logits);
    c->next = calloc(c->most, sizeof *c->next);
    c->feeds = calloc(c->most, sizeof *c->feeds);
    c->heap = calloc(c->most, sizeof *c->heap);
    bool made = c->rows && c->logits && c->next && c->feeds && c->heap;
    for (size_t i = 0; c->next && i < c->most; i++) {
        c->next[i].logits = calloc(vocab, sizeof *c->logits);
        c->next[i].row = calloc(c->width, sizeof *c->rows);
        made = made && c->next[i].logits && c->next[i].row;
    }
    return made ? INK_OK : ink_fail(c->err, INK_E_MEMORY, "no memory for contrastive search among %zu tokens of %zu", c->most, vocab);
}

static void contrast_free(contrast *c)
{
    for (size_t i = 0; c->next && i < c->most; i++) {
        if (i < c->next_count)
            ink_seq_free(c->next[i].seq);
        free(c->next[i].logits);
        free(c->next[i].row);
    }
    if (c->owned)
        ink_seq_free(c->seq);
    free(c->rows);
    free(c->logits);
    free(c->next);
    free(c->feeds);
    free(c->heap);
    ink_answering_release(&c->answering);
}

static ink_status contrast_run(contrast *c, const int32_t *ids, size_t count, const ink_generate_options *options, ink_generation *out)
{
    INK_TRY(ink_answering_begin(&c->answering, c->llm, ids, count, options, out, c->err));
    INK_TRY(contrast_check(c));
    INK_TRY(ink_answering_sampler(&c->answering, c->err));
    INK_TRY(contrast_room(c, count));
    INK_TRY(ink_seq_new(c->llm, &c->seq, c->err));
    c->owned = true;
    double began = ink_clock_seconds();
    INK_TRY(contrast_prompt(c, ids, count));
    out->prompt_seconds = ink_clock_seconds() - began;
    for (began = ink_clock_seconds(); !ink_answering_asked(&c->answering) && !c->answering.answers[0].done;)
        INK_TRY(contrast_step(c));
    out->steps_seconds = ink_clock_seconds() - began;
    ink_answering_end(&c->answering);
    return INK_OK;
}

ink_status ink_contrast(ink_llm *llm, const int32_t *ids, size_t count, const ink_generate_options *options, ink_generation *out, ink_err *err)
{
    contrast c = { .llm = llm, .width = ink_model_describe(ink_llm_model(llm))->width, .vocab = ink_model_describe(ink_llm_model(llm))->vocab, .err = err };
    ink_status status = contrast_run(&c, ids, count, options, out);
    contrast_free(&c);
    if (status)
        ink_generation_clear(out);
    return status;
}
