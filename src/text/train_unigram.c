/* Unigram (Kudo 2018, section 3.2): all parts of words are pieces at first; expectation-maximisation gives each its probability under all
   ways of cutting a word; those that the text can best do without go, a quarter at a time, until enough are left. */
#define _GNU_SOURCE /* qsort_r */
#include "base/text.h"
#include "text/train_chars.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { UNIGRAM_SEEDS = 10, UNIGRAM_ROUNDS = 2 }; /* pieces to begin with for each that is wanted; of expectation and maximisation between two cuts */

typedef struct unigram { /* pieces: symbols of the training's merging */
    ink_token_training *t;
    ink_words pieces, parts;  /* parts: words without rare characters */
    double *score, *expected; /* [piece] logarithms; counts */
    bool *single;             /* a character, which always stays */
    double *forward, *backward; /* [bytes of a word + 1] */
    size_t room;
} unigram;

static ink_status unigram_part(void *user, const char *p, size_t n, uint64_t count)
{
    unigram *u = user;
    uint32_t number;
    return ink_words_add(&u->parts, p, n, count, &number, u->t->err);
}

/* ---- what there is at first ---- */

static ink_status unigram_substrings(unigram *u, ink_text w, uint64_t count, ink_words *all)
{
    uint32_t number;
    for (size_t from = 0, step; from < w.size; from += step) {
        step = ink_training_char(w.data + from, w.data + w.size);
        size_t chars = 0;
        for (size_t to = from; to < w.size && chars < INK_TRAINING_LONGEST; chars++) {
            to += ink_training_char(w.data + to, w.data + w.size);
            const ink_text piece = { w.data + from, to - from };
            if (!ink_training_fits(piece))
                break;
            INK_TRY(ink_words_add(all, piece.data, piece.size, count, &number, u->t->err));
        }
    }
    return INK_OK;
}

typedef struct unigram_ranking {
    const ink_words *words;
    const double *worth; /* [word] */
} unigram_ranking;

static int unigram_rank(const void *a, const void *b, void *user)
{
    const unigram_ranking *r = user;
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    if (r->worth[x] != r->worth[y])
        return r->worth[x] > r->worth[y] ? -1 : 1;
    const ink_text p = ink_words_at(r->words, x), q = ink_words_at(r->words, y);
    return ink_bytes_compare(p.data, p.size, q.data, q.size);
}

/* Single characters, and of the others the `most` of greatest worth (below 0: gone), into u->pieces anew with their scores. */
static ink_status unigram_keep(unigram *u, const ink_words *from, const ink_words *chars, const double *worth, const double *score, size_t most)
{
    ink_words pieces = { 0 };
    uint32_t number, *order = malloc((from->count + 1) * sizeof *order);
    double *kept = malloc((from->count + 1) * sizeof *kept);
    bool *single = malloc(from->count + 1);
    ink_status status = order && kept && single ? INK_OK : ink_fail(u->t->err, INK_E_MEMORY, "no memory for %zu pieces", from->count);
    for (size_t i = 0; status == INK_OK && i < from->count; i++)
        order[i] = (uint32_t)i;
    if (status == INK_OK)
        qsort_r(order, from->count, sizeof *order, unigram_rank, &(unigram_ranking){ from, worth });
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; status == INK_OK && i < from->count; i++) {
            const ink_text p = ink_words_at(from, order[i]);
            const bool is_char = ink_words_find(chars, p.data, p.size) != INK_WORDS_NONE;
            if (is_char != (pass == 0) || (pass && (pieces.count >= most || worth[order[i]] < 0)))
                continue;
            kept[pieces.count] = score[order[i]];
            single[pieces.count] = is_char;
            status = ink_words_add(&pieces, p.data, p.size, 1, &number, u->t->err);
        }
    free(order);
    if (status != INK_OK) {
        free(kept);
        free(single);
        ink_words_clear(&pieces);
        return status;
    }
    ink_words_clear(&u->pieces);
    free(u->score);
    free(u->single);
    free(u->expected);
    u->pieces = pieces;
    u->score = kept;
    u->single = single;
    u->expected = calloc(pieces.count + 1, sizeof *u->expected);
    return u->expected ? INK_OK : ink_fail(u->t->err, INK_E_MEMORY, "no memory for %zu pieces", pieces.count);
}

