/* What models that read one sequence and write another learn from: pairs, or texts whose spans are gone (Raffel et al. 2020, section 3.1.4):
   read is the text with a sentinel for each span, written are the sentinels, each with its span. Which spans is a function of seed, round and
   place alone, so that a run that goes on from a checkpoint loses the same. */
#ifndef INK_TRAIN_SPAN_H
#define INK_TRAIN_SPAN_H

#include "train/examples.h"

enum { INK_SENTINELS = 256, INK_SPAN_ROOM = 2 /* tokens that a side may have more than its text */ };

typedef struct ink_spans {
    double part, mean;                /* of the tokens that are lost; tokens of a span */
    int32_t sentinels[INK_SENTINELS]; /* in their order; a text has no more spans */
    size_t sentinel_count;
    int32_t start, end;               /* what is written begins with, both sides end with; end -1: with nothing */
    uint64_t seed;
} ink_spans;

typedef struct ink_pair { /* a sample: borrowed */
    const int32_t *read, *ids, *targets; /* ids: what is written, a token later */
    size_t read_count, count;
} ink_pair;

/* Whether a sample's spans are drawn: its first says so (examples.h); otherwise it is a pair. */
static inline bool ink_spans_draws(const ink_spans *s, const ink_examples *e, size_t which) { return s && e->firsts[which] < 0; }
ink_pair ink_pair_of(const ink_examples *e, size_t which);
size_t ink_spans_count(const ink_spans *s, const ink_examples *e, size_t which); /* tokens that are written */
/* What the spans of this round leave, in rooms for the sample's length and INK_SPAN_ROOM more. */
ink_pair ink_spans_sample(const ink_spans *s, uint64_t round, const ink_examples *e, size_t which, int32_t *read, int32_t *ids, int32_t *targets);

#endif
