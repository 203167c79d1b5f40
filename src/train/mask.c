#include "train/mask.h"

#include "base/rng.h"

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
