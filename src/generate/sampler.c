/* The chain of samplers: made once from the settings, walked for every token. */
#include "base/rng.h"
#include "generate/candidates.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum {
#define INK_SAMPLER(name) SAMPLER_##name,
#include "generate/samplers.def"
#undef INK_SAMPLER
    SAMPLERS,
    SAMPLER_CHAIN = 64, /* steps of one order */
};
_Static_assert((int)SAMPLERS <= (int)INK_SAMPLING_MOST, "ink_sampling has no room for so many samplers");

#define INK_SAMPLER(name) "; " #name
static const char sampler_order[] =
#include "generate/samplers.def"
    ;
#undef INK_SAMPLER

static const char sampler_heading[] = "Sampling";

const ink_param ink_sampling_params[] = {
    { .name = "seed", .type = INK_PARAM_INT, .at = offsetof(ink_sampling, seed), .min = 0, .max = 9e15, .def = -1, .shown = "random",
      .help = "the same seed gives the same answer" },
#define INK_SAMPLER(kind) { .name = sampler_heading, .type = INK_PARAM_TABLE, .at = offsetof(ink_sampling, settings[SAMPLER_##kind]), .table = ink_sampler_##kind##_params },
#include "generate/samplers.def"
#undef INK_SAMPLER
    { .name = "samplers", .type = INK_PARAM_TEXT, .at = offsetof(ink_sampling, order), .value = "A;B;…", .shown = sampler_order + 2,
      .help = "which of them act, in this order" },
    { 0 },
};

static const struct {
    const char *name;
    const ink_sampler_kind *kind;
} sampler_list[] = {
#define INK_SAMPLER(name) { #name, &ink_sampler_##name },
#include "generate/samplers.def"
#undef INK_SAMPLER
};

struct ink_sampler {
    ink_sampling settings;
    ink_kernels kernels;
    ink_candidates candidates;
    uint64_t seed;
    size_t steps;
    struct {
        uint64_t stream;
        double value;
    } *memory;   /* of each stream that was seen */
    size_t memory_count, memory_room;
    bool remembers; /* a step wants to be told what was drawn */
    bool evens;  /* a step stands in for those that cut */
    bool greedy; /* the last step leaves the likeliest alone */
    struct {
        const ink_sampler_kind *kind;
        const void *settings;
    } step[SAMPLER_CHAIN];
};

static ink_status sampler_unknown(const char *word, size_t n, ink_err *err)
{
    const char *names[SAMPLERS + 1] = { 0 };
    char given[64];
    snprintf(given, sizeof given, "%.*s", (int)(n < 60 ? n : 60), word);
    for (size_t i = 0; i < SAMPLERS; i++)
        names[i] = sampler_list[i].name;
    const char *near = ink_param_nearest(given, names);
    return near ? ink_fail(err, INK_E_ARGUMENT, "there is no sampler \"%s\"; did you mean %s?", given, near)
                : ink_fail(err, INK_E_ARGUMENT, "there is no sampler \"%s\"; there are %s", given, sampler_order + 2);
}

/* Those that these settings make do nothing are left out; after one that is greedy nothing is left to do. */
static ink_status sampler_push(ink_sampler *s, size_t index, ink_err *err)
{
    const ink_sampler_kind *kind = sampler_list[index].kind;
    const void *settings = s->settings.settings[index];
    if (s->greedy || !kind->active(settings) || (s->evens && kind->cuts))
        return INK_OK;
    if (s->steps == SAMPLER_CHAIN)
        return ink_fail(err, INK_E_LIMIT, "an order of samplers has at most %d steps", SAMPLER_CHAIN);
    s->step[s->steps].kind = kind;
    s->step[s->steps++].settings = settings;
    s->remembers = s->remembers || kind->chosen;
    s->greedy = kind->greedy && kind->greedy(settings);
    return INK_OK;
}

static ink_status sampler_parse(ink_sampler *s, const char *order, ink_err *err)
{
    bool named[SAMPLERS] = { 0 };
    size_t list[SAMPLER_CHAIN], count = 0;
    for (const char *word = order; *word;) {
        size_t n = strcspn(word, ";, "), i = 0;
        while (i < SAMPLERS && (strncmp(sampler_list[i].name, word, n) || sampler_list[i].name[n]))
            i++;
        if (n && i == SAMPLERS)
            return sampler_unknown(word, n, err);
        if (n && count == SAMPLER_CHAIN)
            return ink_fail(err, INK_E_LIMIT, "an order of samplers has at most %d steps", SAMPLER_CHAIN);
        if (n)
            named[list[count++] = i] = true;
        word += n + !!word[n];
    }
    for (size_t i = 0; i < count; i++)
        s->evens = s->evens || (sampler_list[list[i]].kind->instead_of_cuts && sampler_list[list[i]].kind->active(s->settings.settings[list[i]]));
    for (size_t i = 0; i < SAMPLERS; i++)
        if (sampler_list[i].kind->always && !named[i])
            INK_TRY(sampler_push(s, i, err));
    for (size_t i = 0; i < count; i++)
        INK_TRY(sampler_push(s, list[i], err));
    return INK_OK;
}

