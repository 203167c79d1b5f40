/* The tokens that may come next, while samplers work on them: parallel arrays that only shrink. A sampler is a const struct
   in samplers/NAME.c and a line in samplers.def; it knows its settings and this list, and nothing of models. */
#ifndef INK_GENERATE_CANDIDATES_H
#define INK_GENERATE_CANDIDATES_H

#include "generate/rank.h"

#include <ink/sampler.h>

typedef struct ink_candidates {
    const ink_kernels *kernels;
    size_t vocab, count;
    bool whole;              /* entry i is token i, and ids is not filled in */
    bool sorted;             /* the largest logit first */
    int32_t *ids;
    float *logits;           /* never NaN, never +infinity; -infinity rules a token out */
    float *p;                /* after ink_candidates_softmax */
    uint64_t *order;         /* what ink_rank fills */
    int32_t *spare_ids;      /* the next list, while it is gathered */
    float *spare_logits;
    uint32_t *seen;          /* [vocab], zero between uses */
    const int32_t *history;  /* all tokens so far */
    size_t history_count;
    double chance;           /* in [0, 1), of this position: for samplers that act at times; another number than what draws */
    double *memory;          /* of the answer, for a sampler whose settings move: NAN at its beginning */
} ink_candidates;

ink_status ink_candidates_init(ink_candidates *c, size_t vocab, const ink_kernels *kernels, ink_err *err);
void ink_candidates_clear(ink_candidates *c);
void ink_candidates_fill(ink_candidates *c, const float *logits); /* the whole vocabulary again */

static inline int32_t ink_candidates_id(const ink_candidates *c, size_t i)
{
    return c->whole ? (int32_t)i : c->ids[i];
}
size_t ink_candidates_find(const ink_candidates *c, int32_t id); /* its place; count when it is no candidate any more */
void ink_candidates_softmax(ink_candidates *c);
void ink_candidates_top(ink_candidates *c, size_t n);            /* the n largest logits stay, in order */
/* The entries of the largest keys stay, in order: as few as hold `mass` of the probability, at least one. Needs p. */
void ink_candidates_mass(ink_candidates *c, const float *keys, double mass);
void ink_candidates_at_least(ink_candidates *c, float p);        /* those of that probability or more stay. Needs p */
/* Cutting by hand: entry i stays as number n <= i, in order; then the list has `count`. */
void ink_candidates_keep(ink_candidates *c, size_t i, size_t n);
void ink_candidates_kept(ink_candidates *c, size_t count);
/* One, by its probability, which *p becomes; uniform in [0, 1). */
int32_t ink_candidates_draw(ink_candidates *c, double uniform, double *p);

/* ---- what a sampler is ---- */

typedef struct ink_sampler_kind {
    bool always;      /* acts first when the order does not name it */
    bool keeps_top;   /* the likeliest candidate stays the likeliest: nothing to do before a greedy choice */
    bool cuts;        /* only leaves candidates out, by how likely they are … */
    bool instead_of_cuts; /* … and where this one acts those do not */
    bool (*active)(const void *settings);          /* false: these settings change nothing */
    bool (*greedy)(const void *settings);          /* these settings leave the likeliest alone; NULL: never */
    ink_status (*check)(const void *settings, size_t vocab, ink_err *err); /* what ranges cannot say; NULL: nothing */
    void (*apply)(const void *settings, ink_candidates *c);
    void (*chosen)(const void *settings, ink_candidates *c, double p); /* what was drawn had this probability; NULL: never mind */
} ink_sampler_kind;

#define INK_SAMPLER(name) extern const ink_sampler_kind ink_sampler_##name; extern const ink_param ink_sampler_##name##_params[];
#include "generate/samplers.def"
#undef INK_SAMPLER

#endif
