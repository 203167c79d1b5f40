/* The loop. The prompt is computed once; its last logits give the first token of every answer, which then go on side by
   side, one ragged batch a step. Choosing happens inside the engine's callback, while the logits are there. */
#include "base/clock.h"
#include "generate/logprobs.h"
#include "generate/stream.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { GENERATE_PART = 512, GENERATE_ANSWERS = 1024, GENERATE_STOPS = 64, GENERATE_LOGPROBS = 1024 }; /* ids of a prompt between two looks at stop(); limits */

typedef struct generate_answer {
    ink_answer *out;
    ink_seq *seq;
    bool owns;       /* the sequence is ours to free */
    bool done;
    ink_stream stream;
    int32_t *all;    /* the prompt, then the new tokens */
    size_t all_count;
} generate_answer;

typedef struct generate_run {
    const ink_generate_options *options;
    const ink_model *model;
    const ink_tokenizer *tokenizer; /* NULL: no text */
    ink_llm *llm;
    ink_kernels kernels;
    ink_sampler *sampler;
    ink_generation *out;
    size_t vocab, most;
    generate_answer *answers;
    size_t *active;     /* answers that the step computes, by feed; NULL while it is the prompt */
    ink_feed *feeds;
    uint64_t *heap;
    bool stop;          /* somebody asked */
    ink_status status;  /* of choosing, inside the callback */
    ink_err *err;
} generate_run;

const char *ink_finish_name(ink_finish f)
{
    static const char *const names[] = { "length", "end", "stop", "asked" };
    return names[f];
}

ink_status ink_generate_fits(size_t prompt, size_t most, size_t context, ink_err *err)
{
    if (!prompt)
        return ink_fail(err, INK_E_ARGUMENT, "the prompt is empty, and there is nothing to go on from");
    if (prompt >= context)
        return ink_fail(err, INK_E_LIMIT, "a prompt of %zu tokens leaves no room in a context of %zu", prompt, context);
    if (most > context - prompt)
        return ink_fail(err, INK_E_LIMIT, "a prompt of %zu tokens and %zu new ones do not fit a context of %zu; %zu new ones would", prompt, most, context,
                        context - prompt);
    return INK_OK;
}

/* ---- one token more ---- */

static void generate_give(generate_run *r, size_t index)
{
    generate_answer *a = &r->answers[index];
    const char *bytes;
    size_t n = ink_stream_take(&a->stream, a->done, &bytes);
    if (n && r->options->piece && !r->options->piece(r->options->user, index, bytes, n))
        r->stop = true;
}

static void generate_end(generate_run *r, size_t index, ink_finish finish)
{
    r->answers[index].done = true;
    r->answers[index].out->finish = finish;
}

/* The token is part of the answer: its text, and whether it was the last. */
static ink_status generate_take(generate_run *r, size_t index, int32_t id)
{
    generate_answer *a = &r->answers[index];
    bool end = !r->options->ignore_end && ink_model_is_end(r->model, id);
    INK_TRY(ink_ids_add(&a->out->tokens, id, r->err));
    a->all[a->all_count++] = id;
    if (r->tokenizer && (!end || r->options->special)) {
        ink_text text = ink_token_display(r->tokenizer, id, false, r->options->special);
        ink_stream_add(&a->stream, text.data, text.size);
        INK_TRY(ink_buf_check(&a->stream.text, "the answer", r->err));
    }
    if (end)
        generate_end(r, index, INK_FINISH_END);
    else if (a->stream.stopped)
        generate_end(r, index, INK_FINISH_STOP);
    else if (a->out->tokens.count == r->most)
        generate_end(r, index, INK_FINISH_LENGTH);
    generate_give(r, index);
    return INK_OK;
}

static ink_status generate_note_logprobs(generate_run *r, ink_answer *out, const float *logits, int32_t id)
{
    size_t each = r->options->logprobs, have = out->tokens.count;
    if (!(have & (have - 1))) { /* full at each power of two: twice the room */
        ink_logprob *more = realloc(out->logprobs, (have ? 2 * have : 1) * each * sizeof *more);
        if (!more)
            return ink_fail(r->err, INK_E_MEMORY, "no memory for the probabilities of %zu tokens", have + 1);
        out->logprobs = more;
    }
    ink_logprobs(&r->kernels, logits, r->vocab, id, each, r->heap, out->logprobs + have * each);
    return INK_OK;
}

