/* Answers to one prompt while they grow: settings checked once, then for every token the choice, its probabilities, its text,
   and whether it was the last. The loop (generate.c) and the scheduler decide when; what comes out is the same. */
#ifndef INK_GENERATE_ANSWER_H
#define INK_GENERATE_ANSWER_H

#include "generate/mask.h"
#include "generate/stream.h"
#include "kernels/kernels.h"

#include <ink/generate.h>

typedef struct ink_growing { /* one answer */
    ink_answer *out;
    bool done;
    ink_stream stream;
    int32_t *all;    /* the prompt, then the new tokens */
    size_t all_count;
    ink_constraint_state place; /* in what it must be, where options ask for something */
} ink_growing;

typedef struct ink_answering { /* start as { 0 } */
    const ink_generate_options *options;
    const ink_model *model;
    const ink_tokenizer *tokenizer; /* NULL: no text */
    ink_kernels kernels;
    ink_sampler *sampler;           /* made by ink_answering_sampler */
    size_t vocab, most;
    ink_growing *answers;
    size_t count;
    uint64_t *heap;
    ink_mask mask;
    ink_generation *out;
    bool stop;                      /* somebody asked */
} ink_answering;

/* Whether the prompt and the options make sense, and room for the answers. */
ink_status ink_answering_begin(ink_answering *a, ink_llm *llm, const int32_t *ids, size_t count, const ink_generate_options *options, ink_generation *out,
                               ink_err *err);
/* What choosing needs, which is large: not before something is to be chosen. */
ink_status ink_answering_sampler(ink_answering *a, ink_err *err);
/* One token more for an answer, by the logits after its last one. */
ink_status ink_answering_choose(ink_answering *a, size_t index, const float *logits, ink_err *err);
/* Its two halves, for whoever chooses in another way: what may come, and that this is the next token. */
ink_status ink_answering_allowed(ink_answering *a, size_t index, const float *logits, const float **allowed, ink_err *err);
ink_status ink_answering_take(ink_answering *a, size_t index, int32_t id, const float *logits, ink_err *err);
bool ink_answering_asked(ink_answering *a); /* whether piece() or stop() ended it */
void ink_answering_end(ink_answering *a);   /* answers that are not done were asked to stop: what is left of them is given */
void ink_answering_release(ink_answering *a); /* texts go to `out`; the rest is freed */

#endif
