/* Requests, as other threads see them: they are checked, queued, cancelled, waited for and freed. */
#include "generate/scheduler.h"

#include <stdlib.h>
#include <string.h>

static void scheduler_request_free(ink_request *r)
{
    ink_answering_release(&r->answering);
    ink_generation_clear(&r->out);
    free(r->source);
    free(r->lanes);
    free(r);
}

static ink_status scheduler_check(const ink_scheduler *s, const ink_request *r, const int32_t *ids, size_t count, ink_err *err)
{
    if (r->source && count > ink_llm_context(s->llm))
        return ink_fail(err, INK_E_LIMIT, "%zu tokens to read do not fit a context of %zu", count, ink_llm_context(s->llm));
    for (size_t i = 0; i < count; i++)
        if (ids[i] < 0 || (size_t)ids[i] >= s->vocab)
            return ink_fail(err, INK_E_ARGUMENT, "token %zu of the prompt is %d, which is outside the vocabulary of %zu", i + 1, (int)ids[i], s->vocab);
    if (r->options.lookup || r->options.draft)
        return ink_fail(err, INK_E_UNSUPPORTED, "the next tokens are not guessed where many are answered side by side");
    if (r->answering.count > s->o.active)
        return ink_fail(err, INK_E_LIMIT, "%zu answers to one prompt: at most %zu are computed side by side", r->answering.count, s->o.active);
    return INK_OK;
}

/* The prompt is kept: a model reads it, or it waits for its turn. */
static ink_status scheduler_keep_prompt(ink_request *r, const int32_t *ids, size_t count, ink_err *err)
{
    r->source = malloc((count + 1) * sizeof *ids);
    if (!r->source)
        return ink_fail(err, INK_E_MEMORY, "no memory for a prompt of %zu tokens", count);
    memcpy(r->source, ids, count * sizeof *ids);
    r->source_count = count;
    return INK_OK;
}

/* A model that reads has the prompt for that, and goes on from the token that answers begin with. */
static ink_status scheduler_answering(ink_request *r, const int32_t *ids, size_t count, ink_err *err)
{
    const int32_t start = ink_llm_start(r->s->llm);
    if (!ink_llm_reads(r->s->llm))
        return ink_answering_begin(&r->answering, r->s->llm, ids, count, &r->options, &r->out, err);
    if (!count)
        return ink_fail(err, INK_E_ARGUMENT, "the prompt is empty, and there is nothing to read");
    INK_TRY(scheduler_keep_prompt(r, ids, count, err));
    r->prompt = 1;
    return ink_answering_begin(&r->answering, r->s->llm, &start, 1, &r->options, &r->out, err);
}

static bool scheduler_steered(const ink_generate_options *o) { return (o->guidance != 0 && o->guidance != 1) || o->negative_count || o->contrast > 0 || o->shift; }

/* It begins its answers when its turn comes; until then its prompt is kept. */
static ink_status scheduler_set_aside(ink_request *r, const int32_t *ids, size_t count, ink_err *err)
{
    r->aside = true;
    ink_answering_release(&r->answering);
    ink_generation_clear(&r->out);
    r->answering.options = &r->options; /* whether somebody asks it to stop */
    return r->source ? INK_OK : scheduler_keep_prompt(r, ids, count, err);
}

static ink_status scheduler_enqueue(ink_scheduler *s, ink_request *r, ink_err *err)
{
    pthread_mutex_lock(&s->lock);
    bool full = s->state.waiting >= s->o.queue || s->closing;
    s->state.refused += full;
    if (!full) {
        ink_request **end = &s->queue;
        r->round = s->round;
        for (; *end; end = &(*end)->next)
            if ((*end)->owner == r->owner)
                r->round = (*end)->round + 1;
        *end = r;
        r->ticket = s->tickets++;
        s->state.waiting++;
        s->state.requests++;
        pthread_cond_signal(&s->wake);
    }
    pthread_mutex_unlock(&s->lock);
    return full ? ink_fail(err, INK_E_BUSY, "%zu requests are waiting already, and no more may; try again in a moment", s->o.queue) : INK_OK;
}

ink_status ink_scheduler_submit(ink_scheduler *s, const int32_t *ids, size_t count, uint64_t owner, const ink_generate_options *options, void (*done)(void *user),
                                ink_request **out, ink_err *err)
{
    ink_request *r = calloc(1, sizeof *r);
    if (!r)
        return ink_fail(err, INK_E_MEMORY, "no memory for a request");
    *r = (ink_request){ .s = s, .options = *options, .done = done, .owner = owner, .prompt = count };
    ink_status status = scheduler_answering(r, ids, count, err);
    if (!status)
        status = scheduler_check(s, r, ids, count, err);
    if (!status && scheduler_steered(options))
        status = scheduler_set_aside(r, ids, count, err);
    *out = r; /* before anything can happen to it: its functions may want it */
    if (!status)
        status = scheduler_enqueue(s, r, err);
    if (status) {
        *out = NULL;
        scheduler_request_free(r);
    }
    return status;
}

void ink_request_cancel(ink_request *r)
{
    atomic_store(&r->cancelled, true);
    pthread_mutex_lock(&r->s->lock);
    pthread_cond_signal(&r->s->wake);
    pthread_mutex_unlock(&r->s->lock);
}

bool ink_request_is_done(ink_request *r)
{
    pthread_mutex_lock(&r->s->lock);
    bool is = r->is_done;
    pthread_mutex_unlock(&r->s->lock);
    return is;
}

ink_status ink_request_wait(ink_request *r, ink_err *err)
{
    pthread_mutex_lock(&r->s->lock);
    while (!r->is_done)
        pthread_cond_wait(&r->s->ended, &r->s->lock);
    pthread_mutex_unlock(&r->s->lock);
    if (r->status && err)
        *err = r->err;
    return r->status;
}

const ink_generation *ink_request_result(const ink_request *r)
{
    return &r->out;
}

void ink_request_free(ink_request *r)
{
    if (!r)
        return;
    if (!ink_request_is_done(r)) {
        ink_request_cancel(r);
        ink_request_wait(r, NULL);
    }
    scheduler_request_free(r);
}
