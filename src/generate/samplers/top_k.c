/* Top-k: the k likeliest tokens stay (Fan, Lewis and Dauphin 2018). */
#include "generate/candidates.h"

typedef struct top_k {
    int64_t k;
} top_k;

const ink_param ink_sampler_top_k_params[] = {
    { .name = "top_k", .type = INK_PARAM_INT, .at = offsetof(top_k, k), .min = 0, .max = 1e15, .def = 40, .help = "keep the N likeliest tokens; 0 keeps all" },
    { 0 },
};

static bool top_k_active(const void *settings)
{
    const top_k *o = settings;
    return o->k > 0;
}

static void top_k_apply(const void *settings, ink_candidates *c)
{
    const top_k *o = settings;
    ink_candidates_top(c, (size_t)o->k);
}

const ink_sampler_kind ink_sampler_top_k = { .keeps_top = true, .cuts = true, .active = top_k_active, .apply = top_k_apply };
