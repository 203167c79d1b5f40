/* The scheduler. A request has a lane for each of its answers; a lane knows its tokens (prompt and answer so far) and how many of
   them are computed. Steps close the distance: one token for who is answering, many for a prompt, or for a lane that lost its keys
   and values because there was no room. Lists of running requests belong to the scheduler's thread, the queue to the lock. */
#include "base/clock.h"
#include "generate/answer.h"
#include "generate/prefixes.h"

#include <ink/scheduler.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { SCHEDULER_STEP = 512, SCHEDULER_ACTIVE = 64, SCHEDULER_QUEUE = 256, SCHEDULER_CACHED = 256 };
enum { SCHEDULER_WORTH = 64, SCHEDULER_PIECE = 32 }; /* tokens that are worth waiting for somebody else's; the least of a prompt in a step */

typedef struct scheduler_lane {
    ink_seq *seq;   /* NULL: nothing is computed yet, or not any more */
    bool paused;    /* there was no room for it; it goes on when somebody ends */
} scheduler_lane;

struct ink_request {
    ink_scheduler *s;
    ink_request *next;        /* in the queue */
    ink_generate_options options;
    ink_answering answering;
    ink_generation out;
    void (*done)(void *user);
    uint64_t owner, ticket, round; /* the order of coming, and of turns */
    size_t prompt;            /* tokens */
    scheduler_lane *lanes;    /* [answers] */
    bool started;             /* the prompt is computed, and every answer has its first token */
    double admitted, first;   /* seconds */
    atomic_bool cancelled;
    bool is_done;             /* under the lock */
    ink_status status;
    ink_err err;
};

typedef struct scheduler_feed {
    ink_request *r;
    size_t lane;
} scheduler_feed;

struct ink_scheduler {
    ink_llm *llm;
    ink_scheduler_options o;
    size_t vocab;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake, ended; /* for the thread: there is work; for those who wait: a request is done */
    ink_request *queue;         /* in the order of coming */
    bool closing;
    uint64_t tickets, round;    /* the round that is being served */
    ink_scheduler_state state;  /* what others may look at */
    ink_scheduler_state work;   /* what the thread counts; becomes part of state between steps */
    ink_request **running;      /* [o.active], in the order of coming */
    size_t running_count, lanes;
    ink_prefixes prefixes;
    ink_feed *feeds;            /* [o.active] of a step, as are the following */
    scheduler_feed *feed_of;
    size_t feed_count, prompt_rows;
    double seconds_per_row;     /* of prompts, lately; 0: not known yet */
};

/* ---- lanes ---- */

static ink_growing *scheduler_growing(const ink_request *r, size_t lane)
{
    return &r->answering.answers[lane];
}

static size_t scheduler_computed(const ink_request *r, size_t lane)
{
    return r->lanes[lane].seq ? ink_seq_length(r->lanes[lane].seq) : 0;
}

static size_t scheduler_missing(const ink_request *r, size_t lane)
{
    return scheduler_growing(r, lane)->all_count - scheduler_computed(r, lane);
}

/* Until the prompt is computed only the first lane has anything to do. */
static bool scheduler_lane_runs(const ink_request *r, size_t lane)
{
    return !scheduler_growing(r, lane)->done && !r->lanes[lane].paused && (r->started || !lane);
}

/* The longest beginning that another lane shares: of what it has computed, or of all that it is going to compute. */
static size_t scheduler_shared(const ink_scheduler *s, const ink_request *r, const ink_growing *g, bool computed, ink_seq **from)
{
    size_t best = 0;
    for (size_t i = 0; i < s->running_count; i++) {
        const ink_request *other = s->running[i];
        if (!computed && other == r) /* only those who came before are waited for */
            break;
        for (size_t lane = 0; lane < other->answering.count; lane++) {
            const ink_growing *og = scheduler_growing(other, lane);
            if (og == g || (!computed && !scheduler_lane_runs(other, lane)))
                continue;
            size_t have = computed ? scheduler_computed(other, lane) : og->all_count;
            size_t same = ink_prefix_common(g->all, g->all_count, og->all, have);
            if (same > best) {
                best = same;
                *from = other->lanes[lane].seq;
            }
        }
    }
    return best;
}

