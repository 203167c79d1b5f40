/* Penalties on tokens that occur among the last ones: repeat (Keskar et al. 2019: a positive logit is divided, a negative
   multiplied), then frequency times how often, then presence once, as the OpenAI interface defines the last two. */
#include "generate/candidates.h"

#include <float.h>
#include <math.h>

typedef struct penalties {
    double repeat, presence, frequency;
    int64_t last;
} penalties;

const ink_param ink_sampler_penalties_params[] = {
    { .name = "repeat_penalty", .type = INK_PARAM_REAL, .at = offsetof(penalties, repeat), .min = 0.01, .max = 100, .def = 1,
      .help = "weaken recent tokens by this factor; 1 does nothing" },
    { .name = "repeat_last_n", .type = INK_PARAM_INT, .at = offsetof(penalties, last), .min = -1, .max = 1e15, .def = 64,
      .help = "how many tokens count as recent; -1 counts all" },
    { .name = "presence_penalty", .type = INK_PARAM_REAL, .at = offsetof(penalties, presence), .min = -100, .max = 100, .def = 0,
      .help = "taken from the logit of every recent token" },
    { .name = "frequency_penalty", .type = INK_PARAM_REAL, .at = offsetof(penalties, frequency), .min = -100, .max = 100, .def = 0,
      .help = "taken from the logit once for each time the token is recent" },
    { 0 },
};

static bool penalties_active(const void *settings)
{
    const penalties *o = settings;
    return o->last && (o->repeat < 1 || o->repeat > 1 || o->presence < 0 || o->presence > 0 || o->frequency < 0 || o->frequency > 0);
}

static float penalties_on(const penalties *o, float logit, uint32_t times)
{
    logit = logit > 0 ? logit / (float)o->repeat : logit * (float)o->repeat;
    return fminf(logit - (float)times * (float)o->frequency - (float)o->presence, FLT_MAX);
}

static void penalties_apply(const void *settings, ink_candidates *c)
{
    const penalties *o = settings;
    size_t first = o->last < 0 || (size_t)o->last >= c->history_count ? 0 : c->history_count - (size_t)o->last;
    for (size_t i = first; i < c->history_count; i++)
        if (c->history[i] >= 0 && (size_t)c->history[i] < c->vocab)
            c->seen[c->history[i]]++;
    for (size_t i = 0; i < c->count; i++) {
        uint32_t times = c->seen[ink_candidates_id(c, i)];
        if (times)
            c->logits[i] = penalties_on(o, c->logits[i], times);
    }
    for (size_t i = first; i < c->history_count; i++)
        if (c->history[i] >= 0 && (size_t)c->history[i] < c->vocab)
            c->seen[c->history[i]] = 0;
    c->sorted = false;
}

const ink_sampler_kind ink_sampler_penalties = { .active = penalties_active, .apply = penalties_apply };
