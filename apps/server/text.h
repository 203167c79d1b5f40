/* Text for one call: prompts go to a model's scheduler, pieces of answers come back through a letter box that the call's own thread
   empties. The client's going away ends it. */
#ifndef SERVER_TEXT_H
#define SERVER_TEXT_H

#include "server/models.h"

typedef struct srv_text srv_text;

/* Takes `ids` (count of them), the model, and options->constraint over, also when it fails. Without a constraint, the body's own is made. options: answers, sampling,
   stops, …; its functions are set here. Answers are numbered through: those of the second prompt follow those of the first. */
ink_status srv_text_start(srv_call *c, srv_model *model, ink_ids *ids, size_t count, const ink_generate_options *options, srv_text **out, ink_err *err);
void srv_text_free(srv_text *t); /* cancels what runs; NULL is fine */

typedef struct srv_piece {
    size_t answer;
    const char *text;            /* until the next piece is asked for */
    size_t size;
    size_t first, tokens;        /* of the answer's tokens, those that came since the last piece */
    const ink_logprob *logprobs; /* [tokens][options->logprobs] */
} srv_piece;
typedef enum srv_next { SRV_PIECE, SRV_LATE, SRV_OVER } srv_next;
srv_next srv_text_next(srv_text *t, double seconds, srv_piece *out); /* SRV_LATE: nothing came in that time */

ink_status srv_text_wait(srv_text *t, ink_err *err); /* all answers are complete, or why not */

/* After SRV_OVER or the wait. */
size_t srv_text_answers(const srv_text *t);
const ink_answer *srv_text_answer(const srv_text *t, size_t i);
srv_model *srv_text_model(const srv_text *t);

typedef struct srv_usage {
    size_t prompt, cached, completion; /* tokens; cached: of the prompt, not computed again */
    double prompt_seconds, seconds;    /* until the first token; after it */
    double load_seconds, total_seconds;
} srv_usage;
srv_usage srv_text_usage(const srv_text *t);
void srv_timings(ink_jot *j, const srv_usage *u); /* under "timings", as llama.cpp's server writes them */

const char *srv_finish(ink_finish f); /* "stop" or "length" */

#endif
