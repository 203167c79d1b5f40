/* Temperature: logits divided by T, so that T below 1 sharpens and T above 1 flattens; 0 leaves the likeliest alone. Dynamic (kalomaze
   2023): T moves between T - range and T + range with the entropy of the candidates, as a part of the most there could be. */
#include "generate/candidates.h"

#include <math.h>

typedef struct temperature {
    double t, range, exponent;
} temperature;

const ink_param ink_sampler_temperature_params[] = {
    { .name = "temp", .type = INK_PARAM_REAL, .at = offsetof(temperature, t), .min = 0, .max = 100, .def = 0.8, .value = "T",
      .help = "temperature: 0 always takes the likeliest token, higher is more varied" },
    { .name = "dynatemp_range", .type = INK_PARAM_REAL, .at = offsetof(temperature, range), .min = 0, .max = 100, .def = 0,
      .help = "let the temperature move by this much, down where the model is sure and up where it is not" },
    { .name = "dynatemp_exponent", .type = INK_PARAM_REAL, .at = offsetof(temperature, exponent), .min = 0, .max = 100, .def = 1, .help = "how the entropy becomes the temperature" },
    { 0 },
};

static bool temperature_active(const void *settings)
{
    const temperature *o = settings;
    return o->t < 1 || o->t > 1 || o->range > 0;
}

static bool temperature_greedy(const void *settings)
{
    const temperature *o = settings;
    return o->t < 1e-6 && !(o->range > 0);
}

static double temperature_of(const temperature *o, ink_candidates *c)
{
    double entropy = 0;
    size_t n = 0;
    if (!(o->range > 0))
        return o->t;
    ink_candidates_softmax(c);
    for (size_t i = 0; i < c->count; i++)
        if (c->p[i] > 0) {
            entropy -= (double)c->p[i] * log((double)c->p[i]);
            n++;
        }
    const double low = o->t > o->range ? o->t - o->range : 0, part = n > 1 ? fmin(fmax(entropy / log((double)n), 0), 1) : 0;
    return fmax(low + (o->t + o->range - low) * pow(part, o->exponent), 1e-6);
}

static void temperature_apply(const void *settings, ink_candidates *c)
{
    const temperature *o = settings;
    if (temperature_greedy(o)) {
        ink_candidates_top(c, 1);
        return;
    }
    const float top = c->kernels->max(c->count, c->logits), t = (float)temperature_of(o, c);
    for (size_t i = 0; i < c->count; i++) /* the largest first taken away: no quotient is too large */
        c->logits[i] = (c->logits[i] - top) / t;
}

const ink_sampler_kind ink_sampler_temperature = {
    .keeps_top = true, .active = temperature_active, .greedy = temperature_greedy, .apply = temperature_apply,
};
