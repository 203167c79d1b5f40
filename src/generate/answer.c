#include "generate/answer.h"
#include "generate/logprobs.h"
#include "generate/shift.h"

#include <stdlib.h>
#include <string.h>

enum { ANSWER_MOST = 1024, ANSWER_STOPS = 64, ANSWER_LOGPROBS = 1024 };

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

static void answer_give(ink_answering *a, size_t index)
{
    ink_growing *g = &a->answers[index];
    const char *bytes;
    size_t n = ink_stream_take(&g->stream, g->done, &bytes);
    if (n && a->options->piece && !a->options->piece(a->options->user, index, bytes, n))
        a->stop = true;
}

static void answer_finish(ink_growing *g, ink_finish finish)
{
    g->done = true;
    g->out->finish = finish;
}

/* The token is part of the answer: its text, and whether it was the last. */
static ink_status answer_take(ink_answering *a, size_t index, int32_t id, ink_err *err)
{
    ink_growing *g = &a->answers[index];
    bool end = !a->options->ignore_end && ink_model_is_end(a->model, id), whole = false;
    INK_TRY(ink_ids_add(&g->out->tokens, id, err));
    g->all[g->all_count++] = id;
    if (a->tokenizer && (!end || a->options->special)) {
        ink_text text = ink_token_display(a->tokenizer, id, false, a->options->special);
        ink_stream_add(&g->stream, text.data, text.size);
        INK_TRY(ink_buf_check(&g->stream.text, "the answer", err));
    }
    if (!end)
        INK_TRY(ink_mask_take(&a->mask, &g->place, id, a->most - g->out->tokens.count, &whole, err));
    if (end || whole)
        answer_finish(g, INK_FINISH_END);
    else if (g->stream.stopped)
        answer_finish(g, INK_FINISH_STOP);
    else if (g->out->tokens.count == a->most)
        answer_finish(g, INK_FINISH_LENGTH);
    answer_give(a, index);
    return INK_OK;
}

static ink_status answer_note_logprobs(ink_answering *a, ink_answer *out, const float *logits, int32_t id, ink_err *err)
{
    size_t each = a->options->logprobs, have = out->tokens.count;
    if (!(have & (have - 1))) { /* full at each power of two: twice the room */
        ink_logprob *more = realloc(out->logprobs, (have ? 2 * have : 1) * each * sizeof *more);
        if (!more)
            return ink_fail(err, INK_E_MEMORY, "no memory for the probabilities of %zu tokens", have + 1);
        out->logprobs = more;
    }
    ink_logprobs(&a->kernels, logits, a->vocab, id, each, a->heap, out->logprobs + have * each);
    return INK_OK;
}

ink_status ink_answering_allowed(ink_answering *a, size_t index, const float *logits, const float **allowed, ink_err *err)
{
    const ink_growing *g = &a->answers[index];
    *allowed = logits;
    return ink_mask_apply(&a->mask, g->place, a->most - g->out->tokens.count, allowed, err);
}

ink_status ink_answering_take(ink_answering *a, size_t index, int32_t id, const float *logits, ink_err *err)
{
    if (a->options->logprobs)
        INK_TRY(answer_note_logprobs(a, a->answers[index].out, logits, id, err));
    return answer_take(a, index, id, err);
}

ink_status ink_answering_choose(ink_answering *a, size_t index, const float *logits, ink_err *err)
{
    const ink_growing *g = &a->answers[index];
    const float *allowed;
    int32_t id;
    INK_TRY(ink_answering_allowed(a, index, logits, &allowed, err));
    INK_TRY(ink_sampler_choose(a->sampler, allowed, g->all, g->all_count, index, &id, err));
    return ink_answering_take(a, index, id, logits, err);
}

bool ink_answering_asked(ink_answering *a)
{
    if (!a->stop && a->options->stop)
        a->stop = a->options->stop(a->options->user);
    return a->stop;
}

/* ---- beginning and end ---- */

