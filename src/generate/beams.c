/* Beam search (transformers 4.57, generation/utils.py, _beam_search, as its documentation and behaviour define it): `running` are beginnings,
   `ended` the best whole answers so far. A step ranks what may follow every beginning; of the first `beams` those that end are
   answers, and the first `beams` that do not end go on. */
#include "base/buf.h"
#include "base/clock.h"
#include "generate/llm.h"
#include "generate/logprobs.h"
#include "generate/rank.h"

#include <ink/beams.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct beam { /* a beginning, or a whole answer */
    ink_seq *seq;
    int32_t *tokens; /* [most] */
    size_t count;
    double score;    /* log-probability; ended: divided by the length's power */
    bool ended;      /* by an end token */
} beam;

typedef struct beam_next { /* what may follow */
    double score;
    size_t parent;
    int32_t id;
} beam_next;

typedef struct beams {
    ink_llm *llm;
    const ink_beam_options *o;
    const int32_t *source; /* what is read first, by a model that does; NULL: nothing */
    size_t source_count;
    size_t most, vocab, keep; /* keep: of what may follow, so many are looked at */
    beam *running, *fresh, *ended; /* [o->beams] each; fresh: the running ones of the next step */
    size_t running_count, ended_count;
    beam_next *next;          /* [beams × keep] */
    size_t next_count;
    uint64_t *heap;
    ink_feed *feeds;
    bool open;                /* answers may still become better */
    ink_err *err;
} beams;

static void beams_on_logits(void *user, size_t feed, size_t index, const float *logits)
{
    beams *b = user;
    const ink_kernels *k = &b->llm->kernels;
    const double all = ink_log_sum_exp(k, logits, b->vocab);
    const size_t n = b->keep < b->vocab ? b->keep : b->vocab;
    (void)index;
    ink_rank(k, logits, b->vocab, n, b->heap);
    for (size_t i = 0; i < n; i++) {
        const size_t id = ink_rank_at(b->heap[i]);
        b->next[b->next_count++] = (beam_next){ .score = b->running[feed].score + (double)logits[id] - all, .parent = feed, .id = (int32_t)id };
    }
}

static int beams_order(const void *a, const void *b)
{
    const beam_next *x = a, *y = b;
    return x->score != y->score ? (x->score > y->score ? -1 : 1) : x->parent != y->parent ? (x->parent < y->parent ? -1 : 1) : x->id < y->id ? -1 : 1;
}

static double beams_scored(const beams *b, double score, size_t length)
{
    return score / pow((double)length, b->o->length_penalty);
}

static void beams_copy(beam *to, const beam *from, const beam_next *n)
{
    memcpy(to->tokens, from->tokens, from->count * sizeof *from->tokens);
    to->count = from->count;
    to->tokens[to->count++] = n->id;
    to->score = n->score;
}

/* A whole answer takes its place among the best, if it is one of them. */
static void beams_end(beams *b, const beam_next *n, bool ended)
{
    const beam *from = &b->running[n->parent];
    const double score = beams_scored(b, n->score, from->count + 1);
    size_t at = b->ended_count;
    while (at && b->ended[at - 1].score < score)
        at--;
    if (at == b->o->beams)
        return;
    const size_t last = b->ended_count < b->o->beams ? b->ended_count++ : b->o->beams - 1;
    const beam spare = b->ended[last];
    memmove(b->ended + at + 1, b->ended + at, (last - at) * sizeof *b->ended);
    b->ended[at] = spare;
    beams_copy(&b->ended[at], from, n);
    b->ended[at].score = score;
    b->ended[at].ended = ended;
}

/* The first child of a beginning goes on with its keys and values, others share them. */
static ink_status beams_inherit(beams *b, const beam_next *next, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        beam *from = &b->running[next[i].parent], *to = &b->fresh[i];
        bool more = false;
        for (size_t k = i + 1; k < count; k++)
            more = more || next[k].parent == next[i].parent;
        beams_copy(to, from, &next[i]);
        if (more)
            INK_TRY(ink_seq_fork(from->seq, ink_seq_length(from->seq), &to->seq, b->err));
        else {
            to->seq = from->seq;
            from->seq = NULL;
        }
    }
    for (size_t i = 0; i < b->running_count; i++) {
        ink_seq_free(b->running[i].seq);
        b->running[i].seq = NULL;
    }
    beam *old = b->running;
    b->running = b->fresh;
    b->fresh = old;
    b->running_count = count;
    return INK_OK;
}