static ink_status unigram_seeds(unigram *u, const ink_words *chars)
{
    ink_words all = { 0 };
    double total = 0, *worth = NULL, *score = NULL;
    ink_status status = INK_OK;
    for (size_t i = 0; status == INK_OK && i < u->parts.count; i++)
        status = unigram_substrings(u, ink_words_at(&u->parts, i), u->parts.counts[i], &all);
    if (status == INK_OK && (!(worth = malloc((all.count + 1) * sizeof *worth)) || !(score = malloc((all.count + 1) * sizeof *score))))
        status = ink_fail(u->t->err, INK_E_MEMORY, "no memory for %zu pieces", all.count);
    for (size_t i = 0; status == INK_OK && i < all.count; i++) {
        worth[i] = all.counts[i] > 1 ? (double)all.counts[i] * (double)ink_words_at(&all, i).size : -1;
        total += (double)all.counts[i];
    }
    for (size_t i = 0; status == INK_OK && i < all.count; i++)
        score[i] = log((double)all.counts[i] / total);
    if (status == INK_OK)
        status = unigram_keep(u, &all, chars, worth, score, UNIGRAM_SEEDS * u->t->o->vocab);
    free(worth);
    free(score);
    ink_words_clear(&all);
    return status;
}

/* ---- all ways of cutting a word ---- */

static double unigram_sum(double a, double b) /* log(e^a + e^b) */
{
    return a > b ? a + log1p(exp(b - a)) : isinf(b) ? a : b + log1p(exp(a - b));
}

typedef void unigram_edge(unigram *u, uint32_t piece, size_t from, size_t to, void *user);

/* Calls edge for every piece that stands in the word, by where it begins, then by its length. */
static void unigram_edges(unigram *u, ink_text w, unigram_edge *edge, void *user)
{
    for (size_t from = 0, step; from < w.size; from += step) {
        step = ink_training_char(w.data + from, w.data + w.size);
        size_t chars = 0;
        for (size_t to = from; to < w.size && chars < INK_TRAINING_LONGEST; chars++) {
            to += ink_training_char(w.data + to, w.data + w.size);
            const uint32_t piece = ink_words_find(&u->pieces, w.data + from, to - from);
            if (piece != INK_WORDS_NONE)
                edge(u, piece, from, to, user);
        }
    }
}

static void unigram_forward(unigram *u, uint32_t piece, size_t from, size_t to, void *user)
{
    (void)user;
    u->forward[to] = unigram_sum(u->forward[to], u->forward[from] + u->score[piece]);
}

typedef struct unigram_back {
    const ink_text *word;
    double count;
} unigram_back;

static void unigram_expect(unigram *u, uint32_t piece, size_t from, size_t to, void *user)
{
    const unigram_back *b = user;
    u->expected[piece] += b->count * exp(u->forward[from] + u->score[piece] + u->backward[to] - u->forward[b->word->size]);
}

static bool unigram_room(unigram *u, size_t n)
{
    if (n < u->room)
        return true;
    double *forward = realloc(u->forward, 2 * n * sizeof *forward);
    u->forward = forward ? forward : u->forward;
    double *backward = realloc(u->backward, 2 * n * sizeof *backward);
    u->backward = backward ? backward : u->backward;
    u->room = forward && backward ? 2 * n : u->room;
    return forward && backward;
}

/* From the end to the front, which edges in the order of their beginnings do not give. */
static void unigram_backward(unigram *u, ink_text w)
{
    for (size_t i = 0; i <= w.size; i++)
        u->backward[i] = i == w.size ? 0 : -HUGE_VAL;
    for (size_t from = w.size; from-- > 0;) {
        if (((uint8_t)w.data[from] & 0xc0) == 0x80)
            continue;
        size_t chars = 0;
        for (size_t to = from; to < w.size && chars < INK_TRAINING_LONGEST; chars++) {
            to += ink_training_char(w.data + to, w.data + w.size);
            const uint32_t piece = ink_words_find(&u->pieces, w.data + from, to - from);
            if (piece != INK_WORDS_NONE)
                u->backward[from] = unigram_sum(u->backward[from], u->score[piece] + u->backward[to]);
        }
    }
}