/* What cannot change which candidate is the likeliest need not run before a greedy choice. */
static void sampler_shorten(ink_sampler *s)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->steps; i++)
        if (!s->greedy || i + 1 == s->steps || !s->step[i].kind->keeps_top)
            s->step[kept++] = s->step[i];
    s->steps = kept;
}

static uint64_t sampler_random_seed(void)
{
    uint32_t seed;
    struct timespec now;
    if (getrandom(&seed, sizeof seed, 0) == (ssize_t)sizeof seed)
        return seed;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint32_t)(now.tv_nsec ^ now.tv_sec);
}

static ink_status sampler_setup(ink_sampler *s, size_t vocab, ink_err *err)
{
    INK_TRY(ink_kernels_init(&s->kernels, err));
    INK_TRY(ink_candidates_init(&s->candidates, vocab, &s->kernels, err));
    for (size_t i = 0; i < SAMPLERS; i++)
        if (sampler_list[i].kind->check)
            INK_TRY(sampler_list[i].kind->check(s->settings.settings[i], vocab, err));
    INK_TRY(sampler_parse(s, s->settings.order ? s->settings.order : sampler_order, err));
    sampler_shorten(s);
    s->seed = s->settings.seed < 0 ? sampler_random_seed() : (uint64_t)s->settings.seed;
    return INK_OK;
}

ink_status ink_sampler_new(const ink_sampling *sampling, size_t vocab, ink_sampler **out, ink_err *err)
{
    ink_sampler *s = calloc(1, sizeof *s);
    if (!s)
        return ink_fail(err, INK_E_MEMORY, "no memory for a sampler");
    s->settings = *sampling;
    ink_status status = sampler_setup(s, vocab, err);
    if (status)
        ink_sampler_free(s);
    else
        *out = s;
    return status;
}

void ink_sampler_free(ink_sampler *s)
{
    if (s)
        ink_candidates_clear(&s->candidates);
    if (s)
        free(s->memory);
    free(s);
}

uint64_t ink_sampler_seed(const ink_sampler *s)
{
    return s->seed;
}

/* What a sampler remembers of a stream; NULL when memory is refused. */
static double *sampler_memory(ink_sampler *s, uint64_t stream)
{
    size_t i = 0;
    while (i < s->memory_count && s->memory[i].stream != stream)
        i++;
    if (i == s->memory_room) {
        void *more = realloc(s->memory, (2 * i + 4) * sizeof *s->memory);
        if (!more)
            return NULL;
        s->memory = more;
        s->memory_room = 2 * i + 4;
    }
    if (i == s->memory_count) {
        s->memory[i].stream = stream;
        s->memory[i].value = (double)NAN;
        s->memory_count++;
    }
    return &s->memory[i].value;
}

ink_status ink_sampler_choose(ink_sampler *s, const float *logits, const int32_t *history, size_t count, uint64_t stream, int32_t *id, ink_err *err)
{
    ink_candidates *c = &s->candidates;
    float top = s->kernels.max(c->vocab, logits);
    if (!(top > -INFINITY))
        return ink_fail(err, INK_E_FORMAT, "the model computed no number for any next token: its weights are damaged");
    if (s->greedy && s->steps == 1) {
        *id = (int32_t)s->kernels.argmax(c->vocab, logits);
        return INK_OK;
    }
    ink_candidates_fill(c, logits);
    c->history = history;
    c->history_count = count;
    c->chance = ink_rng_uniform(s->seed, ~stream, count);
    c->memory = s->remembers ? sampler_memory(s, stream) : NULL;
    if (s->remembers && !c->memory)
        return ink_fail(err, INK_E_MEMORY, "no memory for a sampler");
    for (size_t i = 0; i < s->steps; i++)
        s->step[i].kind->apply(s->step[i].settings, c);
    if (!(s->kernels.max(c->count, c->logits) > -INFINITY))
        return ink_fail(err, INK_E_ARGUMENT, "the sampling settings rule out every token");
    double p;
    *id = ink_candidates_draw(c, ink_rng_uniform(s->seed, stream, count), &p);
    for (size_t i = 0; i < s->steps && s->remembers; i++)
        if (s->step[i].kind->chosen)
            s->step[i].kind->chosen(s->step[i].settings, c, p);
    return INK_OK;
}
