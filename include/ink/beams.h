/* ink/beams.h: the likeliest whole answers, by beam search: at every step the most probable beginnings stay, and ended ones are kept by
   log-probability / length^length_penalty. Sequences and scores are those of transformers' generate(num_beams=…). Beams share keys and
   values of what they have in common. One thread at a time for an ink_llm. */
#ifndef INK_BEAMS_H
#define INK_BEAMS_H

#include <ink/generate.h>

enum { INK_BEAMS_MOST = 64 };

/* When the search ends (transformers' early_stopping: False, True, "never"): as soon as the likeliest beginning, scored at its present length, is no better
   than the worst of as many ended answers as there are beams; as soon as there are so many; or when, for a positive penalty scored at the full
   length, it could not become better. */
typedef enum ink_beam_end { INK_BEAM_END_LIKELY, INK_BEAM_END_FIRST, INK_BEAM_END_NEVER } ink_beam_end;

typedef struct ink_beam_options {
    size_t beams;          /* 1 to INK_BEAMS_MOST */
    size_t best;           /* answers that are wanted, at most `beams`; 0: 1 */
    size_t most;           /* new tokens of an answer; 0: as many as the context has room for */
    double length_penalty; /* 1 is usual; more favours long answers, 0 or less short ones */
    ink_beam_end end;
    bool special;          /* write control tokens into the text */
    bool (*stop)(void *user); /* asked between steps; may be NULL */
    void *user;
} ink_beam_options;

/* ids: the whole prompt. The llm needs room for the tokens of all beams. out: the best answers, the best first, each with its score; ended by
   stop(), what there is. INK_E_ARGUMENT: impossible numbers; INK_E_LIMIT as ink_generate. */
INK_API ink_status ink_beams(ink_llm *llm, const int32_t *ids, size_t count, const ink_beam_options *options, ink_generation *out, ink_err *err);

#endif
