/* A tokenizer as metadata of a GGUF: tokenizer.ggml.*. */
#include "models/tokenizer.h"

#include "base/text.h"
#include "formats/write.h"

#include <stdlib.h>
#include <string.h>

typedef struct to_gguf {
    const ink_tokenizer_spec *spec;
    ink_arena *arena;
    size_t count;
    ink_gguf_pairs *out;
} to_gguf;

/* What goes on with a word loses its ##, what begins one is marked; names in brackets stay. */
static ink_status to_gguf_spell(const to_gguf *t, ink_text *token, ink_err *err)
{
    if (token->data[0] == '[' && token->data[token->size - 1] == ']')
        return INK_OK;
    if (token->size > 2 && !memcmp(token->data, "##", 2)) {
        *token = (ink_text){ token->data + 2, token->size - 2 };
        return INK_OK;
    }
    char *text = ink_arena_format(t->arena, INK_WORDPIECE_BEGINS "%.*s", (int)token->size, token->data);
    *token = (ink_text){ text ? text : "", text ? strlen(text) : 0 };
    return text ? INK_OK : ink_arena_refused(t->arena, 64, err);
}

/* Rows of the table that no token has are named after their number, as they have to be called something. */
static ink_status to_gguf_tokens(const to_gguf *t, ink_err *err)
{
    ink_text *tokens = ink_arena_array(t->arena, t->count + 1, sizeof *tokens);
    int32_t *kinds = ink_arena_array(t->arena, t->count + 1, sizeof *kinds);
    if (!tokens || !kinds)
        return ink_arena_refused(t->arena, t->count * sizeof *tokens, err);
    for (size_t i = 0; i < t->count; i++) {
        const uint8_t kind = i < t->spec->count ? t->spec->kinds[i] : INK_TOKEN_UNUSED;
        kinds[i] = kind == INK_TOKEN_CONTROL_PART ? INK_TOKEN_CONTROL : kind;
        tokens[i] = i < t->spec->count ? t->spec->tokens[i] : (ink_text){ "", 0 };
        if (tokens[i].size && t->spec->wordpiece.on)
            INK_TRY(to_gguf_spell(t, &tokens[i], err));
        if (tokens[i].size)
            continue;
        char *name = ink_arena_format(t->arena, "[PAD%zu]", i);
        if (!name)
            return ink_arena_refused(t->arena, 16, err);
        tokens[i] = (ink_text){ name, strlen(name) };
    }
    ink_gguf_texts(t->out, "tokenizer.ggml.tokens", tokens, t->count);
    ink_gguf_integers(t->out, "tokenizer.ggml.token_type", kinds, t->count);
    return INK_OK;
}

static ink_status to_gguf_merges(const to_gguf *t, ink_err *err)
{
    const ink_tokenizer_spec *s = t->spec;
    ink_text *merges = ink_arena_array(t->arena, s->merge_count + 1, sizeof *merges);
    if (!merges)
        return ink_arena_refused(t->arena, s->merge_count * sizeof *merges, err);
    for (size_t i = 0; i < s->merge_count; i++) {
        merges[i] = s->merges[i];
        if (!s->rights)
            continue;
        char *both = ink_arena_format(t->arena, "%.*s %.*s", (int)s->merges[i].size, s->merges[i].data, (int)s->rights[i].size, s->rights[i].data);
        if (!both)
            return ink_arena_refused(t->arena, s->merges[i].size, err);
        merges[i] = (ink_text){ both, strlen(both) };
    }
    ink_gguf_texts(t->out, "tokenizer.ggml.merges", merges, s->merge_count);
    return INK_OK;
}

static ink_status to_gguf_bytes(const to_gguf *t, ink_err *err)
{
    const ink_tokenizer_spec *s = t->spec;
    const ink_split_name *name = ink_split_like(&s->split, s->ignore_merges);
    if (!name && (name = ink_split_like(&s->split, !s->ignore_merges)) && s->ignore_merges) /* a file that says otherwise means the same tokens mostly, not always */
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: its tokenizer takes whole words that are tokens before it merges, which no pre-tokenizer of GGUF with its rules does", s->where);
    if (!name)
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: its tokenizer cuts texts in a way that has no name in a GGUF (tokenizer.ggml.pre)", s->where);
    ink_gguf_text(t->out, "tokenizer.ggml.model", "gpt2", 4);
    ink_gguf_text(t->out, "tokenizer.ggml.pre", name->name, strlen(name->name));
    return to_gguf_merges(t, err);
}