static ink_status generate_choose(generate_run *r, size_t index, const float *logits)
{
    generate_answer *a = &r->answers[index];
    int32_t id;
    INK_TRY(ink_sampler_choose(r->sampler, logits, a->all, a->all_count, index, &id, r->err));
    if (r->options->logprobs)
        INK_TRY(generate_note_logprobs(r, a->out, logits, id));
    return generate_take(r, index, id);
}

static void generate_on_logits(void *user, size_t feed, size_t index, const float *logits)
{
    generate_run *r = user;
    (void)index;
    if (r->active) {
        if (!r->status)
            r->status = generate_choose(r, r->active[feed], logits);
        return;
    }
    for (size_t i = 0; i < r->out->count && !r->status; i++) /* the prompt's: the first token of every answer */
        r->status = generate_choose(r, i, logits);
}

/* ---- the two halves ---- */

static bool generate_asked(generate_run *r)
{
    if (!r->stop && r->options->stop)
        r->stop = r->options->stop(r->options->user);
    return r->stop;
}

static ink_status generate_prompt(generate_run *r, const int32_t *ids, size_t count)
{
    ink_seq *seq = r->answers[0].seq;
    double begin = ink_clock_seconds();
    for (size_t at = ink_seq_length(seq), n; at < count && !generate_asked(r); at += n) {
        n = count - at < GENERATE_PART ? count - at : GENERATE_PART;
        if (r->options->progress)
            r->options->progress(r->options->user, at, count);
        const ink_feed feed = { .seq = seq, .ids = ids + at, .count = n, .want = at + n == count ? INK_WANT_LAST : INK_WANT_NONE };
        INK_TRY(ink_llm_step(r->llm, &feed, 1, generate_on_logits, r, r->err));
        INK_TRY(r->status);
        r->out->prompt_tokens += n;
        if (r->options->progress)
            r->options->progress(r->options->user, at + n, count);
    }
    r->out->prompt_seconds = ink_clock_seconds() - begin;
    return INK_OK;
}

/* A sequence for each answer that goes on, sharing the prompt's keys and values. */
static ink_status generate_fork(generate_run *r, size_t count)
{
    for (size_t i = 1; i < r->out->count; i++)
        if (!r->answers[i].done) {
            INK_TRY(ink_seq_fork(r->answers[0].seq, count, &r->answers[i].seq, r->err));
            r->answers[i].owns = true;
        }
    return INK_OK;
}

/* What the next step computes: the last token of every answer that is not done. */
static size_t generate_gather(generate_run *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->out->count; i++) {
        generate_answer *a = &r->answers[i];
        if (a->done)
            continue;
        r->feeds[n] = (ink_feed){ .seq = a->seq, .ids = &a->all[a->all_count - 1], .count = 1, .want = INK_WANT_LAST };
        r->active[n++] = i;
    }
    return n;
}

static ink_status generate_steps(generate_run *r, size_t *active)
{
    double begin = ink_clock_seconds();
    r->active = active;
    for (size_t n; !generate_asked(r) && (n = generate_gather(r)) > 0;) {
        INK_TRY(ink_llm_step(r->llm, r->feeds, n, generate_on_logits, r, r->err));
        INK_TRY(r->status);
        r->out->steps_tokens += n;
    }
    r->out->steps_seconds = ink_clock_seconds() - begin;
    return INK_OK;
}

/* ---- beginning and end ---- */

static ink_status generate_check(generate_run *r, size_t count, size_t context)
{
    const ink_generate_options *o = r->options;
    INK_TRY(ink_generate_fits(count, o->most, context, r->err));
    r->most = o->most ? o->most : context - count;
    if (o->answers > GENERATE_ANSWERS || o->stop_count > GENERATE_STOPS || o->logprobs > GENERATE_LOGPROBS)
        return ink_fail(r->err, INK_E_LIMIT, "at most %d answers, %d stop strings and %d log-probabilities a token can be asked for", GENERATE_ANSWERS,
                        GENERATE_STOPS, GENERATE_LOGPROBS - 1);
    for (size_t i = 0; i < o->stop_count; i++)
        if (!*o->stops[i])
            return ink_fail(r->err, INK_E_ARGUMENT, "an empty stop string would end every answer before it begins");
    ink_status status = ink_model_tokenizer(r->model, &r->tokenizer, r->err);
    if (status == INK_E_NOT_FOUND && !o->stop_count) { /* a model for ids alone */
        r->tokenizer = NULL;
        return INK_OK;
    }
    return status;
}

