/* Locally typical sampling (Meister et al. 2023): tokens whose surprise -ln p is nearest to the expected one, H = -Σ p ln p,
   stay, as few as reach the mass. With ln p = l - max - ln Z, both surprise and H hold ln Z, which cancels:
   |-ln p - H| = |(max - l) - Σ p (max - l)|, so no logarithm is taken. */
#include "generate/candidates.h"

#include <math.h>

typedef struct typical {
    double p;
} typical;

const ink_param ink_sampler_typical_params[] = {
    { .name = "typical_p", .type = INK_PARAM_REAL, .at = offsetof(typical, p), .min = 0, .max = 1, .def = 1, .value = "P",
      .help = "keep the tokens of most nearly average surprise whose probabilities reach this sum; 1 keeps all" },
    { 0 },
};

static bool typical_active(const void *settings)
{
    const typical *o = settings;
    return o->p < 1;
}

static void typical_apply(const void *settings, ink_candidates *c)
{
    const typical *o = settings;
    ink_candidates_softmax(c);
    float top = c->kernels->max(c->count, c->logits), *keys = c->spare_logits;
    double expected = 0;
    for (size_t i = 0; i < c->count; i++)
        if (c->p[i] > 0)
            expected += (double)c->p[i] * ((double)top - (double)c->logits[i]);
    for (size_t i = 0; i < c->count; i++)
        keys[i] = (float)-fabs((double)top - (double)c->logits[i] - expected);
    ink_candidates_mass(c, keys, o->p);
}

const ink_sampler_kind ink_sampler_typical = { .cuts = true, .active = typical_active, .apply = typical_apply };
