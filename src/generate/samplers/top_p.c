/* Top-p, the nucleus: the fewest tokens, likeliest first, whose probabilities reach p (Holtzman et al. 2020). */
#include "generate/candidates.h"

typedef struct top_p {
    double p;
} top_p;

const ink_param ink_sampler_top_p_params[] = {
    { .name = "top_p", .type = INK_PARAM_REAL, .at = offsetof(top_p, p), .min = 0, .max = 1, .def = 0.95, .value = "P",
      .help = "keep the fewest tokens whose probabilities reach this sum; 1 keeps all" },
    { 0 },
};

static bool top_p_active(const void *settings)
{
    const top_p *o = settings;
    return o->p < 1;
}

static void top_p_apply(const void *settings, ink_candidates *c)
{
    const top_p *o = settings;
    ink_candidates_softmax(c);
    ink_candidates_mass(c, c->logits, o->p);
}

const ink_sampler_kind ink_sampler_top_p = { .keeps_top = true, .cuts = true, .active = top_p_active, .apply = top_p_apply };
