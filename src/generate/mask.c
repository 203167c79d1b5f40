#include "generate/mask.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

ink_status ink_mask_check(ink_constraint *c, size_t most, ink_err *err)
{
    const size_t least = c ? ink_constraint_shortest(c) : 0;
    return least <= most ? INK_OK : ink_fail(err, INK_E_ARGUMENT, "%zu new tokens are too few: the shortest answer that was asked for takes %zu", most, least);
}

static void mask_ends(ink_mask *m, const ink_model *model)
{
    for (size_t i = 0; i < m->vocab; i++)
        if (ink_model_is_end(model, (int32_t)i))
            m->ends[m->end_count++] = (int32_t)i;
}

ink_status ink_mask_init(ink_mask *m, ink_constraint *c, const ink_model *model, bool ignore_end, ink_err *err)
{
    if (!c)
        return INK_OK;
    m->constraint = c;
    m->vocab = ink_model_describe(model)->vocab;
    m->allowed = malloc(m->vocab * sizeof *m->allowed);
    m->ends = malloc(m->vocab * sizeof *m->ends);
    if (!m->allowed || !m->ends)
        return ink_fail(err, INK_E_MEMORY, "no memory for %zu logits", m->vocab);
    if (!ignore_end)
        mask_ends(m, model);
    return INK_OK;
}

void ink_mask_clear(ink_mask *m)
{
    free(m->allowed);
    free(m->ends);
    *m = (ink_mask){ 0 };
}

/* n logits, 64 at most, of which those stay whose bits are set: whichever are fewer are touched one by one. */
static void mask_word(float *to, const float *logits, size_t n, uint64_t keep)
{
    const uint64_t all = n < 64 ? ((uint64_t)1 << n) - 1 : UINT64_MAX;
    const bool most = __builtin_popcountll(keep & all) > 32;
    for (size_t k = 0; k < n && !most; k++)
        to[k] = -INFINITY;
    if (most)
        memcpy(to, logits, n * sizeof *to);
    for (uint64_t rest = (most ? ~keep : keep) & all; rest; rest &= rest - 1) {
        const int k = __builtin_ctzll(rest);
        to[k] = most ? -INFINITY : logits[k];
    }
}

ink_status ink_mask_apply(ink_mask *m, ink_constraint_state at, size_t left, const float **logits, ink_err *err)
{
    const uint64_t *bits;
    bool ends, more;
    if (!m->constraint)
        return INK_OK;
    INK_TRY(ink_constraint_mask(m->constraint, at, left, &bits, &ends, &more, err));
    for (size_t i = 0; i < m->vocab; i += 64)
        mask_word(m->allowed + i, *logits + i, m->vocab - i < 64 ? m->vocab - i : 64, bits[i / 64]);
    for (size_t i = 0; i < m->end_count && ends; i++)
        m->allowed[m->ends[i]] = (*logits)[m->ends[i]];
    *logits = m->allowed;
    return INK_OK;
}

ink_status ink_mask_take(ink_mask *m, ink_constraint_state *at, int32_t id, size_t left, bool *whole, ink_err *err)
{
    const uint64_t *bits;
    bool ends, more;
    *whole = false;
    if (!m->constraint)
        return INK_OK;
    INK_TRY(ink_constraint_take(m->constraint, at, id, err));
    if (!ink_constraint_ends(m->constraint, *at)) /* most places: nobody needs the mask yet */
        return INK_OK;
    INK_TRY(ink_constraint_mask(m->constraint, *at, left, &bits, &ends, &more, err));
    *whole = ends && !more;
    return INK_OK;
}