/* A sequence for a lane that has none, beginning with what is computed already; at least one token is computed anew, for its logits.
   *wait: somebody is computing so much of the same that waiting is better. */
static ink_status scheduler_bind(ink_scheduler *s, ink_request *r, size_t lane, bool *wait, ink_err *err)
{
    const ink_growing *g = scheduler_growing(r, lane);
    ink_seq *from = NULL, *unused = NULL;
    size_t kept, best = scheduler_shared(s, r, g, true, &from);
    *wait = false;
    const ink_prefix *p = ink_prefixes_find(&s->prefixes, g->all, g->all_count, &kept);
    if (p && kept > best) {
        best = kept;
        from = p->seq;
    }
    if (scheduler_shared(s, r, g, false, &unused) >= best + SCHEDULER_WORTH) {
        *wait = true;
        return INK_OK;
    }
    best = best < g->all_count ? best : g->all_count - 1;
    if (!r->started) {
        s->work.reused_tokens += best;
        r->out.prompt_tokens = r->prompt - best;
    }
    return best ? ink_seq_fork(from, best, &r->lanes[lane].seq, err) : ink_seq_new(s->llm, &r->lanes[lane].seq, err);
}

/* ---- ends ---- */

/* Keys and values of the first answer stay, for prompts that begin alike; those of the others would seldom be asked for. */
static void scheduler_let_go(ink_scheduler *s, ink_request *r, size_t lane)
{
    ink_seq *seq = r->lanes[lane].seq;
    r->lanes[lane].seq = NULL;
    if (seq && !lane)
        ink_prefixes_keep(&s->prefixes, seq, scheduler_growing(r, lane)->all, ink_seq_length(seq));
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
    for (size_t i = 0; freed && i < kept; i++)
        for (size_t lane = 0; lane < s->running[i]->answering.count; lane++)
            s->running[i]->lanes[lane].paused = false;
}

/* ---- beginnings ---- */

/* Whose turn it is: rounds in which every owner has one request at most; in a round, who came first. The lock is held. */
static ink_request **scheduler_next(ink_scheduler *s)
{
    ink_request **best = NULL;
    for (ink_request **r = &s->queue; *r; r = &(*r)->next)
        if (!best || (*r)->round < (*best)->round)
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
    s->state.active = s->running_count;
    s->state.cached = s->prefixes.count;
}

/* ---- a step ---- */

static void scheduler_feed_add(ink_scheduler *s, ink_request *r, size_t lane, size_t n)
{
    const ink_growing *g = scheduler_growing(r, lane);
    size_t computed = scheduler_computed(r, lane);
    s->feeds[s->feed_count] = (ink_feed){ .seq = r->lanes[lane].seq, .ids = g->all + computed, .count = n,
                                          .want = computed + n == g->all_count ? INK_WANT_LAST : INK_WANT_NONE };
    s->feed_of[s->feed_count++] = (scheduler_feed){ r, lane };
}

/* Lanes that lack one token, and count as answering. */
static void scheduler_gather_answers(ink_scheduler *s)
{
    for (size_t i = 0; i < s->running_count; i++)
        for (size_t lane = 0; lane < s->running[i]->answering.count; lane++) {
            ink_request *r = s->running[i];
            if (r->started && r->lanes[lane].seq && scheduler_lane_runs(r, lane) && scheduler_missing(r, lane) == 1)
                scheduler_feed_add(s, r, lane, 1);
        }
}

/* Lanes with more to compute, each with a sequence: a list in the order of coming. */
static size_t scheduler_gather_prompts(ink_scheduler *s, scheduler_feed *list)
{
    size_t n = 0;
    for (size_t i = 0; i < s->running_count; i++)
        for (size_t lane = 0; lane < s->running[i]->answering.count; lane++) {
            ink_request *r = s->running[i];
            bool wait = false;
            if (r->status || !scheduler_lane_runs(r, lane) || (r->started && r->lanes[lane].seq && scheduler_missing(r, lane) == 1))
                continue;
            if (!r->lanes[lane].seq)
                r->status = scheduler_bind(s, r, lane, &wait, &r->err);
            if (!r->status && !wait)
                list[n++] = (scheduler_feed){ r, lane };
        }
    return n;
}

