/* A small engine that stands in for the real one in tests of what drives it: its logits are a function of the tokens before, so that
   what comes out can be worked out by hand, and it counts what it is asked. Included by one file of a program. */
#ifndef INK_FAKE_LLM_H
#define INK_FAKE_LLM_H
#include "test.h"

#include <ink/generate.h>
#include <math.h>

static ink_err err;

enum { VOCAB = 12, END = 11, CONTEXT = 64 };
static const char *const pieces[VOCAB] = { "a", "b", " ST", "OP", "S", "\xe2", "\x82", "\xac", "\xff", "TOP!", "", "<end>" };

struct ink_seq {
    ink_llm *llm;
    int32_t ids[CONTEXT];
    size_t count;
};

struct ink_llm {
    const int32_t *script; /* the token at each position; NULL: a random model */
    size_t script_count;
    size_t calls, widest;  /* steps, and the most feeds of one */
    size_t fail_at;        /* the call that fails; 0: none does */
    size_t seqs;
    bool mute;             /* no tokenizer */
    size_t room;           /* tokens of all sequences together, shared ones counted for each; 0: any */
    size_t held, computed; /* tokens in sequences; tokens ever computed */
    size_t most_rows;      /* tokens of a step */
};

static const ink_model_info fake_info = { .architecture = "fake", .vocab = VOCAB, .context = CONTEXT };
static ink_llm *fake_model_of; /* whose model the calls below speak of */

const ink_model *ink_llm_model(const ink_llm *llm)
{
    fake_model_of = (ink_llm *)(uintptr_t)llm;
    return (const ink_model *)(const void *)llm;
}
size_t ink_llm_context(const ink_llm *llm)
{
    (void)llm;
    return CONTEXT;
}

size_t ink_llm_room(const ink_llm *llm) { return !llm->room ? SIZE_MAX : llm->held < llm->room ? llm->room - llm->held : 0; }

/* It reads nothing else. */
bool ink_llm_reads(const ink_llm *llm) { return (void)llm, false; }
int32_t ink_llm_start(const ink_llm *llm) { return (void)llm, 0; }
ink_status ink_seq_read(ink_seq *seq, const int32_t *ids, size_t count, ink_err *e)
{
    (void)seq, (void)ids;
    return ink_fail(e, INK_E_ARGUMENT, "%zu ids are not read", count);
}
const ink_model_info *ink_model_describe(const ink_model *m)
{
    (void)m;
    return &fake_info;
}
bool ink_model_is_end(const ink_model *m, int32_t id)
{
    (void)m;
    return id == END;
}
ink_status ink_model_tokenizer(const ink_model *m, const ink_tokenizer **out, ink_err *e)
{
    *out = (const ink_tokenizer *)(const void *)m;
    return fake_model_of->mute ? ink_fail(e, INK_E_NOT_FOUND, "no tokenizer") : INK_OK;
}
ink_text ink_token_display(const ink_tokenizer *t, int32_t id, bool first, bool special)
{
    (void)t;
    assert_false(first);
    return id == END && !special ? (ink_text){ 0 } : (ink_text){ pieces[id], strlen(pieces[id]) };
}
/* Nor does anyone guess here with a second model (tests/conformance/speculation.py), nor ask where this one was read from. */
ink_text ink_token_bytes(const ink_tokenizer *t, int32_t id)
{
    (void)t;
    return (ink_text){ pieces[id], strlen(pieces[id]) };
}
const ink_weights *ink_model_weights(const ink_model *m)
{
    (void)m;
    fail();
    return NULL;
}
const char *ink_weights_path(const ink_weights *w)
{
    (void)w;
    fail();
    return "";
}
/* Here no answer must have a form (tests/conformance/constraints.py): nobody asks these. */
size_t ink_constraint_shortest(ink_constraint *c)
{
    (void)c;
    fail();
    return 0;
}
ink_constraint_state ink_constraint_start(const ink_constraint *c)
{
    (void)c;
    fail();
    return 0;
}
bool ink_constraint_ends(const ink_constraint *c, ink_constraint_state at)
{
    (void)c, (void)at;
    fail();
    return false;
}
ink_status ink_constraint_mask(ink_constraint *c, ink_constraint_state at, size_t left, const uint64_t **bits, bool *ends, bool *more, ink_err *e)
{
    (void)c, (void)at, (void)left, (void)bits, (void)ends, (void)more;
    return ink_fail(e, INK_E_UNSUPPORTED, "no forms here");
}
ink_status ink_constraint_take(ink_constraint *c, ink_constraint_state *at, int32_t token, ink_err *e)
{
    (void)c, (void)at, (void)token;
    return ink_fail(e, INK_E_UNSUPPORTED, "no forms here");
}
void ink_ids_clear(ink_ids *ids)
{
    free(ids->at);
    *ids = (ink_ids){ 0 };
}
ink_status ink_ids_add(ink_ids *ids, int32_t id, ink_err *e)
{
    (void)e;
    ids->at = realloc(ids->at, ++ids->count * sizeof id);
    ids->at[ids->count - 1] = id;
    return INK_OK;
}
ink_status ink_seq_new(ink_llm *llm, ink_seq **out, ink_err *e)
{
    (void)e;
    *out = calloc(1, sizeof **out);
    (*out)->llm = llm;
    llm->seqs++;
    return INK_OK;
}
ink_status ink_seq_fork(const ink_seq *from, size_t tokens, ink_seq **out, ink_err *e)
{
    assert_true(tokens <= from->count);
    assert_ok(ink_seq_new(from->llm, out, e));
    memcpy((*out)->ids, from->ids, sizeof from->ids);
    (*out)->count = tokens;
    (*out)->llm->held += tokens;
    return INK_OK;
}
void ink_seq_keep(ink_seq *seq, size_t tokens)
{
    seq->llm->held -= seq->count - tokens;
    seq->count = tokens;
}
size_t ink_seq_length(const ink_seq *seq)
{
    return seq->count;
}
void ink_seq_free(ink_seq *seq)
{
    if (seq) {
        seq->llm->seqs--;
        seq->llm->held -= seq->count;
    }
    free(seq);
}

