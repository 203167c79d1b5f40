/* ink/scheduler.h: requests of many users on one language model. A thread of its own takes steps; each step is one ragged batch:
   first the next token of everybody who is answering, then pieces of prompts, up to a budget of tokens. What a prompt shares with
   another one of its owner, or with a conversation that was answered before, is computed once. The answer to a request is, bit for bit, what
   ink_generate gives for the same prompt, options and seed, whoever else is there; one that is guided, contrasted or shifted is computed beside the
   batch, one such at a time, its steps in turns with the batch's (vLLM's scheduler, v1/core/sched: one count of
   computed tokens for each sequence, and no phases). Any number of threads may call. */
#ifndef INK_SCHEDULER_H
#define INK_SCHEDULER_H

#include <ink/generate.h>

typedef struct ink_scheduler_options {
    size_t step_tokens;  /* tokens of a step at most; 0: 512 */
    size_t active;       /* answers computed side by side at most; 0: 64 */
    size_t queue;        /* requests that wait at most; 0: 256 */
    size_t cached;       /* finished sequences kept for prompts that begin alike, while there is room; 0: 256 */
    size_t cached_tokens; /* of these at most, each sequence in whole blocks of 64; 0: as many as there is room for */
    double step_seconds; /* how long pieces of prompts may keep those who are answering waiting, at most; 0: 0.2. They do so for no longer than one and a half steps of answers take, or 0.03 */
    void (*turn)(void *user, bool begin); /* around every step, for programs where others compute too; may wait. NULL: nothing */
    void *user;
} ink_scheduler_options;

typedef struct ink_scheduler ink_scheduler;
/* Nobody else uses the llm until the scheduler is closed; it is not closed with it. options NULL: all zero. */
INK_API ink_status ink_scheduler_open(ink_llm *llm, const ink_scheduler_options *options, ink_scheduler **out, ink_err *err);
INK_API void ink_scheduler_close(ink_scheduler *s); /* ends what runs as if asked to. NULL is fine; after its requests are freed */

typedef struct ink_request ink_request;
/* ids: the whole prompt, copied. options: copied, what it points to is borrowed until the request is done; its functions are called
   on the scheduler's thread, between or inside steps, and must not wait. owner: who asks; owners take turns, and
   none can tell by the time an answer takes what another asked. done (may be NULL):
   called last, with options->user.
   INK_E_BUSY: as many requests wait as may. Otherwise as ink_generate refuses. */
INK_API ink_status ink_scheduler_submit(ink_scheduler *s, const int32_t *ids, size_t count, uint64_t owner, const ink_generate_options *options,
                                        void (*done)(void *user), ink_request **out, ink_err *err);
INK_API void ink_request_cancel(ink_request *r); /* it ends within a step, as if stop() had said so */
INK_API bool ink_request_is_done(ink_request *r);
/* Waits for the end. The result is the request's; inside its functions and before the end it may be looked at from there only. */
INK_API ink_status ink_request_wait(ink_request *r, ink_err *err);
INK_API const ink_generation *ink_request_result(const ink_request *r);
INK_API void ink_request_free(ink_request *r); /* cancels and waits where it must; not in its own functions. NULL is fine */

/* What is kept of an owner's prompt that was computed, to a file, and back among what is kept: its beginning need not be computed again. Between two steps;
   both wait for that. tokens: how many. INK_E_NOT_FOUND: nothing is kept of it. Files: ink_seq_save. */
INK_API ink_status ink_scheduler_save(ink_scheduler *s, uint64_t owner, const int32_t *ids, size_t count, const char *path, size_t *tokens, ink_err *err);
INK_API ink_status ink_scheduler_restore(ink_scheduler *s, uint64_t owner, const char *path, size_t *tokens, ink_err *err);

typedef struct ink_scheduler_state {
    size_t waiting, active;              /* requests */
    size_t cached;                       /* sequences kept */
    uint64_t requests, refused, cancelled;
    uint64_t prompt_tokens, reused_tokens, new_tokens; /* computed of prompts; not computed, because they were there; answers' */
    uint64_t steps, preempted;
    double step_seconds;                 /* all steps together */
} ink_scheduler_state;
INK_API ink_scheduler_state ink_scheduler_look(ink_scheduler *s);

#endif
