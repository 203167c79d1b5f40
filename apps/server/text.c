#include "server/text.h"
#include "server/format.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef struct text_letter {
    struct text_letter *next;
    size_t answer, size, first, tokens;
    _Alignas(ink_logprob) char bytes[]; /* logprobs, then the text */
} text_letter;

typedef struct text_prompt {
    srv_text *t;
    ink_request *request;
    ink_constraint *constraint;  /* of its answers; NULL: none */
    size_t base, count;          /* its answers among all; ids of the prompt */
    size_t given[64];            /* tokens of each answer that were sent */
} text_prompt;

struct srv_text {
    srv_call *call;
    srv_model *model;
    ink_generate_options options;
    text_prompt *prompts;
    size_t count, each, over;    /* prompts; answers of one; prompts that are done */
    pthread_mutex_t lock;
    pthread_cond_t moved;
    text_letter *first, **last;
    text_letter *shown;          /* whose text the caller looks at */
    double began;
};

/* ---- the scheduler's side ---- */

static void text_post(srv_text *t, text_letter *l)
{
    pthread_mutex_lock(&t->lock);
    *t->last = l;
    t->last = &l->next;
    pthread_cond_signal(&t->moved);
    pthread_mutex_unlock(&t->lock);
}

static bool text_piece(void *user, size_t answer, const char *bytes, size_t n)
{
    text_prompt *p = user;
    srv_text *t = p->t;
    const ink_answer *a = &ink_request_result(p->request)->answers[answer];
    size_t first = p->given[answer], tokens = a->tokens.count - first, probs = tokens * t->options.logprobs * sizeof(ink_logprob);
    text_letter *l = malloc(sizeof *l + probs + n);
    if (!l)
        return false;
    *l = (text_letter){ .answer = p->base + answer, .size = n, .first = first, .tokens = tokens };
    if (probs)
        memcpy(l->bytes, a->logprobs + first * t->options.logprobs, probs);
    memcpy(l->bytes + probs, bytes, n);
    p->given[answer] = a->tokens.count;
    text_post(t, l);
    return true;
}

static bool text_stop(void *user)
{
    const text_prompt *p = user;
    return srv_gone(p->t->call) || srv_stopping(p->t->call->server);
}

static void text_done(void *user)
{
    srv_text *t = ((text_prompt *)user)->t;
    pthread_mutex_lock(&t->lock);
    t->over++;
    pthread_cond_signal(&t->moved);
    pthread_mutex_unlock(&t->lock);
}

/* ---- the call's side ---- */

static ink_status text_submit(srv_text *t, ink_ids *ids, ink_err *err)
{
    for (size_t i = 0; i < t->count; i++) {
        text_prompt *p = &t->prompts[i];
        *p = (text_prompt){ .t = t, .base = i * t->each, .count = ids[i].count, .constraint = t->options.constraint };
        t->options.constraint = NULL;
        if (!p->constraint) /* one for each: another may be in use already */
            INK_TRY(srv_format_make(t->model, t->call->json, &p->constraint, err));
        ink_generate_options o = t->options;
        o.constraint = p->constraint;
        o.user = p;
        size_t context = ink_llm_context(t->model->llm), before = ink_llm_reads(t->model->llm) ? 1 : ids[i].count;
        if (!o.shift && o.most && before < context && o.most > context - before)
            o.most = context - before; /* the answer ends where the context does */
        INK_TRY(ink_scheduler_submit(t->model->scheduler, ids[i].at, ids[i].count, t->call->owner, &o, text_done, &p->request, err));
    }
    return INK_OK;
}

ink_status srv_text_start(srv_call *c, srv_model *model, ink_ids *ids, size_t count, const ink_generate_options *options, srv_text **out, ink_err *err)
{
    srv_text *t = calloc(1, sizeof *t);
    text_prompt *prompts = calloc(count, sizeof *prompts);
    ink_status status = t && prompts ? INK_OK : ink_fail(err, INK_E_MEMORY, "no memory for %zu prompts", count);
    if (!status && options->answers > sizeof prompts->given / sizeof *prompts->given)
        status = ink_fail(err, INK_E_LIMIT, "%zu answers to one prompt: at most %zu can be asked for", options->answers, sizeof prompts->given / sizeof *prompts->given);
    if (!status) {
        *t = (srv_text){ .call = c, .model = model, .options = *options, .prompts = prompts, .count = count, .each = options->answers ? options->answers : 1, .began = srv_now() };
        t->options.piece = text_piece;
        t->options.stop = text_stop;
        t->last = &t->first;
        pthread_mutex_init(&t->lock, NULL);
        pthread_cond_init(&t->moved, NULL);
        status = text_submit(t, ids, err);
        if (status)
            srv_text_free(t);
        else
            *out = t;
    } else {
        free(t);
        free(prompts);
        ink_constraint_free(options->constraint);
        srv_model_give(c->server, model);
    }
    for (size_t i = 0; i < count; i++)
        ink_ids_clear(&ids[i]);
    return status;
}