ink_status ink_seq_save(const ink_seq *seq, const int32_t *ids, const char *path, ink_err *e)
{
    FILE *f = fopen(path, "wb");
    assert_memory_equal(seq->ids, ids, seq->count * sizeof *ids);
    if (!f || fwrite(seq, sizeof *seq, 1, f) != 1 || fclose(f))
        return ink_fail(e, INK_E_IO, "%s: cannot be written", path);
    return INK_OK;
}
ink_status ink_seq_load(ink_llm *llm, const char *path, ink_seq **out, ink_ids *ids, ink_err *e)
{
    ink_seq read;
    FILE *f = fopen(path, "rb");
    if (!f || fread(&read, sizeof read, 1, f) != 1 || fclose(f))
        return ink_fail(e, INK_E_NOT_FOUND, "%s: cannot be read", path);
    if (llm->room && llm->held + read.count > llm->room)
        return ink_fail(e, INK_E_LIMIT, "no room");
    assert_ok(ink_seq_new(llm, out, e));
    memcpy((*out)->ids, read.ids, sizeof read.ids);
    (*out)->count = read.count;
    llm->held += read.count;
    for (size_t i = 0; i < read.count; i++)
        assert_ok(ink_ids_add(ids, read.ids[i], e));
    return INK_OK;
}

static void fake_logits(const ink_llm *llm, const ink_seq *seq, float *logits)
{
    uint64_t hash = 1469598103934665603u;
    for (size_t i = 0; i < seq->count; i++)
        hash = (hash ^ (uint64_t)seq->ids[i]) * 1099511628211u;
    for (size_t i = 0; i < VOCAB; i++) {
        hash = hash * 6364136223846793005u + 1442695040888963407u;
        logits[i] = llm->script ? (llm->script[seq->count % llm->script_count] == (int32_t)i ? 9.0f : 0.0f) : (float)(hash >> 60) / 4;
    }
    logits[10] = -INFINITY;
}

ink_status ink_llm_step(ink_llm *llm, const ink_feed *feeds, size_t count, ink_on_logits *on, void *user, ink_err *e)
{
    if (++llm->calls == llm->fail_at)
        return ink_fail(e, INK_E_MEMORY, "the step fails");
    size_t more = 0;
    for (size_t f = 0; f < count; f++)
        more += feeds[f].count;
    if (llm->room && llm->held + more > llm->room)
        return ink_fail(e, INK_E_LIMIT, "no room");
    llm->held += more;
    llm->computed += more;
    llm->most_rows = more > llm->most_rows ? more : llm->most_rows;
    llm->widest = count > llm->widest ? count : llm->widest;
    for (size_t f = 0; f < count; f++)
        for (size_t i = 0; i < feeds[f].count; i++) {
            ink_seq *seq = feeds[f].seq;
            float logits[VOCAB];
            assert_in_range(feeds[f].ids[i], 0, VOCAB - 1);
            assert_true(seq->count < CONTEXT);
            seq->ids[seq->count++] = feeds[f].ids[i];
            fake_logits(llm, seq, logits);
            if (feeds[f].want == INK_WANT_ALL || (feeds[f].want == INK_WANT_LAST && i + 1 == feeds[f].count))
                on(user, f, i, logits);
        }
    return INK_OK;
}

#endif
