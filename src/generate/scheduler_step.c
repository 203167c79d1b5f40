/* A step: who is computed, how much of each, and what comes of it. */
#include "base/clock.h"
#include "generate/scheduler.h"

#include <stdlib.h>

enum { SCHEDULER_WORTH = 64 }; /* tokens that are worth waiting for somebody else's */
static const double scheduler_patience = 0.03; /* seconds that nobody notices between two tokens */

/* The longest beginning that another lane of the same owner shares: of what it has computed, or of all that it is going to compute. */
static size_t scheduler_shared(const ink_scheduler *s, const ink_request *r, const ink_growing *g, bool computed, ink_seq **from)
{
    size_t best = 0;
    for (size_t i = 0; i < s->running_count; i++) {
        const ink_request *other = s->running[i];
        if (!computed && other == r) /* only those who came before are waited for */
            break;
        for (size_t lane = 0; lane < other->answering.count && other->owner == r->owner; lane++) {
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

static bool scheduler_holds(const ink_scheduler *s)
{
    for (size_t i = 0; i < s->running_count; i++)
        for (size_t lane = 0; lane < s->running[i]->answering.count; lane++)
            if (s->running[i]->lanes[lane].seq)
                return true;
    return false;
}

/* Where something is read first, only lanes of the same request share anything: what was read. *wait: there is no room for it yet. */
static ink_status scheduler_read(ink_scheduler *s, ink_request *r, size_t lane, bool *wait, ink_err *err)
{
    ink_seq **seq = &r->lanes[lane].seq;
    for (size_t i = 0; i < r->answering.count; i++)
        if (r->lanes[i].seq)
            return ink_seq_fork(r->lanes[i].seq, 0, seq, err);
    const bool others = scheduler_holds(s);
    INK_TRY(ink_seq_new(s->llm, seq, err));
    ink_status status = ink_seq_read(*seq, r->source, r->source_count, err);
    if (!status) {
        r->out.prompt_tokens = r->source_count;
        return INK_OK;
    }
    ink_seq_free(*seq);
    *seq = NULL;
    *wait = status == INK_E_LIMIT && others;
    return *wait ? INK_OK : status;
}

/* A sequence for a lane that has none, beginning with what is computed already; at least one token is computed anew, for its logits.
   *wait: somebody is computing so much of the same that waiting is better. */
static ink_status scheduler_bind(ink_scheduler *s, ink_request *r, size_t lane, bool *wait, ink_err *err)
{
    const ink_growing *g = scheduler_growing(r, lane);
    ink_seq *from = NULL, *unused = NULL;
    *wait = false;
    if (r->source)
        return scheduler_read(s, r, lane, wait, err);
    size_t kept, best = scheduler_shared(s, r, g, true, &from);
    const ink_prefix *p = ink_prefixes_find(&s->prefixes, r->owner, g->all, g->all_count, &kept);
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

/* Tokens of prompts in this step: all that fit when nobody is kept waiting, else as many as make the step two and a half times as long at most, or keep it too short to be
   noticed: answers come evenly, and pieces are large enough to be computed well (64 rows and more). */
static size_t scheduler_budget(const ink_scheduler *s)
{
    size_t room = s->o.step_tokens > s->feed_count ? s->o.step_tokens - s->feed_count : 0;
    if (!s->feed_count || s->seconds_per_row <= 0)
        return room;
    double seconds = 1.5 * s->answers_seconds > scheduler_patience ? 1.5 * s->answers_seconds : scheduler_patience;
    double most = (seconds < s->o.step_seconds ? seconds : s->o.step_seconds) / s->seconds_per_row;
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
    s->answering = s->feed_count;
    scheduler_deal(s, list, scheduler_gather_prompts(s, list));
    s->prompt_rows = 0;
    for (size_t i = s->answering; i < s->feed_count; i++)
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

/* The last lane to have come loses its keys and values; false when it is the only one that has any, and nobody steered goes on without it. */
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
    if (have < (s->aside ? 1 : 2))
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

void ink_scheduler_make_room(ink_scheduler *s, size_t tokens)
{
    while (ink_llm_room(s->llm) < tokens && (ink_prefixes_evict(&s->prefixes) || scheduler_preempt(s)))
        ;
}

static double scheduler_lately(double was, double is)
{
    return was > 0 ? 0.75 * was + 0.25 * is : is;
}

static void scheduler_note(ink_scheduler *s, double seconds)
{
    const double prompts = seconds - (s->answering ? s->answers_seconds : 0);
    s->work.steps++;
    s->work.step_seconds += seconds;
    s->work.prompt_tokens += s->prompt_rows;
    if (!s->prompt_rows && s->answering)
        s->answers_seconds = scheduler_lately(s->answers_seconds, seconds);
    if (s->prompt_rows >= 16 && prompts > 0) /* what a row costs when there are many */
        s->seconds_per_row = scheduler_lately(s->seconds_per_row, prompts / (double)s->prompt_rows);
    for (size_t i = 0; i < s->feed_count; i++) {
        ink_request *r = s->feed_of[i].r;
        if (!s->feed_of[i].lane && r->options.progress && scheduler_computed(r, 0) <= r->prompt)
            r->options.progress(r->options.user, scheduler_computed(r, 0), r->prompt);
    }
}

void ink_scheduler_step(ink_scheduler *s)
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