static int to_gguf_order(const void *a, const void *b)
{
    const ink_text *x = *(const ink_text *const *)a, *y = *(const ink_text *const *)b;
    return ink_bytes_compare(x->data, x->size, y->data, y->size);
}

/* SentencePiece merges what has the best score: that of a token is when it is first made. */
static ink_status to_gguf_ranks(const to_gguf *t, float *scores, ink_err *err)
{
    enum { LONGEST = 1024 };
    const ink_tokenizer_spec *s = t->spec;
    const ink_text **sorted = ink_arena_array(t->arena, s->count + 1, sizeof *sorted);
    if (!sorted)
        return ink_arena_refused(t->arena, s->count * sizeof *sorted, err);
    for (size_t i = 0; i < s->count; i++)
        sorted[i] = &s->tokens[i];
    qsort(sorted, s->count, sizeof *sorted, to_gguf_order);
    for (size_t i = 0; i < s->merge_count; i++) {
        char both[LONGEST];
        const ink_text l = s->merges[i], r = s->rights ? s->rights[i] : (ink_text){ "", 0 };
        const char *space = s->rights || !l.size ? NULL : memchr(l.data + 1, ' ', l.size - 1);
        const size_t head = space ? (size_t)(space - l.data) : l.size;
        ink_text whole = { both, head + (space ? l.size - head - 1 : r.size) };
        if (whole.size > sizeof both)
            continue;
        memcpy(both, l.data, head);
        memcpy(both + head, space ? space + 1 : r.data, whole.size - head);
        const ink_text *key = &whole, **found = bsearch(&key, sorted, s->count, sizeof *sorted, to_gguf_order);
        if (found && scores[*found - s->tokens] == 0.0f)
            scores[*found - s->tokens] = -(float)(i + 1);
    }
    return INK_OK;
}

/* What GGUF can say of a unigram model's normalizer: a table of replacements, then whether white space at the ends and in rows goes. */
static bool to_gguf_steps(const ink_tokenizer_spec *s, bool *trims)
{
    size_t i = s->step_count && s->steps[0].kind == INK_STEP_CHARSMAP;
    const bool ends = i < s->step_count && s->steps[i].kind == INK_STEP_STRIP && s->steps[i].right;
    i += ends;
    const bool rows = i < s->step_count && s->steps[i].kind == INK_STEP_SPACES;
    *trims = s->words || (ends && rows);
    return i + rows == s->step_count && (s->words || ends == rows);
}

static ink_status to_gguf_unigram(const to_gguf *t, const float *scores, ink_err *err)
{
    const ink_tokenizer_spec *s = t->spec;
    bool trims;
    if (!to_gguf_steps(s, &trims))
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: the normalizer of its tokenizer has steps for which a GGUF has no word", s->where);
    if (s->words && !s->charsmap.size)
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: its tokenizer parts words at white space of every kind, for which a GGUF has no word unless a table makes spaces of it first", s->where);
    ink_gguf_text(t->out, "tokenizer.ggml.model", "t5", 2);
    ink_gguf_text(t->out, "tokenizer.ggml.pre", "default", 7);
    ink_gguf_reals(t->out, "tokenizer.ggml.scores", scores, t->count);
    ink_gguf_bool(t->out, "tokenizer.ggml.add_space_prefix", s->add_space_prefix);
    ink_gguf_bool(t->out, "tokenizer.ggml.remove_extra_whitespaces", trims);
    if (s->charsmap.size)
        ink_gguf_bytes(t->out, "tokenizer.ggml.precompiled_charsmap", s->charsmap.data, s->charsmap.size);
    return INK_OK;
}

