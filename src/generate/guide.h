/* Guidance (Sanchez et al. 2023, section 2, after Ho and Salimans 2022): what the model would say of another beginning, the negative one, is what
   choices are driven away from: log p = negative + s (own - negative), of log-probabilities. The other beginning goes on with the same answer. */
#ifndef INK_GENERATE_GUIDE_H
#define INK_GENERATE_GUIDE_H

#include "generate/answer.h"

typedef struct ink_guide ink_guide;
/* *out NULL: the options ask for none. prompt: its last token is the other beginning where options name none. INK_E_LIMIT: it does not fit. */
ink_status ink_guide_new(const ink_answering *a, ink_llm *llm, const int32_t *prompt, size_t count, ink_guide **out, ink_err *err);
void ink_guide_free(ink_guide *g); /* NULL is fine */
ink_status ink_guide_begin(ink_guide *g, ink_err *err);          /* computes the other beginning: what it says is noted */
ink_status ink_guide_fork(ink_guide *g, size_t answer, ink_err *err); /* for an answer besides the first */
ink_seq *ink_guide_seq(const ink_guide *g, size_t answer);
void ink_guide_note(ink_guide *g, const float *logits);          /* what the other beginning says */
const float *ink_guide_mix(ink_guide *g, const float *logits);   /* with what was noted last; valid until the next call */

#endif