static ink_status generate_room(generate_run *r, ink_seq *seq, const int32_t *ids, size_t count)
{
    size_t n = r->options->answers ? r->options->answers : 1;
    r->answers = calloc(n, sizeof *r->answers);
    r->feeds = calloc(n, sizeof *r->feeds);
    r->heap = calloc(r->options->logprobs + 1, sizeof *r->heap);
    r->out->answers = calloc(n, sizeof *r->out->answers);
    if (!r->answers || !r->feeds || !r->heap || !r->out->answers)
        return ink_fail(r->err, INK_E_MEMORY, "no memory for %zu answers", n);
    r->out->count = n;
    for (size_t i = 0; i < n; i++) {
        generate_answer *a = &r->answers[i];
        a->out = &r->out->answers[i];
        ink_stream_init(&a->stream, r->options->stops, r->options->stop_count);
        a->all = malloc((count + r->most) * sizeof *a->all);
        if (!a->all)
            return ink_fail(r->err, INK_E_MEMORY, "no memory for %zu answers", n);
        memcpy(a->all, ids, count * sizeof *ids);
        a->all_count = count;
    }
    r->answers[0].seq = seq;
    r->answers[0].owns = !seq;
    return seq ? INK_OK : ink_seq_new(r->llm, &r->answers[0].seq, r->err);
}

static ink_status generate_run_all(generate_run *r, ink_seq *seq, const int32_t *ids, size_t count)
{
    INK_TRY(generate_check(r, count, ink_llm_context(r->llm)));
    INK_TRY(ink_kernels_init(&r->kernels, r->err));
    INK_TRY(ink_sampler_new(&r->options->sampling, r->vocab, &r->sampler, r->err));
    r->out->seed = ink_sampler_seed(r->sampler);
    INK_TRY(generate_room(r, seq, ids, count));
    size_t *active = calloc(r->out->count, sizeof *active);
    if (!active)
        return ink_fail(r->err, INK_E_MEMORY, "no memory for %zu answers", r->out->count);
    ink_status status = generate_prompt(r, ids, count);
    if (!status && !r->stop)
        status = generate_fork(r, count);
    if (!status && !r->stop)
        status = generate_steps(r, active);
    free(active);
    for (size_t i = 0; i < r->out->count && !status; i++)
        if (!r->answers[i].done) {
            generate_end(r, i, INK_FINISH_ASKED);
            generate_give(r, i);
        }
    return status;
}

/* Texts become the caller's; the rest goes. */
static void generate_release(generate_run *r)
{
    for (size_t i = 0; r->answers && i < r->out->count; i++) {
        generate_answer *a = &r->answers[i];
        if (r->tokenizer) {
            ink_buf_add(&a->stream.text, "", 0);
            a->out->text_size = a->stream.text.len;
            a->out->text = a->stream.text.data;
            a->stream.text = (ink_buf){ 0 };
        }
        ink_stream_clear(&a->stream);
        if (a->owns)
            ink_seq_free(a->seq);
        free(a->all);
    }
    ink_sampler_free(r->sampler);
    free(r->answers);
    free(r->feeds);
    free(r->heap);
}

ink_status ink_generate(ink_llm *llm, ink_seq *seq, const int32_t *ids, size_t count, const ink_generate_options *options, ink_generation *out, ink_err *err)
{
    assert(!seq || ink_seq_length(seq) < count);
    const ink_model *model = ink_llm_model(llm);
    generate_run r = { .options = options, .model = model, .llm = llm, .out = out, .vocab = ink_model_describe(model)->vocab, .err = err };
    *out = (ink_generation){ 0 };
    ink_status status = generate_run_all(&r, seq, ids, count);
    generate_release(&r);
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
