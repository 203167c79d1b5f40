/* The scheduler's thread. A request has a lane for each of its answers; a lane knows its tokens (prompt and answer so far) and how many of
   them are computed. Steps (scheduler_step.c) close the distance: one token for who is answering, many for a prompt, or for a lane that lost
   its keys and values because there was no room. Lists of running requests belong to the scheduler's thread, the queue to the lock. */
#include "base/clock.h"
#include "generate/scheduler.h"

#include <stdlib.h>
#include <string.h>

enum { SCHEDULER_STEP = 512, SCHEDULER_ACTIVE = 64, SCHEDULER_QUEUE = 256, SCHEDULER_CACHED = 256 };

/* ---- ends ---- */

/* Keys and values of the first answer stay, for prompts that begin alike; those of the others would seldom be asked for. */
static void scheduler_let_go(ink_scheduler *s, ink_request *r, size_t lane)
{
    ink_seq *seq = r->lanes[lane].seq;
    r->lanes[lane].seq = NULL;
    if (seq && !lane && !r->source) /* what was read with it is this request's alone */
        ink_prefixes_keep(&s->prefixes, r->owner, seq, scheduler_growing(r, lane)->all, ink_seq_length(seq));
    else
        ink_seq_free(seq);
}

static void scheduler_publish(ink_scheduler *s, ink_request *r)
{
    if (r->done)
        r->done(r->options.user);
    pthread_mutex_lock(&s->lock);
    r->is_done = true;
    pthread_cond_broadcast(&s->ended);
    pthread_mutex_unlock(&s->lock);
}

static void scheduler_end(ink_scheduler *s, ink_request *r)
{
    double now = ink_clock_seconds();
    if (r->started)
        r->out.steps_seconds = now - r->first;
    else if (r->admitted > 0)
        r->out.prompt_seconds = now - r->admitted;
    if (!r->status && r->aside)
        r->status = ink_fail(&r->err, INK_E_STOPPED, "it was ended before its turn came");
    if (!r->status)
        ink_answering_end(&r->answering);
    for (size_t i = 0; r->lanes && i < r->answering.count; i++)
        scheduler_let_go(s, r, i);
    ink_answering_release(&r->answering);
    scheduler_publish(s, r);
}

/* Lanes that are done let go of what they hold. *freed: one did; the return value: all are done. */
static bool scheduler_sweep_lanes(ink_scheduler *s, ink_request *r, bool *freed)
{
    bool all = true;
    for (size_t lane = 0; lane < r->answering.count; lane++) {
        bool done = scheduler_growing(r, lane)->done;
        if (done && r->lanes && r->lanes[lane].seq) {
            scheduler_let_go(s, r, lane);
            *freed = true;
        }
        all = all && done;
    }
    return all;
}

/* Those that were paused may go on. */
static void scheduler_resume(ink_scheduler *s)
{
    for (size_t i = 0; i < s->running_count; i++)
        for (size_t lane = 0; lane < s->running[i]->answering.count; lane++)
            s->running[i]->lanes[lane].paused = false;
}

/* Everybody that is done, asked to stop, or failed leaves; those that were paused may go on then. */
static void scheduler_sweep(ink_scheduler *s)
{
    size_t kept = 0, before = s->running_count;
    bool freed = false;
    for (size_t i = 0; i < before; i++) {
        ink_request *r = s->running[i];
        bool over = r->status || atomic_load(&r->cancelled) || ink_answering_asked(&r->answering), all = scheduler_sweep_lanes(s, r, &freed);
        if (!over && !all) {
            s->running[kept++] = r;
            continue;
        }
        freed = true;
        s->work.cancelled += over && !r->status && !all;
        s->lanes -= r->answering.count;
        scheduler_end(s, r);
    }
    s->running_count = kept;
    if (freed)
        scheduler_resume(s);
}

/* ---- beginnings ---- */

/* Whose turn it is: rounds in which every owner has one request at most; in a round, who came first. The lock is held. */
static ink_request **scheduler_next(ink_scheduler *s)
{
    ink_request **best = NULL;
    for (ink_request **r = &s->queue; *r; r = &(*r)->next)
        if (!((*r)->aside && s->aside) && (!best || (*r)->round < (*best)->round))
            best = r;
    return best;
}

static bool scheduler_paused(const ink_scheduler *s)
{
    for (size_t i = 0; i < s->running_count; i++)
        for (size_t lane = 0; lane < s->running[i]->answering.count; lane++)
            if (s->running[i]->lanes[lane].paused)
                return true;
    return false;
}

