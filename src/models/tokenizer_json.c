/* A tokenizer.json: the model's vocabulary and merges, and the added tokens. */
#include "models/tokenizer.h"

#include <string.h>

static int64_t json_id(const ink_json *v)
{
    int64_t id = ink_json_integer(v, -1);
    return id < INK_TOKENIZER_TOKENS ? id : -1;
}

/* One more than the highest id. */
static ink_status json_count(const ink_json *vocab, const ink_json *added, ink_tokenizer_spec *spec, ink_err *err)
{
    const char *key;
    const ink_json *value;
    for (void *at = ink_json_next(vocab, NULL, &key, &value); at; at = ink_json_next(vocab, at, &key, &value)) {
        int64_t id = json_id(value);
        if (id < 0)
            return ink_fail(err, INK_E_FORMAT, "%s: the token %.60s has no id from 0 to %d", spec->where, key, INK_TOKENIZER_TOKENS - 1);
        spec->count = (size_t)id >= spec->count ? (size_t)id + 1 : spec->count;
    }
    if (ink_json_kind(vocab) == INK_JSON_ARRAY)
        spec->count = ink_json_size(vocab);
    for (size_t i = 0; i < ink_json_size(added); i++) {
        int64_t id = json_id(ink_json_get(ink_json_at(added, i), "id"));
        if (id < 0 || !ink_json_text(ink_json_get(ink_json_at(added, i), "content"), NULL))
            return ink_fail(err, INK_E_FORMAT, "%s: entry %zu of added_tokens lacks a content, or an id from 0 to %d", spec->where, i, INK_TOKENIZER_TOKENS - 1);
        spec->count = (size_t)id >= spec->count ? (size_t)id + 1 : spec->count;
    }
    return INK_OK;
}

static bool json_byte_token(const char *key)
{
    return strlen(key) == 6 && !memcmp(key, "<0x", 3) && key[5] == '>';
}

/* What a key says, NULs included. */
static ink_status json_key(const char *key, ink_arena *arena, ink_text *out, ink_err *err)
{
    *out = (ink_text){ key, strlen(key) };
    const char *nul = strstr(key, INK_JSON_NUL);
    if (!nul)
        return INK_OK;
    char *text = ink_arena_alloc(arena, out->size), *to = text;
    if (!text)
        return ink_arena_refused(arena, out->size, err);
    for (; nul; key = nul + 3, nul = strstr(key, INK_JSON_NUL)) {
        memcpy(to, key, (size_t)(nul - key));
        to += nul - key;
        *to++ = 0;
    }
    memcpy(to, key, strlen(key));
    *out = (ink_text){ text, (size_t)(to - text) + strlen(key) };
    return INK_OK;
}

static ink_status json_vocab(const ink_json *vocab, bool byte_tokens, ink_text *tokens, uint8_t *kinds, ink_arena *arena, ink_err *err)
{
    const char *key;
    const ink_json *value;
    for (void *at = ink_json_next(vocab, NULL, &key, &value); at; at = ink_json_next(vocab, at, &key, &value)) {
        const int64_t id = json_id(value);
        INK_TRY(json_key(key, arena, &tokens[id], err));
        kinds[id] = byte_tokens && json_byte_token(key) ? INK_TOKEN_BYTE : INK_TOKEN_NORMAL;
    }
    return INK_OK;
}

/* A list of texts with ln p of each. */
static ink_status json_unigram_vocab(const ink_json *vocab, bool byte_tokens, ink_text *tokens, uint8_t *kinds, ink_tokenizer_spec *spec, ink_arena *arena, ink_err *err)
{
    double *scores = ink_arena_array(arena, spec->count + 1, sizeof *scores);
    if (!scores)
        return ink_arena_refused(arena, spec->count * sizeof *scores, err);
    for (size_t i = 0; i < spec->count; i++)
        scores[i] = 0;
    for (size_t i = 0; i < ink_json_size(vocab); i++) {
        const ink_json *pair = ink_json_at(vocab, i), *score = ink_json_at(pair, 1);
        tokens[i].data = ink_json_text(ink_json_at(pair, 0), &tokens[i].size);
        if (!tokens[i].data || (ink_json_kind(score) != INK_JSON_REAL && ink_json_kind(score) != INK_JSON_INTEGER))
            return ink_fail(err, INK_E_FORMAT, "%s: entry %zu of the vocab is not a text and a number", spec->where, i);
        scores[i] = ink_json_number(score, 0);
        kinds[i] = byte_tokens && tokens[i].size == 6 && json_byte_token(tokens[i].data) ? INK_TOKEN_BYTE : INK_TOKEN_NORMAL;
    }
    spec->scores = scores;
    return INK_OK;
}