static ink_status to_gguf_pieces(const to_gguf *t, ink_err *err)
{
    const ink_tokenizer_spec *s = t->spec;
    float *scores = ink_arena_array(t->arena, t->count + 1, sizeof *scores);
    if (!scores)
        return ink_arena_refused(t->arena, t->count * sizeof *scores, err);
    for (size_t i = 0; i < t->count; i++)
        scores[i] = s->scores && i < s->count ? (float)s->scores[i] : 0.0f;
    if (s->unigram)
        return to_gguf_unigram(t, scores, err);
    if (!s->scores)
        INK_TRY(to_gguf_ranks(t, scores, err));
    if (s->normal || s->step_count)
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: its tokenizer rewrites texts before it cuts them (into a Unicode normal form, or by steps of its own), for which a GGUF has no word", s->where);
    ink_gguf_text(t->out, "tokenizer.ggml.model", "llama", 5);
    ink_gguf_text(t->out, "tokenizer.ggml.pre", "default", 7);
    ink_gguf_reals(t->out, "tokenizer.ggml.scores", scores, t->count);
    ink_gguf_bool(t->out, "tokenizer.ggml.add_space_prefix", s->add_space_prefix);
    return INK_OK;
}

static void to_gguf_id(ink_gguf_pairs *out, const char *key, int32_t id)
{
    if (id >= 0)
        ink_gguf_count(out, key, (uint32_t)id);
}

static ink_status to_gguf_words(const to_gguf *t, ink_err *err)
{
    const ink_tokenizer_spec *s = t->spec;
    const ink_wordpiece *w = &s->wordpiece;
    if (strcmp(w->prefix, "##") || !w->clean || !w->han || !w->accents || !w->lower || !s->add_bos || !s->closing)
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: a GGUF knows WordPiece with ##, small letters without accents, and [CLS] and [SEP] around a text; this tokenizer does otherwise", s->where);
    ink_gguf_text(t->out, "tokenizer.ggml.model", "bert", 4);
    ink_gguf_text(t->out, "tokenizer.ggml.pre", "default", 7);
    to_gguf_id(t->out, "tokenizer.ggml.cls_token_id", s->bos);
    to_gguf_id(t->out, "tokenizer.ggml.seperator_token_id", s->closing - 1); /* the key's own spelling */
    to_gguf_id(t->out, "tokenizer.ggml.mask_token_id", ink_tokenizer_added_id(s, "[MASK]", 6));
    return INK_OK;
}

/* What ends an answer, and what stands after a text, which a GGUF has no other word for than the former: where they differ, the former is the end of a turn. */
static void to_gguf_ends(const ink_tokenizer_spec *s, ink_gguf_pairs *out)
{
    const bool closes = s->closing > 0 && !s->wordpiece.on;
    to_gguf_id(out, "tokenizer.ggml.eos_token_id", closes ? s->closing - 1 : s->eos);
    if (closes && s->eos != s->closing - 1)
        to_gguf_id(out, "tokenizer.ggml.eot_token_id", s->eos);
    if (closes || s->unigram)
        ink_gguf_bool(out, "tokenizer.ggml.add_eos_token", closes);
}

ink_status ink_tokenizer_to_gguf(const ink_tokenizer_spec *spec, size_t count, ink_gguf_pairs *out, ink_err *err)
{
    to_gguf t = { .spec = spec, .count = count > spec->count ? count : spec->count, .out = out };
    INK_TRY(ink_arena_new("tokenizer", (size_t)1 << 30, &t.arena, err));
    ink_status status = spec->wordpiece.on ? to_gguf_words(&t, err) : spec->byte_level ? to_gguf_bytes(&t, err) : to_gguf_pieces(&t, err);
    if (!status)
        status = to_gguf_tokens(&t, err);
    ink_arena_free(t.arena);
    INK_TRY(status);
    to_gguf_id(out, "tokenizer.ggml.bos_token_id", spec->bos);
    to_gguf_ends(spec, out);
    to_gguf_id(out, "tokenizer.ggml.unknown_token_id", spec->unknown);
    ink_gguf_bool(out, "tokenizer.ggml.add_bos_token", spec->add_bos && !spec->second); /* two tokens before a text have no word: a template writes them */
    if (spec->template.size)
        ink_gguf_text(out, "tokenizer.chat_template", spec->template.data, spec->template.size);
    return INK_OK;
}