/* Whether a beginning could still become better than what has ended (early_stopping). */
static bool beams_could_improve(const beams *b, size_t length)
{
    if (b->ended_count < b->o->beams)
        return true;
    const size_t then = b->o->end == INK_BEAM_END_NEVER && b->o->length_penalty > 0 ? b->most : length;
    return b->o->end != INK_BEAM_END_FIRST && beams_scored(b, b->running[0].score, then) > b->ended[b->ended_count - 1].score;
}

/* What follows is sorted: answers that end, and the beginnings of the next step, none when there are no more. */
static ink_status beams_select(beams *b)
{
    const size_t length = b->running[0].count + 1, width = b->o->beams;
    const bool full = length == b->most;
    size_t kept = 0;
    qsort(b->next, b->next_count, sizeof *b->next, beams_order);
    for (size_t i = 0; i < b->next_count && i < b->keep; i++) {
        const bool end = ink_model_is_end(ink_llm_model(b->llm), b->next[i].id);
        if ((end || full) && i < width)
            beams_end(b, &b->next[i], end);
        else if (!end && !full && kept < width)
            b->next[kept++] = b->next[i]; /* never before its own place */
    }
    if (kept)
        INK_TRY(beams_inherit(b, b->next, kept));
    b->open = kept && beams_could_improve(b, length);
    return INK_OK;
}

static ink_status beams_step(beams *b)
{
    for (size_t i = 0; i < b->running_count; i++)
        b->feeds[i] = (ink_feed){ .seq = b->running[i].seq, .ids = &b->running[i].tokens[b->running[i].count - 1], .count = 1, .want = INK_WANT_LAST };
    b->next_count = 0;
    INK_TRY(ink_llm_step(b->llm, b->feeds, b->running_count, beams_on_logits, b, b->err));
    return beams_select(b);
}

/* ---- beginning and end ---- */

static ink_status beams_check(beams *b, size_t count)
{
    const ink_beam_options *o = b->o;
    const size_t context = ink_llm_context(b->llm);
    size_t ends = 0;
    INK_TRY(ink_generate_fits(count, o->most, context, b->err));
    b->most = o->most ? o->most : context - count;
    for (size_t i = 0; i < b->vocab; i++)
        ends += ink_model_is_end(ink_llm_model(b->llm), (int32_t)i);
    b->keep = (1 + (ends ? ends : 1)) * o->beams;
    if (!o->beams || o->beams > INK_BEAMS_MOST || o->best > o->beams)
        return ink_fail(b->err, INK_E_ARGUMENT, "%zu best of %zu beams: there are 1 to %d beams, and no more answers than beams", o->best, o->beams, INK_BEAMS_MOST);
    if (2 * o->beams > b->vocab)
        return ink_fail(b->err, INK_E_ARGUMENT, "%zu beams are too many for a vocabulary of %zu", o->beams, b->vocab);
    return INK_OK;
}

static ink_status beams_room(beams *b)
{
    const size_t n = b->o->beams;
    beam **sets[] = { &b->running, &b->fresh, &b->ended };
    b->next = calloc(n * b->keep, sizeof *b->next);
    b->heap = calloc(b->keep, sizeof *b->heap);
    b->feeds = calloc(n, sizeof *b->feeds);
    bool made = b->next && b->heap && b->feeds;
    for (size_t s = 0; s < 3; s++) {
        *sets[s] = calloc(n, sizeof **sets[s]);
        for (size_t i = 0; *sets[s] && i < n; i++)
            made = ((*sets[s])[i].tokens = malloc(b->most * sizeof(int32_t))) && made;
        made = made && *sets[s];
    }
    return made ? INK_OK : ink_fail(b->err, INK_E_MEMORY, "no memory for %zu beams of %zu tokens", n, b->most);
}