/* An added token that the vocabulary has too stays what merges can make. */
static ink_added json_added_token(const ink_json *entry, ink_text *tokens, uint8_t *kinds)
{
    static const struct { const char *key; uint8_t bit; } bits[] = { { "lstrip", INK_ADDED_LEFT }, { "rstrip", INK_ADDED_RIGHT }, { "single_word", INK_ADDED_WORD } };
    ink_added a = { .id = (int32_t)json_id(ink_json_get(entry, "id")), .control = ink_json_bool(ink_json_get(entry, "special"), 0) };
    a.text.data = ink_json_text(ink_json_get(entry, "content"), &a.text.size);
    a.bits = ink_json_bool(ink_json_get(entry, "normalized"), !a.control) ? INK_ADDED_NORMAL : 0;
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++)
        a.bits |= ink_json_bool(ink_json_get(entry, bits[i].key), 0) ? bits[i].bit : 0;
    if (kinds[a.id] == INK_TOKEN_UNUSED) {
        tokens[a.id] = a.text;
        kinds[a.id] = a.control ? INK_TOKEN_CONTROL : INK_TOKEN_USER;
    } else if (a.control && kinds[a.id] == INK_TOKEN_NORMAL)
        kinds[a.id] = INK_TOKEN_CONTROL_PART;
    return a;
}

static ink_status json_tokens(const ink_json *vocab, const ink_json *added, bool byte_tokens, ink_tokenizer_spec *spec, ink_arena *arena, ink_err *err)
{
    INK_TRY(json_count(vocab, added, spec, err));
    ink_text *tokens = ink_arena_array(arena, spec->count + 1, sizeof *tokens);
    uint8_t *kinds = ink_arena_alloc(arena, spec->count + 1);
    ink_added *list = ink_arena_array(arena, ink_json_size(added) + 1, sizeof *list);
    if (!tokens || !kinds || !list)
        return ink_arena_refused(arena, spec->count * sizeof *tokens, err);
    for (size_t i = 0; i < spec->count; i++) {
        tokens[i] = (ink_text){ "", 0 };
        kinds[i] = INK_TOKEN_UNUSED;
    }
    INK_TRY(spec->unigram ? json_unigram_vocab(vocab, byte_tokens, tokens, kinds, spec, arena, err) : json_vocab(vocab, byte_tokens, tokens, kinds, arena, err));
    for (size_t i = 0; i < ink_json_size(added); i++)
        list[spec->added_count++] = json_added_token(ink_json_at(added, i), tokens, kinds);
    spec->tokens = tokens;
    spec->kinds = kinds;
    spec->added = list;
    return INK_OK;
}

/* Each merge is "a b", or in newer files ["a", "b"]. */
static ink_status json_merges(const ink_json *merges, ink_tokenizer_spec *spec, ink_arena *arena, ink_err *err)
{
    const size_t count = ink_json_size(merges);
    const bool paired = ink_json_kind(ink_json_at(merges, 0)) == INK_JSON_ARRAY;
    ink_text *left = ink_arena_array(arena, count + 1, sizeof *left), *right = paired ? ink_arena_array(arena, count + 1, sizeof *right) : NULL;
    if (!left || (paired && !right))
        return ink_arena_refused(arena, count * sizeof *left, err);
    for (size_t i = 0; i < count; i++) {
        const ink_json *merge = ink_json_at(merges, i);
        left[i].data = ink_json_text(paired ? ink_json_at(merge, 0) : merge, &left[i].size);
        if (paired)
            right[i].data = ink_json_text(ink_json_at(merge, 1), &right[i].size);
        if (!left[i].data || (paired && !right[i].data))
            return ink_fail(err, INK_E_FORMAT, "%s: merge %zu is neither two texts nor one with a space", spec->where, i);
    }
    spec->merges = left;
    spec->rights = right;
    spec->merge_count = count;
    return INK_OK;
}

/* Whether a step of this type is in there, alone or in a Sequence. */
static bool json_has_step(const ink_json *step, const char *list, const char *type)
{
    const ink_json *steps = ink_json_get(step, list);
    bool has = !strcmp(ink_json_string(ink_json_get(step, "type"), ""), type);
    for (size_t i = 0; i < ink_json_size(steps); i++)
        has |= !strcmp(ink_json_string(ink_json_get(ink_json_at(steps, i), "type"), ""), type);
    return has;
}

