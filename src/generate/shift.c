#include "base/count.h"
#include "generate/shift.h"

#include <stdlib.h>
#include <string.h>

ink_status ink_shift_check(const ink_generate_options *o, size_t context, ink_err *err)
{
    if (!o->shift)
        return o->sinks ? ink_fail(err, INK_E_ARGUMENT, "sinks are tokens that stay when others go: they want a context that shifts") : INK_OK;
    if (o->sinks > context || context - o->sinks < 2)
        return ink_fail(err, INK_E_ARGUMENT, "%zu tokens that always stay leave no room to shift in a context of %zu", o->sinks, context);
    if (o->lookup || o->draft || (o->guidance != 0 && o->guidance != 1) || o->contrast > 0)
        return ink_fail(err, INK_E_ARGUMENT, "a context that shifts is for plain answers: guesses, guidance and contrastive search do not go with it");
    return o->most <= INT32_MAX ? INK_OK : ink_fail(err, INK_E_LIMIT, "%zu new tokens: at most %d can be asked for", o->most, INT32_MAX);
}

size_t ink_shift_gone(size_t count, size_t context, size_t sinks)
{
    const size_t half = (context - sinks) / 2;
    return count <= context ? 0 : ink_round_up(count - context, half);
}

ink_status ink_shift_keep(const int32_t *ids, size_t *count, size_t context, size_t sinks, int32_t **kept, ink_err *err)
{
    const size_t gone = ink_shift_gone(*count, context, sinks);
    if (!(*kept = malloc((*count - gone) * sizeof **kept)))
        return ink_fail(err, INK_E_MEMORY, "no memory for %zu tokens", *count - gone);
    *count -= gone;
    memcpy(*kept, ids, sinks * sizeof *ids);
    memcpy(*kept + sinks, ids + sinks + gone, (*count - sinks) * sizeof *ids);
    return INK_OK;
}

ink_status ink_shift_room(ink_llm *llm, ink_seq *seq, const int32_t *all, size_t count, size_t sinks, ink_err *err)
{
    if (ink_seq_length(seq) < ink_llm_context(llm))
        return INK_OK;
    int32_t *kept;
    size_t stay = count;
    INK_TRY(ink_shift_keep(all, &stay, ink_llm_context(llm), sinks, &kept, err));
    ink_seq_keep(seq, 0);
    ink_status status = stay > 1 ? ink_llm_step(llm, &(ink_feed){ .seq = seq, .ids = kept, .count = stay - 1 }, 1, NULL, NULL, err) : INK_OK;
    free(kept);
    return status;
}
