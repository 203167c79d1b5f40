/* Guessing what comes next, so that one step computes several tokens: Leviathan et al. 2023 with another model, Saxena 2023 from what was
   said before. A guess that the model would not have chosen is thrown away, so answers are what they would be without; and because a
   choice depends on seed, stream and position alone, that holds for drawn ones too. Whether guessing pays is measured as it goes. */
#ifndef INK_GENERATE_GUESS_H
#define INK_GENERATE_GUESS_H

#include "generate/answer.h"

enum { INK_GUESSES = 15 }; /* of a step at most */

/* ---- whether it pays (guess.c) ---- */

typedef struct ink_guesser ink_guesser;
/* NULL when the options ask for none. INK_E_ARGUMENT: they do, but the model is of other words, or something else stands in the way. */
ink_status ink_guesser_new(const ink_answering *a, ink_llm *llm, ink_guesser **out, ink_err *err);
void ink_guesser_free(ink_guesser *g); /* NULL is fine */
/* What may follow all[0, count); *n: how many, at most `most`, and 0 where it would not pay. */
ink_status ink_guesser_guess(ink_guesser *g, const int32_t *all, size_t count, size_t most, int32_t ids[INK_GUESSES], size_t *n, ink_err *err);
/* The step with the last guesses took so long, and so many of them were right. */
void ink_guesser_learn(ink_guesser *g, size_t right, double seconds);

/* ---- where guesses come from ---- */

/* The longest end of all[0, count) that stands in it before, of equals the latest: where what followed it begins, or 0. *length: of that end. */
enum { INK_LOOKUP_LONGEST = 15 };
size_t ink_lookup_find(const int32_t *all, size_t count, size_t *length);

typedef struct ink_draft ink_draft; /* guess_draft.c */
ink_status ink_draft_new(const ink_answering *a, ink_draft **out, ink_err *err);
void ink_draft_free(ink_draft *d); /* NULL is fine */
/* n guesses; fewer, even none, where its context ends. */
ink_status ink_draft_guess(ink_draft *d, const int32_t *all, size_t count, int32_t *ids, size_t *n, ink_err *err);

#endif
