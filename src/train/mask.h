/* Masked words (Devlin et al. 2018, section 3.1): which tokens of a sample are asked for, and what stands in their places. A function of
   seed, round and place alone, so that a run that goes on from a checkpoint asks for the same. */
#ifndef INK_TRAIN_MASK_H
#define INK_TRAIN_MASK_H

#include "train/examples.h"

typedef struct ink_masking {
    double part;    /* of the tokens that may be asked for */
    int32_t mask;   /* the token that stands for a gap */
    size_t vocab;
    uint64_t seed;
} ink_masking;

/* Whether a sample is masked: its first says so (examples.h); otherwise its labels are what is asked for. */
static inline bool ink_masks(const ink_masking *m, const ink_examples *e, size_t which) { return m && e->firsts[which] >= 0; }
/* How many tokens of the sample are asked for in this round: at least one, where one may be. */
size_t ink_mask_count(const ink_masking *m, uint64_t round, const ink_examples *e, size_t which);
/* The sample as it is shown, and its labels; room for all of it in both. Of what is asked for, eight of ten are gaps, one of ten is another token, and one
   is what it is. */
void ink_mask_sample(const ink_masking *m, uint64_t round, const ink_examples *e, size_t which, int32_t *ids, int32_t *targets);

#endif
