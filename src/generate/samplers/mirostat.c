/* Mirostat (Basu et al. 2020): tokens are cut so that each surprises by about tau bits. The bound moves by what was drawn. Version 1
   estimates how probabilities fall (algorithm 1), version 2 cuts at the bound itself (algorithm 2). */
#include "generate/candidates.h"

#include <math.h>

enum { MIROSTAT_SHOWN = 100 }; /* probabilities that version 1 estimates from */

typedef struct mirostat {
    int64_t version;
    double tau, eta;
} mirostat;

const ink_param ink_sampler_mirostat_params[] = {
    { .name = "mirostat", .type = INK_PARAM_INT, .at = offsetof(mirostat, version), .min = 0, .max = 2, .def = 0,
      .help = "keep surprise even by mirostat 1 or 2, in place of the samplers that cut; 0 is off" },
    { .name = "mirostat_tau", .type = INK_PARAM_REAL, .at = offsetof(mirostat, tau), .min = 0, .max = 100, .def = 5, .help = "the surprise aimed at, in bits" },
    { .name = "mirostat_eta", .type = INK_PARAM_REAL, .at = offsetof(mirostat, eta), .min = 0, .max = 10, .def = 0.1, .help = "how fast the bound follows" },
    { 0 },
};

static bool mirostat_active(const void *settings)
{
    return ((const mirostat *)settings)->version > 0;
}

/* Zipf's exponent by least squares through the origin (equation 10), then how many tokens give the surprise of the bound. */
static size_t mirostat_count(const ink_candidates *c, double bound)
{
    double products = 0, squares = 0;
    for (size_t i = 0; i + 1 < c->count && i + 1 < MIROSTAT_SHOWN && c->p[i + 1] > 0; i++) {
        const double t = log((double)(i + 2) / (double)(i + 1)), b = log((double)c->p[i] / (double)c->p[i + 1]);
        products += t * b;
        squares += t * t;
    }
    const double s = squares > 0 ? products / squares : 1, e = s - 1;
    const double k = fabs(e) < 1e-9 ? exp2(bound) : pow(e * exp2(bound) / (1 - pow((double)c->vocab, -e)), 1 / s);
    return k >= 1 ? (k < (double)c->count ? (size_t)k : c->count) : 1;
}

static void mirostat_apply(const void *settings, ink_candidates *c)
{
    const mirostat *o = settings;
    if (isnan(*c->memory))
        *c->memory = 2 * o->tau;
    ink_candidates_top(c, c->count);
    ink_candidates_softmax(c);
    size_t n = 0;
    if (o->version == 1)
        n = mirostat_count(c, *c->memory);
    else
        while (n < c->count && (!n || -log2((double)c->p[n]) <= *c->memory))
            n++;
    ink_candidates_top(c, n);
}

static void mirostat_chosen(const void *settings, ink_candidates *c, double p)
{
    const mirostat *o = settings;
    *c->memory -= o->eta * (-log2(p) - o->tau);
}

const ink_sampler_kind ink_sampler_mirostat = { .instead_of_cuts = true, .active = mirostat_active, .apply = mirostat_apply, .chosen = mirostat_chosen };
