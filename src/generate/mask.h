/* A constraint over logits: what may not come next is ruled out before anything is chosen. */
#ifndef INK_GENERATE_MASK_H
#define INK_GENERATE_MASK_H

#include <ink/constraint.h>
#include <ink/model.h>

typedef struct ink_mask { /* start as { 0 } */
    ink_constraint *constraint; /* NULL: everything may come */
    size_t vocab;
    float *allowed;             /* [vocab] */
    int32_t *ends;              /* tokens that end an answer where it may end */
    size_t end_count;
} ink_mask;

/* `most` tokens must be enough for a whole answer: INK_E_ARGUMENT says how many are. */
ink_status ink_mask_check(ink_constraint *c, size_t most, ink_err *err);
ink_status ink_mask_init(ink_mask *m, ink_constraint *c, const ink_model *model, bool ignore_end, ink_err *err);
void ink_mask_clear(ink_mask *m);
/* The logits with -infinity for what may not come when `left` tokens may; without a constraint, the logits themselves. */
ink_status ink_mask_apply(ink_mask *m, ink_constraint_state at, size_t left, const float **logits, ink_err *err);
/* Goes on past a token. *whole: nothing may follow, the answer is complete. */
ink_status ink_mask_take(ink_mask *m, ink_constraint_state *at, int32_t id, size_t left, bool *whole, ink_err *err);

#endif