static void scheduler_begin(ink_scheduler *s, ink_request *r)
{
    r->admitted = ink_clock_seconds();
    if (r->aside) {
        s->aside = r;
        return;
    }
    r->lanes = calloc(r->answering.count, sizeof *r->lanes);
    r->status = r->lanes ? ink_answering_sampler(&r->answering, &r->err) : ink_fail(&r->err, INK_E_MEMORY, "no memory for %zu answers", r->answering.count);
    s->running[s->running_count++] = r;
    s->lanes += r->answering.count;
}

/* Takes in whom there is room for. The lock is held, but for the beginning itself. */
static void scheduler_admit(ink_scheduler *s)
{
    ink_request **at;
    while (!scheduler_paused(s) && (at = scheduler_next(s)) && s->lanes + (*at)->answering.count <= s->o.active) {
        ink_request *r = *at;
        *at = r->next;
        r->next = NULL;
        s->round = r->round;
        s->state.waiting--;
        pthread_mutex_unlock(&s->lock);
        scheduler_begin(s, r);
        pthread_mutex_lock(&s->lock);
    }
    const ink_scheduler_state seen = s->state;
    s->state = s->work;
    s->state.waiting = seen.waiting;
    s->state.requests = seen.requests;
    s->state.refused = seen.refused;
    s->state.active = s->running_count + (s->aside != NULL);
    s->state.cached = s->prefixes.count;
}

/* ---- the thread ---- */

static void scheduler_drop_queue(ink_scheduler *s)
{
    while (s->queue) {
        ink_request *r = s->queue;
        s->queue = r->next;
        s->state.waiting--;
        pthread_mutex_unlock(&s->lock);
        scheduler_end(s, r);
        pthread_mutex_lock(&s->lock);
    }
}

/* Those in the queue that were cancelled, or whose stop() says so, need not wait for their turn to end. The lock is held. */
static void scheduler_sweep_queue(ink_scheduler *s)
{
    for (ink_request **at = &s->queue; *at;) {
        ink_request *r = *at;
        if (!atomic_load(&r->cancelled) && !ink_answering_asked(&r->answering)) {
            at = &r->next;
            continue;
        }
        *at = r->next;
        s->state.waiting--;
        s->work.cancelled++;
        pthread_mutex_unlock(&s->lock);
        scheduler_end(s, r);
        pthread_mutex_lock(&s->lock);
        at = &s->queue;
    }
}

/* A step for all lanes, after those who came are taken in. wait: for somebody, where there is nobody. */
static void scheduler_round(ink_scheduler *s, bool wait)
{
    pthread_mutex_lock(&s->lock);
    scheduler_sweep_queue(s);
    ink_scheduler_run_errands(s);
    scheduler_admit(s);
    while (wait && !s->running_count && !s->aside && !s->queue && !s->errands && !s->closing)
        pthread_cond_wait(&s->wake, &s->lock);
    pthread_mutex_unlock(&s->lock);
    if (s->running_count)
        ink_scheduler_step(s);
    scheduler_sweep(s);
}

static bool scheduler_closes(ink_scheduler *s)
{
    pthread_mutex_lock(&s->lock);
    const bool closes = s->closing;
    pthread_mutex_unlock(&s->lock);
    return closes;
}

/* ---- steered answers ---- */

static void scheduler_turn(const ink_scheduler *s, bool begin)
{
    if (s->o.turn)
        s->o.turn(s->o.user, begin);
}

static bool aside_piece(void *user, size_t answer, const char *bytes, size_t n)
{
    const ink_request *r = user;
    return r->options.piece(r->options.user, answer, bytes, n);
}

static void aside_progress(void *user, size_t done, size_t total)
{
    const ink_request *r = user;
    r->options.progress(r->options.user, done, total);
}

/* Tokens whose keys and values its next step may want, blocks begun for each of its sequences among them. */
static size_t aside_room(const ink_request *r)
{
    enum { PIECE = 512, BLOCK = 64 };
    const ink_generate_options *o = &r->options;
    const size_t answers = o->answers ? o->answers : 1, sequences = answers * (o->guidance != 0 && o->guidance != 1 ? 2 : 1) + o->contrast_of * (o->contrast > 0);
    const bool begun = r->out.count && r->out.answers[0].tokens.count;
    const size_t prompt = begun ? 0 : (r->source_count < PIECE ? r->source_count : PIECE) + o->negative_count;
    return prompt + BLOCK * (sequences + 1) + (o->shift && answers > 1 ? ink_llm_context(r->s->llm) : 0); /* what answers share is not freed by one that shifts */
}

/* Asked between its steps: everybody else takes one, and then there is room for its next. */
static bool aside_stop(void *user)
{
    ink_request *r = user;
    ink_scheduler *s = r->s;
    if (atomic_load(&r->cancelled) || (r->options.stop && r->options.stop(r->options.user)))
        return true;
    scheduler_turn(s, false);
    scheduler_round(s, false);
    scheduler_turn(s, true);
    ink_scheduler_make_room(s, aside_room(r));
    return scheduler_closes(s);
}

