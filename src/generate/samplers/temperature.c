/* Temperature: logits divided by T, so that T below 1 sharpens and T above 1 flattens; 0 leaves the likeliest alone. */
#include "generate/candidates.h"

typedef struct temperature {
    double t;
} temperature;

const ink_param ink_sampler_temperature_params[] = {
    { .name = "temp", .type = INK_PARAM_REAL, .at = offsetof(temperature, t), .min = 0, .max = 100, .def = 0.8, .value = "T",
      .help = "temperature: 0 always takes the likeliest token, higher is more varied" },
    { 0 },
};

static bool temperature_active(const void *settings)
{
    const temperature *o = settings;
    return o->t < 1 || o->t > 1;
}

static bool temperature_greedy(const void *settings)
{
    const temperature *o = settings;
    return o->t < 1e-6;
}

static void temperature_apply(const void *settings, ink_candidates *c)
{
    const temperature *o = settings;
    float top = c->kernels->max(c->count, c->logits), t = (float)o->t;
    if (temperature_greedy(o)) {
        ink_candidates_top(c, 1);
        return;
    }
    for (size_t i = 0; i < c->count; i++) /* the largest first taken away: no quotient is too large */
        c->logits[i] = (c->logits[i] - top) / t;
}

const ink_sampler_kind ink_sampler_temperature = {
    .keeps_top = true, .active = temperature_active, .greedy = temperature_greedy, .apply = temperature_apply,
};
