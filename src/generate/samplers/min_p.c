/* Min-p: tokens at least p times as likely as the likeliest stay (Nguyen et al. 2024). */
#include "generate/candidates.h"

typedef struct min_p {
    double p;
} min_p;

const ink_param ink_sampler_min_p_params[] = {
    { .name = "min_p", .type = INK_PARAM_REAL, .at = offsetof(min_p, p), .min = 0, .max = 1, .def = 0.05, .value = "P",
      .help = "keep tokens at least this many times as likely as the likeliest; 0 keeps all" },
    { 0 },
};

static bool min_p_active(const void *settings)
{
    const min_p *o = settings;
    return o->p > 0;
}

static void min_p_apply(const void *settings, ink_candidates *c)
{
    const min_p *o = settings;
    ink_candidates_softmax(c);
    ink_candidates_at_least(c, (float)o->p * c->kernels->max(c->count, c->p));
}

const ink_sampler_kind ink_sampler_min_p = { .keeps_top = true, .cuts = true, .active = min_p_active, .apply = min_p_apply };
