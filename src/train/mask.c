#include "train/train.h"

#include "base/rng.h"

#include <string.h>

enum { MASK_STREAMS = 1 << 20 }; /* orders of epochs draw from the first */

/* The draws of a token: whether it is asked for, what is shown, which other token. */
static double mask_draw(const ink_masking *m, uint64_t round, size_t at, size_t which)
{
    return ink_rng_uniform(m->seed, MASK_STREAMS + round, 3 * (uint64_t)at + which);
}

/* The token that is asked for where none is drawn: that whose draw is the lowest. SIZE_MAX where one is drawn, or none may be. */
static size_t mask_least(const ink_masking *m, uint64_t round, const ink_examples *e, size_t which)
{
    size_t least = SIZE_MAX;
    double lowest = 2;
    for (size_t at = e->starts[which]; at < e->starts[which + 1]; at++) {
        const double draw = e->targets.at[at] < 0 ? 2 : mask_draw(m, round, at, 0);
        least = draw < lowest ? at : least;
        lowest = draw < lowest ? draw : lowest;
    }
    return lowest < m->part ? SIZE_MAX : least;
}

static bool mask_asks(const ink_masking *m, uint64_t round, const ink_examples *e, size_t at, size_t least)
{
    return e->targets.at[at] >= 0 && (at == least || mask_draw(m, round, at, 0) < m->part);
}

size_t ink_mask_count(const ink_masking *m, uint64_t round, const ink_examples *e, size_t which)
{
    const size_t least = mask_least(m, round, e, which);
    size_t count = 0;
    for (size_t at = e->starts[which]; at < e->starts[which + 1]; at++)
        count += mask_asks(m, round, e, at, least);
    return count;
}

void ink_mask_sample(const ink_masking *m, uint64_t round, const ink_examples *e, size_t which, int32_t *ids, int32_t *targets)
{
    const size_t start = e->starts[which], least = mask_least(m, round, e, which);
    for (size_t i = 0; start + i < e->starts[which + 1]; i++) {
        const bool asks = mask_asks(m, round, e, start + i, least);
        const double shown = mask_draw(m, round, start + i, 1);
        ids[i] = e->ids.at[start + i];
        targets[i] = asks ? ids[i] : INK_IGNORED;
        if (asks && shown < 0.9)
            ids[i] = shown < 0.8 ? m->mask : (int32_t)(mask_draw(m, round, start + i, 2) * (double)m->vocab);
    }
}

ink_status ink_masking_open(ink_masking *m, const ink_train_options *o, const ink_model *model, const ink_examples *train, const ink_examples *eval, ink_err *err)
{
    static const char *const names[] = { "[MASK]", "<mask>" };
    const ink_tokenizer *t;
    bool wanted = false;
    *m = (ink_masking){ .part = o->masked, .mask = -1, .vocab = ink_model_config(model)->vocab, .seed = (uint64_t)o->seed };
    for (size_t i = 0; i < train->count; i++)
        wanted |= ink_masks(m, train, i);
    for (size_t i = 0; i < eval->count; i++)
        wanted |= ink_masks(m, eval, i);
    if (!wanted)
        return INK_OK;
    INK_TRY(ink_model_tokenizer(model, &t, err));
    for (size_t i = 0; i < sizeof names / sizeof *names && m->mask < 0; i++)
        m->mask = ink_tokenizer_find(t, names[i], strlen(names[i]));
    return m->mask >= 0 ? INK_OK : ink_fail(err, INK_E_UNSUPPORTED, "%s has no token for a gap ([MASK] or <mask>), and the data set has no labels that say what is masked", o->model);
}