static ink_status unigram_word(unigram *u, ink_text w, double count)
{
    if (!unigram_room(u, w.size + 1))
        return ink_fail(u->t->err, INK_E_MEMORY, "no memory for a word of %zu bytes", w.size);
    for (size_t i = 0; i <= w.size; i++)
        u->forward[i] = i ? -HUGE_VAL : 0;
    unigram_edges(u, w, unigram_forward, NULL);
    unigram_backward(u, w);
    unigram_edges(u, w, unigram_expect, &(unigram_back){ &w, count });
    return INK_OK;
}

static ink_status unigram_round(unigram *u)
{
    double total = 0;
    memset(u->expected, 0, u->pieces.count * sizeof *u->expected);
    for (size_t i = 0; i < u->parts.count; i++)
        INK_TRY(unigram_word(u, ink_words_at(&u->parts, i), (double)u->parts.counts[i]));
    for (size_t i = 0; i < u->pieces.count; i++)
        total += u->expected[i];
    for (size_t i = 0; i < u->pieces.count; i++)
        u->score[i] = log((u->expected[i] > 1e-3 ? u->expected[i] : 1e-3) / total);
    return INK_OK;
}

/* ---- what the text can do without ---- */

/* The best way of cutting a piece without itself. */
static double unigram_instead(unigram *u, uint32_t piece)
{
    const ink_text w = ink_words_at(&u->pieces, piece);
    const double own = u->score[piece];
    if (!unigram_room(u, w.size + 1))
        return -HUGE_VAL;
    u->score[piece] = -HUGE_VAL;
    for (size_t i = 0; i <= w.size; i++)
        u->forward[i] = i ? -HUGE_VAL : 0;
    for (size_t from = 0, step; from < w.size; from += step) {
        step = ink_training_char(w.data + from, w.data + w.size);
        for (size_t to = from; to < w.size;) {
            to += ink_training_char(w.data + to, w.data + w.size);
            const uint32_t p = ink_words_find(&u->pieces, w.data + from, to - from);
            if (p != INK_WORDS_NONE)
                u->forward[to] = fmax(u->forward[to], u->forward[from] + u->score[p]);
        }
    }
    u->score[piece] = own;
    return u->forward[w.size];
}

static ink_status unigram_cut(unigram *u, const ink_words *chars, size_t most)
{
    double *worth = malloc((u->pieces.count + 1) * sizeof *worth);
    if (!worth)
        return ink_fail(u->t->err, INK_E_MEMORY, "no memory for %zu pieces", u->pieces.count);
    for (size_t i = 0; i < u->pieces.count; i++) {
        const double lost = u->expected[i] * (u->score[i] - unigram_instead(u, (uint32_t)i));
        worth[i] = u->single[i] ? (double)INFINITY : lost > 0 ? lost : 0;
    }
    ink_words from = u->pieces;
    u->pieces = (ink_words){ 0 };
    ink_status status = unigram_keep(u, &from, chars, worth, u->score, most);
    ink_words_clear(&from);
    free(worth);
    return status;
}

static ink_status unigram_shrink(unigram *u, const ink_words *chars, size_t wanted)
{
    for (;;) {
        for (size_t i = 0; i < UNIGRAM_ROUNDS; i++)
            INK_TRY(unigram_round(u));
        if (u->pieces.count <= wanted)
            return INK_OK;
        const size_t next = u->pieces.count * 3 / 4;
        INK_TRY(unigram_cut(u, chars, next > wanted ? next : wanted));
        if (u->t->o->step && !u->t->o->step(u->t->o->user, wanted, u->pieces.count))
            return ink_fail(u->t->err, INK_E_STOPPED, "stopped with %zu pieces on the way to %zu", u->pieces.count, wanted);
    }
}