static void beams_free(beams *b)
{
    beam *sets[] = { b->running, b->fresh, b->ended };
    for (size_t s = 0; s < 3; s++) {
        for (size_t i = 0; sets[s] && i < b->o->beams; i++) {
            ink_seq_free(sets[s][i].seq);
            free(sets[s][i].tokens);
        }
        free(sets[s]);
    }
    free(b->next);
    free(b->heap);
    free(b->feeds);
}

static ink_status beams_answer(const beams *b, const beam *from, ink_finish finish, ink_answer *to)
{
    const ink_tokenizer *t;
    ink_buf text;
    ink_status status = ink_model_tokenizer(ink_llm_model(b->llm), &t, b->err);
    if (status && status != INK_E_NOT_FOUND)
        return status;
    to->score = from->score;
    to->finish = finish;
    for (size_t i = 0; i < from->count; i++)
        INK_TRY(ink_ids_add(&to->tokens, from->tokens[i], b->err));
    if (status) /* no tokenizer, no text */
        return INK_OK;
    const size_t said = from->count && from->ended && !b->o->special ? from->count - 1 : from->count;
    ink_buf_init(&text, 0);
    for (size_t i = 0; i < said; i++) {
        const ink_text piece = ink_token_display(t, from->tokens[i], false, b->o->special);
        ink_buf_add(&text, piece.data, piece.size);
    }
    ink_buf_add(&text, "", 0);
    to->text = text.data;
    to->text_size = text.len;
    return ink_buf_check(&text, "an answer", b->err);
}

/* Stopped before anything ended, the beginnings are what there is. */
static ink_status beams_tell(beams *b, bool asked, ink_generation *out)
{
    const bool begun = !b->ended_count;
    const size_t have = begun ? b->running_count : b->ended_count, want = b->o->best ? b->o->best : 1, n = have < want ? have : want;
    out->answers = calloc(n + 1, sizeof *out->answers);
    if (!out->answers)
        return ink_fail(b->err, INK_E_MEMORY, "no memory for %zu answers", n);
    out->count = n;
    for (size_t i = 0; i < n; i++) {
        const beam *from = begun ? &b->running[i] : &b->ended[i];
        INK_TRY(beams_answer(b, from, asked ? INK_FINISH_ASKED : from->ended ? INK_FINISH_END : INK_FINISH_LENGTH, &out->answers[i]));
    }
    return INK_OK;
}

static ink_status beams_run(beams *b, const int32_t *ids, size_t count, ink_generation *out)
{
    INK_TRY(beams_check(b, count));
    INK_TRY(beams_room(b));
    INK_TRY(ink_seq_new(b->llm, &b->running[0].seq, b->err));
    double began = ink_clock_seconds();
    if (b->source)
        INK_TRY(ink_seq_read(b->running[0].seq, b->source, b->source_count, b->err));
    const ink_feed prompt = { .seq = b->running[0].seq, .ids = ids, .count = count, .want = INK_WANT_LAST };
    b->running_count = 1;
    INK_TRY(ink_llm_step(b->llm, &prompt, 1, beams_on_logits, b, b->err));
    INK_TRY(beams_select(b));
    out->prompt_tokens = count + b->source_count;
    out->prompt_seconds = ink_clock_seconds() - began;
    bool asked = false;
    for (began = ink_clock_seconds(); b->open && !(asked = b->o->stop && b->o->stop(b->o->user));) {
        out->steps_tokens += b->running_count;
        INK_TRY(beams_step(b));
    }
    out->steps_seconds = ink_clock_seconds() - began;
    return beams_tell(b, asked, out);
}

ink_status ink_beams(ink_llm *llm, const int32_t *ids, size_t count, const ink_beam_options *options, ink_generation *out, ink_err *err)
{
    beams b = { .llm = llm, .o = options, .vocab = ink_model_describe(ink_llm_model(llm))->vocab, .err = err };
    const int32_t start = ink_llm_start(llm);
    *out = (ink_generation){ 0 };
    if (ink_llm_reads(llm)) {
        b.source = ids;
        b.source_count = count;
        ids = &start;
        count = 1;
    }
    ink_status status = beams_run(&b, ids, count, out);
    beams_free(&b);
    if (status)
        ink_generation_clear(out);
    return status;
}
