/* One call of ink_llm_step: all feeds checked, their tokens dealt out to steps of at most `rows`, the head run in slices
   over the rows whose logits are wanted. */
#include "generate/llm.h"

typedef struct step { /* what the rows of the step being filled are */
    ink_llm *l;
    const ink_feed *feeds;
    size_t rows, segments, wanted;
    ink_on_logits *on;
    void *user;
} step;

static ink_status step_check_feed(const ink_llm *l, const ink_feed *f, ink_err *err)
{
    size_t vocab = ink_model_config(l->model)->vocab, length = ink_seq_length(f->seq);
    for (size_t i = 0; i < f->count; i++)
        if (f->ids[i] < 0 || (size_t)f->ids[i] >= vocab)
            return ink_fail(err, INK_E_ARGUMENT, "token id %d is outside the vocabulary of %zu", (int)f->ids[i], vocab);
    if (l->reads && !f->seq->source.tokens)
        return ink_fail(err, INK_E_ARGUMENT, "%s reads one text and writes another, and nothing was read that these tokens could answer to", ink_weights_path(ink_model_weights(l->model)));
    if (f->count > ink_llm_context(l) - length)
        return ink_fail(err, INK_E_LIMIT, "%zu tokens and %zu more do not fit a context of %zu", length, f->count, ink_llm_context(l));
    return INK_OK;
}

static ink_status step_check(const ink_llm *l, const ink_feed *feeds, size_t count, ink_err *err)
{
    size_t wants = 0;
    for (size_t i = 0; i < count; i++) {
        INK_TRY(step_check_feed(l, &feeds[i], err));
        wants += ink_kv_wants(l->kv, &feeds[i].seq->table, feeds[i].count + (feeds[i].seq->table.tokens ? 0 : l->before));
    }
    if (wants > ink_kv_blocks_free(l->kv))
        return ink_fail(err, INK_E_LIMIT, "no room for the keys and values: %zu blocks of %d tokens are wanted, %zu are free", wants, INK_KV_BLOCK, ink_kv_blocks_free(l->kv));
    return INK_OK;
}

static bool step_wants(const ink_feed *f, size_t at)
{
    return f->want == INK_WANT_ALL || (f->want == INK_WANT_LAST && at + 1 == f->count);
}

/* Ids [at, at + n) of a feed become rows; their place in the sequence is its length before the call plus at. */
static void step_add(step *s, size_t feed, size_t at, size_t n)
{
    ink_llm *l = s->l;
    const ink_feed *f = &s->feeds[feed];
    size_t first = f->seq->table.tokens - f->count + at;
    l->segments[s->segments] = (ink_segment){ .blocks = f->seq->table.blocks, .first_row = s->rows, .rows = n, .first_position = first };
    l->crosses[s->segments] = (ink_segment){ .blocks = f->seq->source.blocks, .first_row = s->rows, .rows = n, .keys = f->seq->source.tokens };
    for (size_t i = 0; i < n; i++, s->rows++) {
        l->ids[s->rows] = f->ids[at + i];
        l->positions[s->rows] = (int32_t)(first + i);
        l->segment_of[s->rows] = (uint32_t)s->segments;
        if (!step_wants(f, at + i))
            continue;
        l->index[s->wanted] = (uint32_t)s->rows;
        l->index_feed[s->wanted] = feed;
        l->index_at[s->wanted++] = at + i;
    }
    s->segments++;
}

static void step_head(step *s, ink_run *r)
{
    ink_llm *l = s->l;
    r->inputs[LLM_SLOT_HIDDEN] = ink_plan_data(&l->body, l->hidden);
    for (size_t done = 0; done < s->wanted; done += r->sizes[INK_SIZE_OUTPUTS]) {
        size_t n = s->wanted - done < l->outputs ? s->wanted - done : l->outputs;
        r->sizes[INK_SIZE_ROWS] = 1;
        r->sizes[INK_SIZE_OUTPUTS] = n;
        r->inputs[LLM_SLOT_INDEX] = (ink_view){ (uint8_t *)(l->index + done), sizeof *l->index };
        ink_plan_run(&l->head, r);
        ink_view logits = ink_plan_data(&l->head, l->logits);
        const ink_view states = l->states ? ink_plan_data(&l->head, l->states) : (ink_view){ 0 };
        for (size_t i = 0; i < n; i++) {
            l->state = l->states ? ink_view_row(states, i) : NULL;
            s->on(s->user, l->index_feed[done + i], l->index_at[done + i], ink_view_row(logits, i));
        }
    }
}

