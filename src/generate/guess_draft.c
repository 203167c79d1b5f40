/* Guesses of a smaller model, which draws from the numbers that the large one will draw from: where they think alike, they say the same. */
#include "generate/guess.h"

#include "generate/prefixes.h"

#include <stdlib.h>
#include <string.h>

struct ink_draft {
    ink_llm *llm;
    ink_seq *seq;
    ink_sampler *sampler;
    int32_t *held;         /* what the sequence holds, and one more while guesses are made */
    size_t count, room;
    ink_status status;     /* of choosing, inside the callback */
    ink_err *err;
};

static ink_status draft_other(const ink_model *model, const ink_model *large, int32_t id, ink_err *err)
{
    return ink_fail(err, INK_E_ARGUMENT, "%s cannot guess for %s: its token %d is another one; both must have one vocabulary", ink_weights_path(ink_model_weights(model)),
                    ink_weights_path(ink_model_weights(large)), (int)id);
}

/* Ids of one must be the words of the other. Rows that one has beyond the other's, to fill up a matrix, are never spoken. */
static ink_status draft_same_words(const ink_model *model, const ink_model *large, ink_err *err)
{
    const ink_tokenizer *a, *b;
    const size_t vocab = ink_model_describe(model)->vocab, theirs = ink_model_describe(large)->vocab, both = vocab < theirs ? vocab : theirs;
    ink_status first = ink_model_tokenizer(model, &a, err), second = ink_model_tokenizer(large, &b, err);
    if (first == INK_E_NOT_FOUND && second == INK_E_NOT_FOUND)
        return vocab == theirs ? INK_OK : draft_other(model, large, (int32_t)both, err);
    INK_TRY(first);
    INK_TRY(second);
    for (int32_t i = 0; i < (int32_t)both; i++) {
        const ink_text x = ink_token_bytes(a, i), y = ink_token_bytes(b, i);
        if (x.size != y.size || memcmp(x.data, y.data, x.size))
            return draft_other(model, large, i, err);
    }
    return INK_OK;
}

ink_status ink_draft_new(const ink_answering *a, ink_draft **out, ink_err *err)
{
    ink_llm *llm = a->options->draft;
    ink_sampling sampling = a->options->sampling;
    INK_TRY(draft_same_words(ink_llm_model(llm), a->model, err));
    ink_draft *d = calloc(1, sizeof *d);
    if (!d)
        return ink_fail(err, INK_E_MEMORY, "no memory for guesses");
    *d = (ink_draft){ .llm = llm };
    sampling.seed = (int64_t)a->out->seed;
    ink_status status = ink_sampler_new(&sampling, ink_model_describe(ink_llm_model(llm))->vocab, &d->sampler, err);
    if (!status)
        status = ink_seq_new(llm, &d->seq, err);
    if (status)
        ink_draft_free(d);
    else
        *out = d;
    return status;
}

void ink_draft_free(ink_draft *d)
{
    if (!d)
        return;
    ink_sampler_free(d->sampler);
    ink_seq_free(d->seq);
    free(d->held);
    free(d);
}

static void draft_on_logits(void *user, size_t feed, size_t index, const float *logits)
{
    ink_draft *d = user;
    (void)feed;
    (void)index;
    d->status = ink_sampler_choose(d->sampler, logits, d->held, d->count, 0, &d->held[d->count], d->err);
}

static ink_status draft_room(ink_draft *d, size_t count, ink_err *err)
{
    if (count <= d->room)
        return INK_OK;
    int32_t *more = realloc(d->held, 2 * count * sizeof *more);
    if (!more)
        return ink_fail(err, INK_E_MEMORY, "no memory for guesses");
    d->held = more;
    d->room = 2 * count;
    return INK_OK;
}

/* Computes what is held beyond the sequence's length; the token after it stands at held[count] then. */
static ink_status draft_step(ink_draft *d, ink_err *err)
{
    const size_t have = ink_seq_length(d->seq);
    const ink_feed feed = { .seq = d->seq, .ids = d->held + have, .count = d->count - have, .want = INK_WANT_LAST };
    d->err = err;
    INK_TRY(ink_llm_step(d->llm, &feed, 1, draft_on_logits, d, err));
    return d->status;
}

ink_status ink_draft_guess(ink_draft *d, const int32_t *all, size_t count, int32_t *ids, size_t *n, ink_err *err)
{
    const size_t context = ink_llm_context(d->llm), vocab = ink_model_describe(ink_llm_model(d->llm))->vocab, want = *n;
    *n = 0;
    INK_TRY(draft_room(d, count + want + 1, err));
    size_t same = ink_prefix_common(d->held, ink_seq_length(d->seq), all, count);
    same = same < count ? same : count - 1;
    ink_seq_keep(d->seq, same);
    for (d->count = same; d->count < count; d->count++) {
        if ((size_t)all[d->count] >= vocab)
            return INK_OK;
        d->held[d->count] = all[d->count];
    }
    for (; *n < want && d->count < context; d->count++) {
        INK_TRY(draft_step(d, err));
        ids[(*n)++] = d->held[d->count];
    }
    return INK_OK;
}