static int scheduler_by_missing(const void *a, const void *b)
{
    const scheduler_feed *x = a, *y = b;
    size_t m = scheduler_missing(x->r, x->lane), n = scheduler_missing(y->r, y->lane);
    return m != n ? (m < n ? -1 : 1) : x->r->ticket != y->r->ticket ? (x->r->ticket < y->r->ticket ? -1 : 1) : x->lane < y->lane ? -1 : 1;
}

/* Tokens of prompts in this step: all that fit when nobody is kept waiting, else as many as the time allows. */
static size_t scheduler_budget(const ink_scheduler *s)
{
    size_t room = s->o.step_tokens > s->feed_count ? s->o.step_tokens - s->feed_count : 0;
    if (!s->feed_count || s->seconds_per_row <= 0)
        return room;
    double most = s->o.step_seconds / s->seconds_per_row;
    size_t timely = most < SCHEDULER_PIECE ? SCHEDULER_PIECE : most < (double)room ? (size_t)most : room;
    return timely < room ? timely : room;
}

/* The oldest prompt has half of the budget for sure, so that it ends; the rest goes to those that lack least. */
static void scheduler_deal(ink_scheduler *s, scheduler_feed *list, size_t count)
{
    size_t left = scheduler_budget(s);
    if (!count || !left)
        return;
    const scheduler_feed oldest = list[0];
    size_t need = scheduler_missing(oldest.r, oldest.lane), half = (left + 1) / 2, sure = need < half ? need : half;
    qsort(list + 1, count - 1, sizeof *list, scheduler_by_missing);
    for (size_t i = 1; i < count && left > sure; i++) {
        size_t lacks = scheduler_missing(list[i].r, list[i].lane), n = lacks < left - sure ? lacks : left - sure;
        scheduler_feed_add(s, list[i].r, list[i].lane, n);
        left -= n;
    }
    scheduler_feed_add(s, oldest.r, oldest.lane, need < left ? need : left);
}

static void scheduler_gather(ink_scheduler *s)
{
    scheduler_feed *list = s->feed_of + s->o.active; /* the second half of the room */
    s->feed_count = 0;
    scheduler_gather_answers(s);
    size_t answering = s->feed_count;
    scheduler_deal(s, list, scheduler_gather_prompts(s, list));
    s->prompt_rows = 0;
    for (size_t i = answering; i < s->feed_count; i++)
        s->prompt_rows += s->feeds[i].count;
}

static void scheduler_first(ink_scheduler *s, ink_request *r, const float *logits)
{
    r->started = true;
    r->first = ink_clock_seconds();
    r->out.prompt_seconds = r->first - r->admitted;
    for (size_t i = 0; i < r->answering.count && !r->status; i++) {
        r->status = ink_answering_choose(&r->answering, i, logits, &r->err);
        s->work.new_tokens++;
    }
}

static void scheduler_on_logits(void *user, size_t feed, size_t index, const float *logits)
{
    ink_scheduler *s = user;
    ink_request *r = s->feed_of[feed].r;
    (void)index;
    if (!r->started) {
        scheduler_first(s, r, logits);
        return;
    }
    r->out.steps_tokens++;
    s->work.new_tokens++;
    if (!r->status)
        r->status = ink_answering_choose(&r->answering, s->feed_of[feed].lane, logits, &r->err);
}

/* The last lane to have come loses its keys and values; false when it is the only one that has any. */
static bool scheduler_preempt(ink_scheduler *s)
{
    scheduler_lane *last = NULL;
    size_t have = 0;
    for (size_t i = 0; i < s->running_count; i++)
        for (size_t lane = 0; lane < s->running[i]->answering.count; lane++)
            if (s->running[i]->lanes[lane].seq) {
                last = &s->running[i]->lanes[lane];
                have++;
            }
    if (have < 2)
        return false;
    ink_seq_free(last->seq);
    *last = (scheduler_lane){ .paused = true };
    s->work.preempted++;
    return true;
}