void srv_text_free(srv_text *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->count; i++)
        if (t->prompts[i].request)
            ink_request_cancel(t->prompts[i].request);
    for (size_t i = 0; i < t->count; i++)
        ink_request_free(t->prompts[i].request);
    for (text_letter *l = t->first, *next; l; l = next) {
        next = l->next;
        free(l);
    }
    free(t->shown);
    for (size_t i = 0; i < t->count; i++)
        ink_constraint_free(t->prompts[i].constraint);
    ink_constraint_free(t->options.constraint);
    srv_model_give(t->call->server, t->model);
    pthread_mutex_destroy(&t->lock);
    pthread_cond_destroy(&t->moved);
    free(t->prompts);
    free(t);
}

static void text_until(double seconds, struct timespec *at)
{
    clock_gettime(CLOCK_REALTIME, at);
    at->tv_sec += (time_t)seconds;
    at->tv_nsec += (long)((seconds - (double)(time_t)seconds) * 1e9);
    if (at->tv_nsec >= 1000000000) {
        at->tv_nsec -= 1000000000;
        at->tv_sec++;
    }
}

srv_next srv_text_next(srv_text *t, double seconds, srv_piece *out)
{
    struct timespec at;
    int late = 0;
    text_until(seconds, &at);
    free(t->shown);
    pthread_mutex_lock(&t->lock);
    while (!t->first && t->over < t->count && !late)
        late = pthread_cond_timedwait(&t->moved, &t->lock, &at);
    text_letter *l = t->shown = t->first;
    if (l) {
        t->first = l->next;
        t->last = t->first ? t->last : &t->first;
    }
    bool over = !l && t->over == t->count;
    pthread_mutex_unlock(&t->lock);
    if (!l)
        return over ? SRV_OVER : SRV_LATE;
    size_t probs = l->tokens * t->options.logprobs * sizeof(ink_logprob);
    *out = (srv_piece){ .answer = l->answer, .text = l->bytes + probs, .size = l->size, .first = l->first, .tokens = l->tokens,
                        .logprobs = probs ? (const ink_logprob *)(const void *)l->bytes : NULL };
    return SRV_PIECE;
}

ink_status srv_text_wait(srv_text *t, ink_err *err)
{
    ink_status status = INK_OK;
    for (size_t i = 0; i < t->count; i++) {
        ink_status s = ink_request_wait(t->prompts[i].request, status ? NULL : err);
        status = status ? status : s;
    }
    return status;
}

size_t srv_text_answers(const srv_text *t) { return t->count * t->each; }
srv_model *srv_text_model(const srv_text *t) { return t->model; }

const ink_answer *srv_text_answer(const srv_text *t, size_t i)
{
    return &ink_request_result(t->prompts[i / t->each].request)->answers[i % t->each];
}

srv_usage srv_text_usage(const srv_text *t)
{
    srv_usage u = { .total_seconds = srv_now() - t->began };
    for (size_t i = 0; i < t->count; i++) {
        const ink_generation *g = ink_request_result(t->prompts[i].request);
        u.prompt += t->prompts[i].count;
        u.cached += t->prompts[i].count - g->prompt_tokens;
        u.prompt_seconds += g->prompt_seconds;
        u.seconds += g->steps_seconds;
        for (size_t k = 0; k < g->count; k++)
            u.completion += g->answers[k].tokens.count;
    }
    return u;
}

const char *srv_finish(ink_finish f)
{
    return f == INK_FINISH_LENGTH ? "length" : "stop";
}

static double text_rate(size_t n, double seconds) { return seconds > 0 ? (double)n / seconds : 0; }

void srv_timings(ink_jot *j, const srv_usage *u)
{
    ink_jot_object(j, "timings");
    ink_jot_integer(j, "cache_n", (int64_t)u->cached);
    ink_jot_integer(j, "prompt_n", (int64_t)(u->prompt - u->cached));
    ink_jot_number(j, "prompt_ms", 1e3 * u->prompt_seconds);
    ink_jot_number(j, "prompt_per_second", text_rate(u->prompt - u->cached, u->prompt_seconds));
    ink_jot_integer(j, "predicted_n", (int64_t)u->completion);
    ink_jot_number(j, "predicted_ms", 1e3 * u->seconds);
    ink_jot_number(j, "predicted_per_second", text_rate(u->completion, u->seconds));
    ink_jot_end(j);
}