static bool json_filled(const ink_json *v)
{
    return *ink_json_string(v, "");
}

static ink_status json_check_model(const ink_json *model, const char *where, ink_err *err)
{
    const char *type = ink_json_string(ink_json_get(model, "type"), ink_json_get(model, "merges") ? "BPE" : "");
    if (ink_json_kind(model) != INK_JSON_OBJECT)
        return ink_fail(err, INK_E_FORMAT, "%s: there is no \"model\" in it", where);
    if (!strcmp(type, "Unigram"))
        return ink_json_kind(ink_json_get(model, "vocab")) == INK_JSON_ARRAY ? INK_OK : ink_fail(err, INK_E_FORMAT, "%s: its model lacks a vocab", where);
    if (!strcmp(type, "WordPiece"))
        return ink_json_kind(ink_json_get(model, "vocab")) == INK_JSON_OBJECT ? INK_OK : ink_fail(err, INK_E_FORMAT, "%s: its model lacks a vocab", where);
    if (strcmp(type, "BPE"))
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: its model is of type %.40s; BPE, WordPiece and Unigram are read", where, *type ? type : "(none)");
    if (ink_json_kind(ink_json_get(model, "vocab")) != INK_JSON_OBJECT || ink_json_kind(ink_json_get(model, "merges")) != INK_JSON_ARRAY)
        return ink_fail(err, INK_E_FORMAT, "%s: its model lacks a vocab or merges", where);
    if (json_filled(ink_json_get(model, "continuing_subword_prefix")) || json_filled(ink_json_get(model, "end_of_word_suffix")))
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: its tokens mark the parts of words (continuing_subword_prefix, end_of_word_suffix), which is not read yet", where);
    return INK_OK;
}

static ink_status json_wordpiece(const ink_json *model, ink_tokenizer_spec *spec, ink_err *err)
{
    ink_wordpiece *w = &spec->wordpiece;
    const char *prefix = ink_json_string(ink_json_get(model, "continuing_subword_prefix"), "##");
    const int64_t longest = ink_json_integer(ink_json_get(model, "max_input_chars_per_word"), 100);
    if (strcmp(ink_json_string(ink_json_get(model, "type"), ""), "WordPiece"))
        return INK_OK;
    if (strlen(prefix) >= sizeof w->prefix || longest < 1 || longest > 1000)
        return ink_fail(err, INK_E_LIMIT, "%s: tokens that go on with a word begin with at most %zu bytes, and a word has 1 to 1000 characters", spec->where, sizeof w->prefix - 1);
    memcpy(w->prefix, prefix, strlen(prefix) + 1);
    w->longest = (size_t)longest;
    w->on = true;
    spec->marks_late = true; /* U+2581 is a character like others */
    return INK_OK;
}

ink_status ink_tokenizer_from_json(const ink_json *root, ink_tokenizer_spec *spec, ink_arena *arena, ink_err *err)
{
    const ink_json *model = ink_json_get(root, "model");
    INK_TRY(json_check_model(model, spec->where, err));
    INK_TRY(json_wordpiece(model, spec, err));
    spec->byte_level = json_has_step(ink_json_get(root, "pre_tokenizer"), "pretokenizers", "ByteLevel");
    spec->byte_fallback = ink_json_bool(ink_json_get(model, "byte_fallback"), 0);
    spec->fuse_unknown = ink_json_bool(ink_json_get(model, "fuse_unk"), 0);
    spec->unigram = ink_json_kind(ink_json_get(model, "vocab")) == INK_JSON_ARRAY;
    spec->ignore_merges = ink_json_bool(ink_json_get(model, "ignore_merges"), 0);
    INK_TRY(json_tokens(ink_json_get(model, "vocab"), ink_json_get(root, "added_tokens"), spec->byte_fallback && !spec->byte_level, spec, arena, err));
    if (spec->unigram) {
        const int64_t id = ink_json_integer(ink_json_get(model, "unk_id"), -1);
        spec->unknown = id >= 0 && (size_t)id < spec->count ? (int32_t)id : -1;
        spec->fuse_unknown = true;
        return ink_tokenizer_pipe(root, spec, arena, err);
    }
    INK_TRY(json_merges(ink_json_get(model, "merges"), spec, arena, err));
    const ink_json *unknown = ink_json_get(ink_json_get(model, "vocab"), ink_json_string(ink_json_get(model, "unk_token"), ""));
    spec->unknown = unknown ? (int32_t)json_id(unknown) : -1;
    return ink_tokenizer_pipe(root, spec, arena, err);
}