/* What guides, contrasts or shifts is computed by the loop for one, which the others' steps come between. */
static void scheduler_aside(ink_scheduler *s)
{
    ink_request *r = s->aside;
    ink_generate_options o = r->options;
    o.user = r;
    o.stop = aside_stop;
    o.piece = o.piece ? aside_piece : NULL;
    o.progress = o.progress ? aside_progress : NULL;
    scheduler_turn(s, true);
    ink_scheduler_make_room(s, aside_room(r));
    r->status = ink_generate(s->llm, NULL, r->source, r->source_count, &o, &r->out, &r->err);
    scheduler_turn(s, false);
    s->work.prompt_tokens += r->out.prompt_tokens;
    s->work.new_tokens += r->out.steps_tokens + r->out.count;
    s->work.cancelled += atomic_load(&r->cancelled);
    s->aside = NULL;
    scheduler_resume(s);
    scheduler_publish(s, r);
}

static void *scheduler_loop(void *user)
{
    ink_scheduler *s = user;
    while (!scheduler_closes(s)) {
        scheduler_round(s, true);
        if (s->aside)
            scheduler_aside(s);
    }
    pthread_mutex_lock(&s->lock);
    scheduler_drop_queue(s);
    ink_scheduler_run_errands(s);
    pthread_mutex_unlock(&s->lock);
    for (size_t i = 0; i < s->running_count; i++)
        atomic_store(&s->running[i]->cancelled, true);
    scheduler_sweep(s);
    return NULL;
}

/* ---- the door ---- */

static size_t scheduler_or(size_t given, size_t usual) { return given ? given : usual; }

static ink_status scheduler_setup(ink_scheduler *s, ink_err *err)
{
    ink_scheduler_options *o = &s->o;
    const ink_tokenizer *opened;
    o->active = scheduler_or(o->active, SCHEDULER_ACTIVE);
    o->queue = scheduler_or(o->queue, SCHEDULER_QUEUE);
    o->step_tokens = scheduler_or(o->step_tokens, SCHEDULER_STEP);
    o->step_tokens = o->step_tokens > o->active ? o->step_tokens : o->active + SCHEDULER_PIECE;
    o->step_seconds = o->step_seconds > 0 ? o->step_seconds : 0.2;
    s->prefixes.most = scheduler_or(o->cached, SCHEDULER_CACHED);
    s->prefixes.most_tokens = scheduler_or(o->cached_tokens, SIZE_MAX);
    s->vocab = ink_model_describe(ink_llm_model(s->llm))->vocab;
    s->running = calloc(o->active, sizeof *s->running);
    s->feeds = calloc(o->active, sizeof *s->feeds);
    s->feed_of = calloc(2 * o->active, sizeof *s->feed_of);
    if (!s->running || !s->feeds || !s->feed_of)
        return ink_fail(err, INK_E_MEMORY, "no memory for %zu answers side by side", o->active);
    ink_status status = ink_model_tokenizer(ink_llm_model(s->llm), &opened, err); /* from now on any thread may have it */
    if (status && status != INK_E_NOT_FOUND)
        return status;
    return pthread_create(&s->thread, NULL, scheduler_loop, s) ? ink_fail(err, INK_E_MEMORY, "the system refuses another thread") : INK_OK;
}

static void scheduler_free(ink_scheduler *s)
{
    ink_prefixes_clear(&s->prefixes);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->wake);
    pthread_cond_destroy(&s->ended);
    free(s->running);
    free(s->feeds);
    free(s->feed_of);
    free(s);
}

ink_status ink_scheduler_open(ink_llm *llm, const ink_scheduler_options *options, ink_scheduler **out, ink_err *err)
{
    ink_scheduler *s = calloc(1, sizeof *s);
    if (!s)
        return ink_fail(err, INK_E_MEMORY, "no memory for a scheduler");
    s->llm = llm;
    s->o = options ? *options : (ink_scheduler_options){ 0 };
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->wake, NULL);
    pthread_cond_init(&s->ended, NULL);
    ink_status status = scheduler_setup(s, err);
    if (status)
        scheduler_free(s);
    else
        *out = s;
    return status;
}

void ink_scheduler_close(ink_scheduler *s)
{
    if (!s)
        return;
    pthread_mutex_lock(&s->lock);
    s->closing = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    scheduler_free(s);
}

ink_scheduler_state ink_scheduler_look(ink_scheduler *s)
{
    pthread_mutex_lock(&s->lock);
    ink_scheduler_state state = s->state;
    pthread_mutex_unlock(&s->lock);
    return state;
}
