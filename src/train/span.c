#include "train/train.h"

#include "base/count.h"
#include "base/rng.h"

#include <math.h>
#include <stdio.h>

enum { SPAN_STREAMS = 1 << 20 }; /* orders of epochs draw from the first */

ink_pair ink_pair_of(const ink_examples *e, size_t which)
{
    const size_t start = e->starts[which], read = (size_t)e->firsts[which];
    return (ink_pair){ .read = e->ids.at + start, .read_count = read, .ids = e->ids.at + start + read, .targets = e->targets.at + start + read, .count = ink_examples_length(e, which) - read };
}

typedef struct span_numbers { /* of a text: tokens that are lost, and in how many spans */
    size_t lost, spans;
} span_numbers;

static span_numbers span_count(const ink_spans *s, size_t tokens)
{
    span_numbers n = { .lost = (size_t)llround(s->part * (double)tokens) };
    n.lost = n.lost ? ink_least(n.lost, tokens - 1) : 1;
    n.spans = (size_t)llround((double)n.lost / s->mean);
    n.spans = ink_least(n.spans ? n.spans : 1, ink_least(ink_least(n.lost, tokens - n.lost), s->sentinel_count));
    return n;
}

size_t ink_spans_count(const ink_spans *s, const ink_examples *e, size_t which)
{
    const span_numbers n = span_count(s, ink_examples_length(e, which));
    return n.lost + n.spans + (s->end >= 0);
}

/* Tokens that are cut into pieces, none empty, every way alike likely: after each token it is drawn whether a piece ends (Knuth, The Art of
   Computer Programming 2, 3.4.2, algorithm S). */
typedef struct span_cutting {
    size_t tokens, cuts; /* that are left */
} span_cutting;

static bool span_ends(span_cutting *c, double draw)
{
    c->tokens--;
    const bool cut = !c->tokens || draw * (double)c->tokens < (double)c->cuts;
    c->cuts -= cut && c->tokens;
    return cut;
}

/* A piece of the text goes behind what is there already. */
static void span_take(const ink_spans *s, uint64_t round, const ink_examples *e, size_t *at, span_cutting *c, int32_t *to, size_t *count)
{
    bool ended = false;
    for (; !ended; ++*at) {
        to[(*count)++] = e->ids.at[*at];
        ended = span_ends(c, ink_rng_uniform(s->seed, SPAN_STREAMS + round, *at));
    }
}

ink_pair ink_spans_sample(const ink_spans *s, uint64_t round, const ink_examples *e, size_t which, int32_t *read, int32_t *ids, int32_t *targets)
{
    const size_t tokens = ink_examples_length(e, which);
    const span_numbers n = span_count(s, tokens);
    span_cutting kept = { tokens - n.lost, n.spans - 1 }, lost = { n.lost, n.spans - 1 };
    ink_pair p = { .read = read, .ids = ids, .targets = targets };
    for (size_t i = 0, at = e->starts[which]; i < n.spans; i++) { /* what is kept comes first, and a span last */
        span_take(s, round, e, &at, &kept, read, &p.read_count);
        read[p.read_count++] = s->sentinels[i];
        targets[p.count++] = s->sentinels[i];
        span_take(s, round, e, &at, &lost, targets, &p.count);
    }
    if (s->end >= 0)
        read[p.read_count++] = targets[p.count++] = s->end;
    for (size_t i = 0; i < p.count; i++)
        ids[i] = i ? targets[i - 1] : s->start;
    return p;
}

/* As many sentinels as there are, one after the other. */
static void span_sentinels(ink_spans *s, const ink_tokenizer *t, const char *before)
{
    char name[64];
    for (int32_t id = 0; s->sentinel_count < INK_SENTINELS && id >= 0;) {
        const int n = snprintf(name, sizeof name, "%s<extra_id_%zu>", before, s->sentinel_count);
        id = ink_tokenizer_find(t, name, (size_t)n);
        if (id >= 0)
            s->sentinels[s->sentinel_count++] = id;
    }
}

/* Sentinels as T5 and mT5 call them, and what the sides begin and end with. */
ink_status ink_spans_open(ink_spans *s, const ink_train_options *o, const ink_model *model, const ink_examples *train, const ink_examples *eval, ink_err *err)
{
    static const char *const before[] = { "", "\xe2\x96\x81" };
    const ink_tokenizer *t;
    bool wanted = false;
    *s = (ink_spans){ .part = o->masked, .mean = o->span, .start = (int32_t)ink_model_config(model)->start, .end = -1, .seed = (uint64_t)o->seed };
    for (size_t i = 0; i < train->count; i++)
        wanted |= ink_spans_draws(s, train, i);
    for (size_t i = 0; i < eval->count; i++)
        wanted |= ink_spans_draws(s, eval, i);
    if (!wanted)
        return INK_OK;
    INK_TRY(ink_model_tokenizer(model, &t, err));
    for (size_t i = 0; i < sizeof before / sizeof *before && !s->sentinel_count; i++)
        span_sentinels(s, t, before[i]);
    s->end = ink_tokenizer_closing(t) >= 0 ? ink_tokenizer_closing(t) : ink_tokenizer_eos(t);
    return s->sentinel_count ? INK_OK : ink_fail(err, INK_E_UNSUPPORTED, "%s has no tokens that stand for spans (<extra_id_0>, …), and the data set has no labels", o->model);
}