static void step_run(step *s, ink_plan *plan)
{
    ink_llm *l = s->l;
    if (!s->rows)
        return;
    const ink_ragged batch = { .shape = &l->kv_shape, .segments = l->segments, .count = s->segments, .segment_of = l->segment_of };
    const ink_ragged cross = { .shape = &l->kv_shape, .segments = l->crosses, .count = s->segments, .segment_of = l->segment_of };
    ink_run r = { .k = &l->kernels, .pool = l->pool, .sizes = { [INK_SIZE_ONE] = 1, [INK_SIZE_ROWS] = s->rows, [INK_SIZE_OUTPUTS] = 1, [INK_SIZE_CONTEXT] = 1 },
                  .meters = l->metering ? l->meters : NULL };
    r.inputs[LLM_SLOT_IDS] = (ink_view){ (uint8_t *)l->ids, sizeof *l->ids };
    r.inputs[LLM_SLOT_POSITIONS] = (ink_view){ (uint8_t *)l->positions, sizeof *l->positions };
    r.inputs[LLM_SLOT_KV] = (ink_view){ (uint8_t *)(uintptr_t)&batch, 0 };
    r.inputs[LLM_SLOT_CROSS] = (ink_view){ (uint8_t *)(uintptr_t)&cross, 0 };
    ink_plan_run(plan, &r);
    step_head(s, &r);
    s->rows = s->segments = s->wanted = 0;
}

/* What an adapter puts before a sequence that is empty yet: rows that belong to no feed; a prompt's go through the model, a prefix's are keys and values already. */
static ink_status step_begin(ink_llm *l, ink_seq *seq, ink_err *err)
{
    if (!l->before || seq->table.tokens)
        return INK_OK;
    INK_TRY(ink_kv_append(l->kv, &seq->table, l->before, err));
    for (size_t at = 0, n; at < l->before; at += n) {
        n = l->prefix || l->before - at < l->rows ? l->before - at : l->rows;
        step s = { .l = l, .rows = n, .segments = 1 };
        l->segments[0] = (ink_segment){ .blocks = seq->table.blocks, .rows = n, .first_position = at };
        for (size_t i = 0; i < n; i++) {
            l->ids[i] = l->prefix ? (int32_t)(at + i) : (int32_t)(INK_EMBED_VIRTUAL + (uint32_t)(at + i));
            l->positions[i] = (int32_t)(at + i);
            l->segment_of[i] = 0;
        }
        step_run(&s, l->prefix ? &l->before_plan : &l->body);
    }
    return INK_OK;
}

ink_status ink_llm_step(ink_llm *l, const ink_feed *feeds, size_t count, ink_on_logits *on, void *user, ink_err *err)
{
    INK_TRY(step_check(l, feeds, count, err));
    step s = { .l = l, .feeds = feeds, .on = on, .user = user };
    for (size_t i = 0; i < count; i++)
        INK_TRY(step_begin(l, feeds[i].seq, err));
    for (size_t i = 0; i < count; i++)
        INK_TRY(ink_kv_append(l->kv, &feeds[i].seq->table, feeds[i].count, err));
    for (size_t i = 0; i < count; i++)
        for (size_t at = 0, n; at < feeds[i].count; at += n) {
            size_t left = feeds[i].count - at, room = l->rows - s.rows;
            n = left < room ? left : room;
            step_add(&s, i, at, n);
            if (s.rows == l->rows)
                step_run(&s, &l->body);
        }
    step_run(&s, &l->body);
    return INK_OK;
}