static ink_status answer_check(ink_answering *a, size_t count, size_t context, ink_err *err)
{
    const ink_generate_options *o = a->options;
    INK_TRY(ink_shift_check(o, context, err));
    if (!o->shift || !count)
        INK_TRY(ink_generate_fits(count, o->most, context, err));
    a->most = o->most ? o->most : o->shift ? context : context - count;
    INK_TRY(ink_mask_check(o->constraint, a->most, err));
    if (o->answers > ANSWER_MOST || o->stop_count > ANSWER_STOPS || o->logprobs > ANSWER_LOGPROBS)
        return ink_fail(err, INK_E_LIMIT, "at most %d answers, %d stop strings and %d log-probabilities a token can be asked for", ANSWER_MOST, ANSWER_STOPS,
                        ANSWER_LOGPROBS - 1);
    for (size_t i = 0; i < o->stop_count; i++)
        if (!*o->stops[i])
            return ink_fail(err, INK_E_ARGUMENT, "an empty stop string would end every answer before it begins");
    ink_status status = ink_model_tokenizer(a->model, &a->tokenizer, err);
    if (status == INK_E_NOT_FOUND && !o->stop_count) { /* a model for ids alone */
        a->tokenizer = NULL;
        return INK_OK;
    }
    return status;
}

static ink_status answer_room(ink_answering *a, const int32_t *ids, size_t count, ink_err *err)
{
    size_t n = a->options->answers ? a->options->answers : 1;
    a->answers = calloc(n, sizeof *a->answers);
    a->heap = calloc(a->options->logprobs + 1, sizeof *a->heap);
    a->out->answers = calloc(n, sizeof *a->out->answers);
    if (!a->answers || !a->heap || !a->out->answers)
        return ink_fail(err, INK_E_MEMORY, "no memory for %zu answers", n);
    a->count = a->out->count = n;
    for (size_t i = 0; i < n; i++) {
        ink_growing *g = &a->answers[i];
        g->out = &a->out->answers[i];
        ink_stream_init(&g->stream, a->options->stops, a->options->stop_count);
        g->all = malloc((count + a->most) * sizeof *g->all);
        if (!g->all)
            return ink_fail(err, INK_E_MEMORY, "no memory for %zu answers", n);
        memcpy(g->all, ids, count * sizeof *ids);
        g->all_count = count;
        g->place = a->options->constraint ? ink_constraint_start(a->options->constraint) : 0;
    }
    return INK_OK;
}

ink_status ink_answering_begin(ink_answering *a, ink_llm *llm, const int32_t *ids, size_t count, const ink_generate_options *options, ink_generation *out,
                               ink_err *err)
{
    const ink_model *model = ink_llm_model(llm);
    *a = (ink_answering){ .options = options, .model = model, .out = out, .vocab = ink_model_describe(model)->vocab };
    *out = (ink_generation){ 0 };
    INK_TRY(answer_check(a, count, ink_llm_context(llm), err));
    INK_TRY(ink_kernels_init(&a->kernels, err));
    return answer_room(a, ids, count, err);
}

ink_status ink_answering_sampler(ink_answering *a, ink_err *err)
{
    INK_TRY(ink_sampler_new(&a->options->sampling, a->vocab, &a->sampler, err));
    a->out->seed = ink_sampler_seed(a->sampler);
    return ink_mask_init(&a->mask, a->options->constraint, a->model, a->options->ignore_end, err);
}

void ink_answering_end(ink_answering *a)
{
    for (size_t i = 0; i < a->count; i++)
        if (!a->answers[i].done) {
            answer_finish(&a->answers[i], INK_FINISH_ASKED);
            answer_give(a, i);
        }
}

void ink_answering_release(ink_answering *a)
{
    for (size_t i = 0; i < a->count; i++) {
        ink_growing *g = &a->answers[i];
        if (a->tokenizer) {
            ink_buf_add(&g->stream.text, "", 0);
            g->out->text_size = g->stream.text.len;
            g->out->text = g->stream.text.data;
            g->stream.text = (ink_buf){ 0 };
        }
        ink_stream_clear(&g->stream);
        free(g->all);
    }
    ink_sampler_free(a->sampler);
    ink_mask_clear(&a->mask);
    free(a->answers);
    free(a->heap);
    *a = (ink_answering){ 0 };
}
