/* ink/steer.h: other ways to choose than drawing, and texts longer than a context, as settings: one table for flags of the command and for fields of a request. */
#ifndef INK_STEER_H
#define INK_STEER_H

#include <ink/generate.h>
#include <ink/param.h>

typedef struct ink_steer {
    double guidance, contrast; /* ink_generate_options says what they mean; guidance 1: none */
    const char *negative;      /* a text, whose ids are the caller's to make; NULL: none */
    bool shift;
    int64_t sinks;
} ink_steer;
INK_API extern const ink_param ink_steer_params[];

/* Into the options of an answer; a model that is to search by contrast is opened with `states`. INK_E_ARGUMENT when they do not fit each other or the sampling. */
INK_API ink_status ink_steer_make(const ink_steer *o, const ink_sampling *sampling, ink_generate_options *out, ink_err *err);
INK_API size_t ink_steer_candidates(const ink_sampling *sampling); /* of contrastive search: what top_k says */

#endif
