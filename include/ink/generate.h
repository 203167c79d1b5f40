/* ink/generate.h: the loop that makes text: prompt in, tokens out, until an end token, a stop string, a number of tokens or
   the end of the context. Several answers to one prompt share its keys and values and are computed side by side; each is
   the same, bit for bit, as if it had been alone. One thread at a time for an ink_llm. */
#ifndef INK_GENERATE_H
#define INK_GENERATE_H

#include <ink/constraint.h>
#include <ink/llm.h>
#include <ink/sampler.h>

typedef enum ink_finish { INK_FINISH_LENGTH, INK_FINISH_END, INK_FINISH_STOP, INK_FINISH_ASKED } ink_finish; /* room or number used up; end token; stop string; stop() */
INK_API const char *ink_finish_name(ink_finish f); /* "length", "end", "stop", "asked" */

typedef struct ink_generate_options {
    ink_sampling sampling;
    size_t most;         /* new tokens of an answer; 0: as many as the context has room for */
    size_t answers;      /* 0 means 1; answer i draws from stream i of the seed */
    const char *const *stops; /* an answer ends where one of these texts begins; it does not become part of it */
    size_t stop_count;
    size_t logprobs;     /* kept for each token: the chosen one, then the logprobs - 1 likeliest; 0: none */
    bool ignore_end;     /* go on past end tokens */
    ink_constraint *constraint; /* what an answer must be; NULL: anything. Borrowed; `most` too small for a whole answer is INK_E_ARGUMENT */
    bool special;        /* write control tokens into the text */
    /* Guessing what comes next, so that several tokens are computed at once: one answer's text is the same with and without. It ends
       by itself where it does not pay. Not both; not by a scheduler. */
    bool lookup;         /* by what followed the same words before, in the prompt or the answer */
    ink_llm *draft;      /* by a smaller model with the same vocabulary (INK_E_ARGUMENT otherwise). Borrowed; NULL: none */
    /* Guidance: choices by negative + guidance × (own - negative), log-probabilities of the model after the prompt and after another beginning, which
       goes on with the same answer. Not with guesses. */
    double guidance;     /* 0 or 1: none */
    const int32_t *negative; /* the other beginning, borrowed; none: the prompt's last token */
    size_t negative_count;
    /* Contrastive search: nothing is drawn; of the contrast_of likeliest tokens the one with the most (1 - contrast) p - contrast × (its likeness, at most,
       to the text so far, of rows after the last norm). One answer, of a model opened with `states`. */
    double contrast;     /* 0: none */
    size_t contrast_of;
    /* A text that outgrows the context goes on: the first `sinks` tokens stay, and of the others the oldest go, half of the room at a time; what stays is
       computed anew, at the places that it has now. most 0 then means as many as a context has. Plain answers only. */
    bool shift;
    size_t sinks;
    /* Each may be NULL. A piece is text that can no longer be taken back: whole UTF-8 characters (at an answer's very end:
       whatever is left), and nothing that might be the beginning of a stop string. Returning false ends the generation. */
    bool (*piece)(void *user, size_t answer, const char *bytes, size_t n);
    bool (*stop)(void *user);                                 /* asked between steps */
    void (*progress)(void *user, size_t done, size_t total);  /* of the prompt */
    void *user;
} ink_generate_options;

typedef struct ink_logprob {
    int32_t id;
    double logprob; /* ln p by the model itself, before any sampler */
} ink_logprob;

typedef struct ink_answer {
    ink_ids tokens;          /* the new ones; an end token that ended it is the last */
    char *text;              /* NUL-terminated, may hold bytes that are not UTF-8; NULL when the model has no tokenizer */
    size_t text_size;
    ink_logprob *logprobs;   /* [token][options.logprobs] */
    double score;            /* of beam search (ink/beams.h); 0 otherwise */
    ink_finish finish;
} ink_answer;

typedef struct ink_generation {
    ink_answer *answers;
    size_t count;
    uint64_t seed;           /* what was used */
    size_t prompt_tokens;    /* computed now: without those that the sequence already held */
    double prompt_seconds;
    size_t steps_tokens;     /* computed after the prompt, of all answers together */
    double steps_seconds;
    size_t guessed, accepted; /* tokens that were guessed, and those of them that became part of the answer */
} ink_generation;

/* ids: the whole prompt; a model that reads one text and writes another (ink_llm_reads) reads it, and answers with what it writes then. seq: where to
   compute it; what it holds already must be the beginning of the prompt, at least one id shorter, and afterwards it holds the prompt and what was
   computed of answer 0, or with `shift` what stayed of them; contrastive search leaves it as it was; for a model that reads it is empty at first.
   NULL: a sequence for the occasion. out is filled even when stop or piece ended it early; after a failure it is empty. */
INK_API ink_status ink_generate(ink_llm *llm, ink_seq *seq, const int32_t *ids, size_t count, const ink_generate_options *options, ink_generation *out, ink_err *err);
INK_API void ink_generation_clear(ink_generation *g);

/* Appends the ids of a prompt: special tokens written in it are read, and BOS comes first where the model wants one and the
   text does not begin with it. */
INK_API ink_status ink_prompt_ids(const ink_tokenizer *t, const char *text, size_t n, ink_ids *ids, ink_err *err);

/* The same for this model: one that reads a text is also told where it ends. */
INK_API ink_status ink_model_prompt_ids(const ink_model *m, const char *text, size_t n, ink_ids *ids, ink_err *err);

/* Whether a prompt and so many new tokens (0: at least one) fit a context: INK_E_LIMIT names both numbers. Asked by
   ink_generate too; a program asks it before it opens a model for nothing. */
INK_API ink_status ink_generate_fits(size_t prompt, size_t most, size_t context, ink_err *err);

#endif