/* What was learned becomes the training's symbols, the likeliest first; counts hold the scores' bits. */
static ink_status unigram_give(unigram *u)
{
    uint32_t number, *order = malloc((u->pieces.count + 1) * sizeof *order);
    if (!order)
        return ink_fail(u->t->err, INK_E_MEMORY, "no memory for %zu pieces", u->pieces.count);
    for (size_t i = 0; i < u->pieces.count; i++)
        order[i] = (uint32_t)i;
    qsort_r(order, u->pieces.count, sizeof *order, unigram_rank, &(unigram_ranking){ &u->pieces, u->score });
    ink_status status = INK_OK;
    for (size_t i = 0; status == INK_OK && i < u->pieces.count; i++) {
        const ink_text p = ink_words_at(&u->pieces, order[i]);
        uint64_t bits;
        memcpy(&bits, &u->score[order[i]], sizeof bits);
        status = ink_words_add(&u->t->merging.symbols, p.data, p.size, bits, &number, u->t->err);
    }
    free(order);
    return status;
}

static ink_status unigram_learn(ink_token_training *t)
{
    unigram u = { .t = t };
    ink_words chars = { 0 };
    ink_status status = ink_training_chars(t, t->o->coverage != 0 ? t->o->coverage : 0.9995, &chars);
    if (status == INK_OK && t->o->vocab < t->special_count + chars.count)
        status = ink_fail(t->err, INK_E_ARGUMENT, "a vocabulary of %zu tokens has no room for %zu special tokens and %zu characters", t->o->vocab, t->special_count, chars.count);
    if (status == INK_OK)
        status = ink_training_parts(t, &chars, unigram_part, &u);
    if (status == INK_OK)
        status = unigram_seeds(&u, &chars);
    if (status == INK_OK)
        status = unigram_shrink(&u, &chars, t->o->vocab - t->special_count);
    if (status == INK_OK)
        status = unigram_give(&u);
    ink_words_clear(&chars);
    ink_words_clear(&u.pieces);
    ink_words_clear(&u.parts);
    free(u.score);
    free(u.single);
    free(u.expected);
    free(u.forward);
    free(u.backward);
    return status;
}

static void unigram_entry(ink_json *vocab, const char *text, size_t n, double score)
{
    ink_json *pair = ink_json_new_array();
    ink_json_append(pair, ink_json_new_text(text, n));
    ink_json_append(pair, ink_json_new_number(score));
    ink_json_append(vocab, pair);
}

static ink_status unigram_write(const ink_token_training *t, const char *folder, ink_json *root, ink_tokenizer_trained *out)
{
    static const char *const steps[] = { "pre_tokenizer", "decoder" };
    ink_json *vocab = ink_json_new_array();
    (void)folder;
    ink_training_step(root, "normalizer", "NFKC");
    for (size_t i = 0; i < 2; i++) {
        ink_json *step = ink_training_step(root, steps[i], "Metaspace");
        ink_json_set(step, "replacement", ink_json_new_text(INK_TRAINING_SPACE, 3));
        ink_json_set(step, "prepend_scheme", ink_json_new_text("always", 6));
        ink_json_set(step, "split", ink_json_new_bool(1));
    }
    for (size_t i = 0; i < t->special_count; i++)
        unigram_entry(vocab, t->specials[i], strlen(t->specials[i]), 0);
    for (size_t i = 0; i < t->merging.symbols.count; i++) {
        const ink_text p = ink_words_at(&t->merging.symbols, i);
        double score;
        memcpy(&score, &t->merging.symbols.counts[i], sizeof score);
        unigram_entry(vocab, p.data, p.size, score);
    }
    ink_json *model = ink_training_step(root, "model", "Unigram");
    ink_json_set(model, "unk_id", ink_json_new_integer(0));
    ink_json_set(model, "vocab", vocab);
    ink_json_set(model, "byte_fallback", ink_json_new_bool(0));
    out->vocab = t->special_count + t->merging.symbols.count;
    return INK_OK;
}

static const char *const unigram_specials[] = { "<unk>", "<s>", "</s>", NULL };
const ink_token_trainer ink_token_trainer_unigram = { .name = "unigram", .specials = unigram_specials, .read = ink_training_spaced, .learn = unigram_learn, .write = unigram_write };
