/* What a sequence answers to, where a model reads one and writes another: its keys and values go into blocks of their own, which forks share. */
#include "generate/llm.h"

bool ink_llm_reads(const ink_llm *l) { return l->reads; }
int32_t ink_llm_start(const ink_llm *l) { return (int32_t)ink_model_config(l->model)->start; }

static ink_status source_check(const ink_seq *s, const int32_t *ids, size_t count, ink_err *err)
{
    const size_t vocab = ink_model_config(s->llm->model)->vocab;
    if (!s->llm->reads)
        return ink_fail(err, INK_E_ARGUMENT, "%s goes on with a sequence and reads no other", ink_weights_path(ink_model_weights(s->llm->model)));
    if (!count || ink_seq_length(s))
        return ink_fail(err, INK_E_ARGUMENT, count ? "what an answer answers to is read before it begins" : "there is nothing to read");
    for (size_t i = 0; i < count; i++)
        if (ids[i] < 0 || (size_t)ids[i] >= vocab)
            return ink_fail(err, INK_E_ARGUMENT, "token id %d is outside the vocabulary of %zu", (int)ids[i], vocab);
    return count <= s->llm->context ? INK_OK : ink_fail(err, INK_E_LIMIT, "%zu tokens to read do not fit a context of %zu; a larger one may be asked for", count, s->llm->context);
}

ink_status ink_seq_read(ink_seq *s, const int32_t *ids, size_t count, ink_err *err)
{
    ink_llm *l = s->llm;
    INK_TRY(source_check(s, ids, count, err));
    ink_kv_keep(l->kv, &s->source, 0);
    INK_TRY(ink_kv_append(l->kv, &s->source, count, err));
    for (size_t i = 0; i < count; i++) {
        l->source_ids[i] = ids[i];
        l->source_positions[i] = (int32_t)i;
        l->source_of[i] = 0;
    }
    const ink_segment segment = { .blocks = s->source.blocks, .rows = count };
    const ink_ragged batch = { .shape = &l->kv_shape, .segments = &segment, .count = 1, .segment_of = l->source_of };
    ink_run r = { .k = &l->kernels, .pool = l->pool, .sizes = { [INK_SIZE_ONE] = 1, [INK_SIZE_ROWS] = count, [INK_SIZE_OUTPUTS] = 1, [INK_SIZE_CONTEXT] = 1 },
                  .meters = l->metering ? l->meters : NULL };
    r.inputs[LLM_SLOT_IDS] = (ink_view){ (uint8_t *)l->source_ids, sizeof *l->source_ids };
    r.inputs[LLM_SLOT_POSITIONS] = (ink_view){ (uint8_t *)l->source_positions, sizeof *l->source_positions };
    r.inputs[LLM_SLOT_KV] = (ink_view){ (uint8_t *)(uintptr_t)&batch, 0 };
    ink_plan_run(&l->source, &r);
    return INK_OK;
}
