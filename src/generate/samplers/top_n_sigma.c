/* Top-n-sigma: logits within n standard deviations of the largest stay (Tang et al. 2024, "Top-nσ: Not All Logits Are You Need"). */
#include "generate/candidates.h"

#include <math.h>

typedef struct top_n_sigma {
    double n;
} top_n_sigma;

const ink_param ink_sampler_top_n_sigma_params[] = {
    { .name = "top_n_sigma", .type = INK_PARAM_REAL, .at = offsetof(top_n_sigma, n), .min = 0, .max = 1000, .def = 0, .value = "N",
      .help = "keep tokens whose logit is within N standard deviations of the largest; 0 keeps all" },
    { 0 },
};

static bool top_n_sigma_active(const void *settings)
{
    return ((const top_n_sigma *)settings)->n > 0;
}

static void top_n_sigma_apply(const void *settings, ink_candidates *c)
{
    double sum = 0, squares = 0;
    size_t n = 0, kept = 0;
    for (size_t i = 0; i < c->count; i++)
        if (c->logits[i] > -INFINITY) {
            sum += (double)c->logits[i];
            n++;
        }
    for (size_t i = 0; i < c->count && n; i++)
        if (c->logits[i] > -INFINITY)
            squares += ((double)c->logits[i] - sum / (double)n) * ((double)c->logits[i] - sum / (double)n);
    const double least = n ? (double)c->kernels->max(c->count, c->logits) - ((const top_n_sigma *)settings)->n * sqrt(squares / (double)n) : 0;
    for (size_t i = 0; i < c->count && n; i++)
        if ((double)c->logits[i] >= least)
            ink_candidates_keep(c, i, kept++);
    if (n)
        ink_candidates_kept(c, kept);
}

const ink_sampler_kind ink_sampler_top_n_sigma = { .keeps_top = true, .cuts = true, .active = top_n_sigma_active, .apply = top_n_sigma_apply };
