/* ink/score.h: how likely a language model finds given continuations of a text. One thread at a time for an ink_llm. */
#ifndef INK_SCORE_H
#define INK_SCORE_H

#include <ink/llm.h>

typedef struct ink_score {
    double logprob;   /* ln p of the continuation after the prompt: the sum over its tokens */
    size_t tokens;    /* that were scored: those after what both texts' ids begin with in common */
    bool greedy;      /* each was the likeliest where it stood */
} ink_score;

/* `prompt` as ink_prompt_ids reads it; `continuation` is written right behind it, and the whole is made into ids, as a text would be.
   A model that reads one text and writes another (ink_llm_reads) reads the prompt, and writes the continuation alone.
   The prompt is computed once for all of them. scores [count]. INK_E_ARGUMENT: nothing is left to be scored, or nothing to go on from;
   INK_E_LIMIT: it does not fit the context. */
INK_API ink_status ink_score_continuations(ink_llm *llm, const char *prompt, const char *const *continuations, size_t count, ink_score *scores, ink_err *err);

#endif
