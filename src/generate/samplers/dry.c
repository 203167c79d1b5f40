/* DRY, don't repeat yourself (p-e-w 2024, in text-generation-webui): a token that would go on with a run of tokens that was there before
   loses multiplier × base^(length of the run - allowed length). */
#include "generate/candidates.h"

#include <math.h>

enum { DRY_LONGEST = 64 }; /* runs are followed so far back: the penalty has long been beyond any logit */

typedef struct dry {
    double multiplier, base;
    int64_t allowed, last;
    ink_param_ints breakers;
} dry;

const ink_param ink_sampler_dry_params[] = {
    { .name = "dry_multiplier", .type = INK_PARAM_REAL, .at = offsetof(dry, multiplier), .min = 0, .max = 100, .def = 0,
      .help = "weaken tokens that go on with a run that was there before; 0 does nothing" },
    { .name = "dry_base", .type = INK_PARAM_REAL, .at = offsetof(dry, base), .min = 1, .max = 100, .def = 1.75, .help = "how much more for each token of the run" },
    { .name = "dry_allowed_length", .type = INK_PARAM_INT, .at = offsetof(dry, allowed), .min = 1, .max = 1e6, .def = 2, .help = "runs of fewer tokens are free" },
    { .name = "dry_last_n", .type = INK_PARAM_INT, .at = offsetof(dry, last), .min = -1, .max = 1e15, .def = -1, .help = "how many tokens are looked back; -1 looks at all" },
    { .name = "dry_breakers", .type = INK_PARAM_INTS, .at = offsetof(dry, breakers), .help = "token ids that end a run, such as that of a new line" },
    { 0 },
};

static bool dry_active(const void *settings)
{
    const dry *o = settings;
    return o->multiplier > 0 && o->last;
}

static bool dry_breaks(const dry *o, int32_t id)
{
    for (size_t i = 0; i < o->breakers.count; i++)
        if (o->breakers.at[i] == id)
            return true;
    return false;
}

/* How long the run is that ends before `at` and is the text's own end. */
static uint32_t dry_run(const dry *o, const int32_t *h, size_t at, size_t count)
{
    uint32_t n = 0;
    while (n < at && n < DRY_LONGEST && h[at - 1 - n] == h[count - 1 - n] && !dry_breaks(o, h[count - 1 - n]))
        n++;
    return n;
}

static void dry_apply(const void *settings, ink_candidates *c)
{
    const dry *o = settings;
    const size_t n = o->last < 0 || (size_t)o->last >= c->history_count ? c->history_count : (size_t)o->last;
    const int32_t *h = c->history + (c->history_count - n);
    for (size_t i = 1; i < n; i++) {
        const uint32_t run = h[i] >= 0 && (size_t)h[i] < c->vocab ? dry_run(o, h, i, n) : 0;
        if (run > c->seen[run ? h[i] : 0])
            c->seen[h[i]] = run;
    }
    for (size_t i = 0; i < c->count; i++) {
        const uint32_t run = c->seen[ink_candidates_id(c, i)];
        if (run >= o->allowed)
            c->logits[i] = fmaxf(c->logits[i] - (float)fmin(o->multiplier * pow(o->base, (double)(run - o->allowed)), 1e30), -1e30f);
    }
    for (size_t i = 1; i < n; i++)
        if (h[i] >= 0 && (size_t)h[i] < c->vocab)
            c->seen[h[i]] = 0;
    c->sorted = false;
}

const ink_sampler_kind ink_sampler_dry = { .active = dry_active, .apply = dry_apply };
