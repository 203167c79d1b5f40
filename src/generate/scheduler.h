/* Inside a scheduler: requests with their lanes, and what a step shares with the thread that takes it. */
#ifndef INK_GENERATE_SCHEDULER_H
#define INK_GENERATE_SCHEDULER_H

#include "generate/answer.h"
#include "generate/prefixes.h"

#include <ink/scheduler.h>

#include <pthread.h>
#include <stdatomic.h>

enum { SCHEDULER_PIECE = 32 }; /* the least of a prompt in a step, in tokens */

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
    int32_t *source;          /* what is read first, by a model that does */
    size_t source_count;
    scheduler_lane *lanes;    /* [answers] */
    bool aside;               /* steered: computed by ink_generate, a step in turns with everybody else's */
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

typedef struct scheduler_errand { /* what somebody waits for, done between two steps */
    struct scheduler_errand *next;
    uint64_t owner;
    const int32_t *ids;             /* to save; NULL: to restore */
    size_t count, *tokens;
    const char *path;
    ink_status status;
    ink_err *err;
    bool done;
} scheduler_errand;

struct ink_scheduler {
    ink_llm *llm;
    ink_scheduler_options o;
    size_t vocab;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake, ended; /* for the thread: there is work; for those who wait: a request is done */
    ink_request *queue;         /* in the order of coming */
    scheduler_errand *errands;
    bool closing;
    uint64_t tickets, round;    /* the round that is being served */
    ink_scheduler_state state;  /* what others may look at */
    ink_scheduler_state work;   /* what the thread counts; becomes part of state between steps */
    ink_request **running;      /* [o.active], in the order of coming */
    size_t running_count, lanes;
    ink_request *aside;         /* the one that is steered, of several the first */
    ink_prefixes prefixes;
    ink_feed *feeds;            /* [o.active] of a step, as are the following */
    scheduler_feed *feed_of;
    size_t feed_count, answering, prompt_rows; /* feeds; those of them that are answers' next tokens; rows of the others */
    double answers_seconds;     /* of a step with answers alone, lately; 0: not known yet */
    double seconds_per_row;     /* of prompts, lately; 0: not known yet */
};

/* ---- lanes ---- */

static inline ink_growing *scheduler_growing(const ink_request *r, size_t lane)
{
    return &r->answering.answers[lane];
}

static inline size_t scheduler_computed(const ink_request *r, size_t lane)
{
    return r->lanes[lane].seq ? ink_seq_length(r->lanes[lane].seq) : 0;
}

static inline size_t scheduler_missing(const ink_request *r, size_t lane)
{
    return scheduler_growing(r, lane)->all_count - scheduler_computed(r, lane);
}

/* Until the prompt is computed only the first lane has anything to do. */
static inline bool scheduler_lane_runs(const ink_request *r, size_t lane)
{
    return !scheduler_growing(r, lane)->done && !r->lanes[lane].paused && (r->started || !lane);
}

/* Takes room from what is kept, and then from the youngest lanes, until there is so much room or there is nothing left to take. */
void ink_scheduler_make_room(ink_scheduler *s, size_t tokens);
/* Runs who waits for an errand (scheduler_errand.c). On the scheduler's thread; the lock is held, but for the work itself. */
void ink_scheduler_run_errands(ink_scheduler *s);
/* Computes one step for all that run (scheduler_step.c). On the scheduler's thread. */
void ink_scheduler_step(ink_scheduler *s);

#endif