/* Computes; where there is no room, old sequences go first and then the youngest lane. */
static ink_status scheduler_compute(ink_scheduler *s, ink_err *err)
{
    for (;;) {
        scheduler_gather(s);
        if (!s->feed_count)
            return INK_OK;
        ink_status status = ink_llm_step(s->llm, s->feeds, s->feed_count, scheduler_on_logits, s, err);
        if (status != INK_E_LIMIT || (!ink_prefixes_evict(&s->prefixes) && !scheduler_preempt(s)))
            return status;
    }
}

static void scheduler_note(ink_scheduler *s, double seconds)
{
    s->work.steps++;
    s->work.step_seconds += seconds;
    s->work.prompt_tokens += s->prompt_rows;
    if (s->prompt_rows >= 16) { /* what a row costs when there are many; answers' rows cost the same */
        double row = seconds / (double)(s->feed_count + s->prompt_rows);
        s->seconds_per_row = s->seconds_per_row > 0 ? 0.75 * s->seconds_per_row + 0.25 * row : row;
    }
    for (size_t i = 0; i < s->feed_count; i++) {
        ink_request *r = s->feed_of[i].r;
        if (!s->feed_of[i].lane && r->options.progress && scheduler_computed(r, 0) <= r->prompt)
            r->options.progress(r->options.user, scheduler_computed(r, 0), r->prompt);
    }
}

static void scheduler_step(ink_scheduler *s)
{
    ink_err err;
    if (s->o.turn)
        s->o.turn(s->o.user, true);
    double begin = ink_clock_seconds();
    ink_status status = scheduler_compute(s, &err);
    scheduler_note(s, ink_clock_seconds() - begin);
    if (s->o.turn)
        s->o.turn(s->o.user, false);
    for (size_t i = 0; status && i < s->running_count; i++) { /* nothing can be computed: everybody is told */
        s->running[i]->status = status;
        s->running[i]->err = err;
    }
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

static void *scheduler_loop(void *user)
{
    ink_scheduler *s = user;
    pthread_mutex_lock(&s->lock);
    while (!s->closing) {
        scheduler_sweep_queue(s);
        scheduler_admit(s);
        while (!s->running_count && !s->queue && !s->closing)
            pthread_cond_wait(&s->wake, &s->lock);
        pthread_mutex_unlock(&s->lock);
        if (s->running_count)
            scheduler_step(s);
        scheduler_sweep(s);
        pthread_mutex_lock(&s->lock);
    }
    scheduler_drop_queue(s);
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

static void scheduler_request_free(ink_request *r)
{
    ink_answering_release(&r->answering);
    ink_generation_clear(&r->out);
    free(r->lanes);
    free(r);
}

static ink_status scheduler_check(const ink_scheduler *s, const ink_request *r, const int32_t *ids, size_t count, ink_err *err)
{
    for (size_t i = 0; i < count; i++)
        if (ids[i] < 0 || (size_t)ids[i] >= s->vocab)
            return ink_fail(err, INK_E_ARGUMENT, "token %zu of the prompt is %d, which is outside the vocabulary of %zu", i + 1, (int)ids[i], s->vocab);
    if (r->answering.count > s->o.active)
        return ink_fail(err, INK_E_LIMIT, "%zu answers to one prompt: at most %zu are computed side by side", r->answering.count, s->o.active);
    return INK_OK;
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
    ink_status status = ink_answering_begin(&r->answering, s->llm, ids, count, &r->options, &r->out, err);
    if (!status)
        status = scheduler_check(s, r, ids, count, err);
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

ink_scheduler_state ink_scheduler_look(ink_scheduler *s)
{
    pthread_mutex_lock(&s->lock);
    ink_scheduler_state state = s->state;
    pthread_mutex_unlock(&s->lock);
    return state;
}
