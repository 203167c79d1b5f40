/* XTC, exclude top choices (p-e-w 2024, in text-generation-webui): at times all tokens above a threshold but the least likely of them are
   ruled out, so that a story takes a turn. */
#include "generate/candidates.h"

typedef struct xtc {
    double probability, threshold;
} xtc;

const ink_param ink_sampler_xtc_params[] = {
    { .name = "xtc_probability", .type = INK_PARAM_REAL, .at = offsetof(xtc, probability), .min = 0, .max = 1, .def = 0, .value = "P",
      .help = "how often the likeliest tokens are left out in favour of the next; 0 never" },
    { .name = "xtc_threshold", .type = INK_PARAM_REAL, .at = offsetof(xtc, threshold), .min = 0, .max = 1, .def = 0.1, .value = "P",
      .help = "tokens at least this likely are left out, but for one" },
    { 0 },
};

static bool xtc_active(const void *settings)
{
    const xtc *o = settings;
    return o->probability > 0 && o->threshold <= 0.5; /* above a half there is never more than one */
}

static void xtc_apply(const void *settings, ink_candidates *c)
{
    const xtc *o = settings;
    size_t above = 0, least = 0, kept = 0;
    if (c->chance >= o->probability)
        return;
    ink_candidates_softmax(c);
    for (size_t i = 0; i < c->count; i++)
        if ((double)c->p[i] >= o->threshold) {
            least = !above || c->p[i] < c->p[least] ? i : least;
            above++;
        }
    for (size_t i = 0; i < c->count && above > 1; i++)
        if ((double)c->p[i] < o->threshold || i == least)
            ink_candidates_keep(c, i, kept++);
    if (above > 1)
        ink_candidates_kept(c, kept);
}

const ink_sampler_kind ink_sampler_xtc = { .active = xtc_active, .apply = xtc_apply };
