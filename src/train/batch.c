/* Samples as rows of a batch, one after another: what stands where, what is foreseen, and what is read of pairs. */
#include "base/count.h"
#include "train/learner.h"

typedef struct batch { /* rows as they come */
    ink_learner *l;
    size_t rows, scored, read; /* read: rows of what is read */
} batch;

static void batch_row(batch *b, uint32_t id, size_t position, int32_t target, bool second)
{
    ink_learner *l = b->l;
    l->types[b->rows] = second;
    l->ids[b->rows] = (int32_t)id;
    l->positions[b->rows] = (int32_t)position;
    if (target >= 0) {
        l->index[b->scored] = (uint32_t)b->rows;
        l->labels[b->scored++] = target;
    }
    b->rows++;
}

/* A prompt's rows, of which the last foresees the first token; then the sample's own. */
static void batch_sample(batch *b, const ink_examples *e, size_t which)
{
    const size_t start = e->starts[which], n = ink_examples_length(e, which), prompt = b->l->prompt;
    const size_t first = ink_model_config(b->l->model)->first_position;
    const int32_t *ids = e->ids.at + start, *targets = e->targets.at + start;
    if (ink_masks(b->l->masking, e, which)) {
        ink_mask_sample(b->l->masking, b->l->round, e, which, b->l->shown, b->l->asked);
        ids = b->l->shown;
        targets = b->l->asked;
    }
    for (size_t i = 0; i < prompt; i++)
        batch_row(b, INK_EMBED_VIRTUAL + (uint32_t)i, first + i, i + 1 < prompt || b->l->masking ? INK_IGNORED : e->firsts[which], false);
    const bool pair = b->l->classes && e->firsts[which] > 0 && ink_model_config(b->l->model)->types > 1;
    for (size_t i = 0; i < n; i++)
        batch_row(b, (uint32_t)ids[i], first + prompt + b->l->prefix + i, targets[i], pair && i >= (size_t)e->firsts[which]);
}

/* What is read, and what is written by it. */
static void batch_pair(batch *b, const ink_examples *e, size_t which, size_t segment)
{
    ink_learner *l = b->l;
    const ink_pair p = ink_spans_draws(l->spans, e, which) ? ink_spans_sample(l->spans, l->round, e, which, l->read, l->shown, l->asked) : ink_pair_of(e, which);
    l->sources[segment] = (ink_segment){ .first_row = b->read, .rows = p.read_count };
    l->crosses[segment] = (ink_segment){ .first_row = b->rows, .rows = p.count, .first_key = b->read, .keys = p.read_count };
    for (size_t i = 0; i < p.read_count; i++, b->read++) {
        l->read_ids[b->read] = p.read[i];
        l->read_positions[b->read] = (int32_t)i;
    }
    for (size_t i = 0; i < p.count; i++)
        batch_row(b, (uint32_t)p.ids[i], i, p.targets[i], false);
}

/* Whole parts: the last scored row again, and nothing to foresee. */
static void batch_fill(batch *b, size_t outputs)
{
    ink_learner *l = b->l;
    for (size_t i = b->scored; i < outputs; i++) {
        l->index[i] = l->index[b->scored - 1];
        l->labels[i] = INK_IGNORED;
    }
}

void ink_learner_batch(ink_learner *l, const ink_learner_room *room, const ink_examples *e, const uint32_t *which, size_t count, ink_run *r)
{
    batch b = { .l = l };
    for (size_t i = 0; i < count; i++) {
        const size_t first = b.rows;
        if (l->pairs)
            batch_pair(&b, e, which[i], i);
        else
            batch_sample(&b, e, which[i]);
        l->segments[i] = (ink_segment){ .first_row = first, .rows = b.rows - first };
    }
    r->sizes[INK_SIZE_ONE] = r->sizes[INK_SIZE_CONTEXT] = 1;
    r->sizes[INK_SIZE_ROWS] = b.rows;
    r->sizes[INK_SIZE_SOURCE] = b.read;
    r->sizes[INK_SIZE_PART] = ink_pieces(b.scored, room->parts);
    r->sizes[INK_SIZE_OUTPUTS] = room->parts * r->sizes[INK_SIZE_PART];
    batch_fill(&b, r->sizes[INK_SIZE_OUTPUTS]);
}

size_t ink_learner_scored(const ink_learner *l, const ink_examples *e, size_t which)
{
    if (ink_masks(l->masking, e, which))
        return ink_mask_count(l->masking, l->round, e, which);
    if (ink_spans_draws(l->spans, e, which))
        return ink_spans_count(l->spans, e, which);
    if (l->temperature > 0)
        return which % 2 == 0;
    size_t scored = l->prompt && e->firsts[which] >= 0;
    for (size_t at = e->starts[which]; at < e->starts[which + 1]; at++)
        scored += e->targets.at[at] >= 0;
    return scored;
}
