/* Tokenizers as GGUF's metadata has them: tokenizer.ggml.*. */
#include "models/tokenizer.h"
#include "text/charsmap.h"

#include <string.h>

static const ink_meta *gguf_get(const ink_weights *w, const char *key, ink_meta_type type)
{
    const ink_meta *m = ink_weights_meta(w, key);
    return m && m->type == type ? m : NULL;
}

static ink_text gguf_text(const ink_weights *w, const char *key)
{
    const ink_meta *m = gguf_get(w, key, INK_META_TEXT);
    return m ? m->text : (ink_text){ "", 0 };
}

static bool gguf_is(ink_text text, const char *word)
{
    return text.size == strlen(word) && !memcmp(text.data, word, text.size);
}

static int32_t gguf_id(const ink_weights *w, const char *key, int32_t otherwise)
{
    const ink_meta *m = gguf_get(w, key, INK_META_INTEGER);
    return !m ? otherwise : m->integer >= 0 && m->integer <= INT32_MAX ? (int32_t)m->integer : -1;
}

static bool gguf_bool(const ink_weights *w, const char *key, bool otherwise)
{
    const ink_meta *m = gguf_get(w, key, INK_META_BOOL);
    return m ? m->boolean : otherwise;
}

static const ink_meta *gguf_array(const ink_weights *w, const char *key, bool texts)
{
    const ink_meta *m = gguf_get(w, key, INK_META_ARRAY);
    return m && (m->element == INK_META_TEXT) == texts ? m : NULL;
}

static ink_status gguf_texts(const ink_meta *m, const ink_text **out, ink_arena *arena, ink_err *err)
{
    ink_text *texts = ink_arena_array(arena, m->count + 1, sizeof *texts);
    if (!texts)
        return ink_arena_refused(arena, m->count * sizeof *texts, err);
    for (size_t i = 0; i < m->count; i++)
        texts[i] = ink_meta_text_at(m, i);
    *out = texts;
    return INK_OK;
}

static ink_status gguf_kinds(const ink_meta *m, ink_tokenizer_spec *spec, ink_arena *arena, ink_err *err)
{
    uint8_t *kinds = ink_arena_alloc(arena, spec->count + 1);
    if (!kinds)
        return ink_arena_refused(arena, spec->count, err);
    for (size_t i = 0; i < spec->count; i++) {
        double kind = m ? ink_meta_number_at(m, i) : INK_TOKEN_NORMAL;
        kinds[i] = kind >= INK_TOKEN_NORMAL && kind <= INK_TOKEN_BYTE ? (uint8_t)kind : INK_TOKEN_NORMAL;
        spec->added_count += kinds[i] == INK_TOKEN_CONTROL || kinds[i] == INK_TOKEN_USER;
    }
    spec->kinds = kinds;
    ink_added *added = ink_arena_array(arena, spec->added_count + 1, sizeof *added);
    if (!added)
        return ink_arena_refused(arena, spec->added_count * sizeof *added, err);
    spec->added = added;
    for (size_t i = 0; i < spec->count; i++)
        if (kinds[i] == INK_TOKEN_CONTROL || kinds[i] == INK_TOKEN_USER)
            *added++ = (ink_added){ .text = spec->tokens[i], .id = (int32_t)i, .control = kinds[i] == INK_TOKEN_CONTROL };
    return INK_OK;
}

/* WordPiece as GGUF spells it: U+2581 before what begins a word, where others write ## before what goes on with one. */
static ink_status gguf_spell(ink_tokenizer_spec *spec, ink_arena *arena, ink_err *err)
{
    ink_text *texts = ink_arena_array(arena, spec->count + 1, sizeof *texts);
    if (!texts)
        return ink_arena_refused(arena, spec->count * sizeof *texts, err);
    for (size_t i = 0; i < spec->count; i++) {
        const ink_text t = spec->tokens[i];
        const bool begins = t.size > 3 && !memcmp(t.data, INK_WORDPIECE_BEGINS, 3), named = t.size > 1 && t.data[0] == '[' && t.data[t.size - 1] == ']';
        texts[i] = begins ? (ink_text){ t.data + 3, t.size - 3 } : t;
        if (begins || named || !t.size)
            continue;
        char *text = ink_arena_format(arena, "##%.*s", (int)t.size, t.data);
        if (!text)
            return ink_arena_refused(arena, t.size, err);
        texts[i] = (ink_text){ text, t.size + 2 };
    }
    spec->tokens = texts;
    return INK_OK;
}

static ink_status gguf_tokens(const ink_weights *w, ink_tokenizer_spec *spec, ink_arena *arena, ink_err *err)
{
    const ink_meta *tokens = gguf_array(w, "tokenizer.ggml.tokens", true), *kinds = gguf_array(w, "tokenizer.ggml.token_type", false);
    if (!tokens && ink_weights_meta(w, "tokenizer.ggml.tokens"))
        return ink_fail(err, INK_E_FORMAT, "%s: tokenizer.ggml.tokens is no list of texts", spec->where);
    if (!tokens)
        return ink_fail(err, INK_E_NOT_FOUND, "%s: there are no tokenizer.ggml.tokens", spec->where);
    if (kinds && kinds->count != tokens->count)
        return ink_fail(err, INK_E_FORMAT, "%s: %zu tokens, but %zu types of token", spec->where, tokens->count, kinds->count);
    if (tokens->count > INK_TOKENIZER_TOKENS)
        return ink_fail(err, INK_E_LIMIT, "%s: %zu tokens; at most %d are read", spec->where, tokens->count, INK_TOKENIZER_TOKENS);
    spec->count = tokens->count;
    INK_TRY(gguf_texts(tokens, &spec->tokens, arena, err));
    if (spec->wordpiece.on)
        INK_TRY(gguf_spell(spec, arena, err));
    return gguf_kinds(kinds, spec, arena, err);
}

static ink_status gguf_bytes(const ink_weights *w, ink_tokenizer_spec *spec, ink_arena *arena, ink_err *err)
{
    const ink_meta *merges = gguf_array(w, "tokenizer.ggml.merges", true);
    const ink_text pre = gguf_text(w, "tokenizer.ggml.pre"), architecture = gguf_text(w, "general.architecture");
    if (!merges)
        return ink_fail(err, INK_E_FORMAT, "%s: a tokenizer of kind gpt2 wants tokenizer.ggml.merges", spec->where);
    spec->byte_level = true;
    spec->merge_count = merges->count;
    INK_TRY(gguf_texts(merges, &spec->merges, arena, err));
    const ink_split_name *name = ink_split_find(pre.data, pre.size);
    if (!name) {
        name = ink_split_for(architecture.data, architecture.size);
        const char *text = ink_arena_format(arena, "%s%.*s; texts are split as %s does, which may be wrong",
                                            pre.size ? "the file names a pre-tokenizer that is not known here: " : "the file does not name its pre-tokenizer",
                                            pre.size < 80 ? (int)pre.size : 80, pre.data, name->name);
        spec->warning = (ink_text){ text ? text : "", text ? strlen(text) : 0 };
    }
    spec->split = *name->split;
    spec->ignore_merges = name->ignore_merges;
    spec->add_bos = gguf_bool(w, "tokenizer.ggml.add_bos_token", name->add_bos);
    return INK_OK;
}

static ink_status gguf_scores(const ink_weights *w, ink_tokenizer_spec *spec, const char *kind, ink_arena *arena, ink_err *err)
{
    const ink_meta *scores = gguf_array(w, "tokenizer.ggml.scores", false);
    if (!scores || scores->count != spec->count)
        return ink_fail(err, INK_E_FORMAT, "%s: a tokenizer of kind %s wants tokenizer.ggml.scores, one for each token", spec->where, kind);
    double *list = ink_arena_array(arena, spec->count + 1, sizeof *list);
    if (!list)
        return ink_arena_refused(arena, spec->count * sizeof *list, err);
    for (size_t i = 0; i < spec->count; i++)
        list[i] = ink_meta_number_at(scores, i);
    spec->scores = list;
    return INK_OK;
}

static void gguf_step(ink_tokenizer_spec *spec, ink_normal_step step) { spec->steps[spec->step_count++] = step; }

/* The table of replacements, as bytes in an array of numbers. */
static ink_status gguf_charsmap(const ink_weights *w, ink_tokenizer_spec *spec, ink_arena *arena, ink_err *err)
{
    const ink_meta *m = gguf_array(w, "tokenizer.ggml.precompiled_charsmap", false);
    if (!m || !m->count)
        return INK_OK;
    if (m->count > INK_CHARSMAP_BYTES)
        return ink_fail(err, INK_E_LIMIT, "%s: tokenizer.ggml.precompiled_charsmap has %zu bytes; at most %d are read", spec->where, m->count, INK_CHARSMAP_BYTES);
    char *bytes = ink_arena_alloc(arena, m->count);
    if (!bytes)
        return ink_arena_refused(arena, m->count, err);
    for (size_t i = 0; i < m->count; i++)
        bytes[i] = (char)((int64_t)ink_meta_number_at(m, i) & 255);
    spec->charsmap = (ink_text){ bytes, m->count };
    gguf_step(spec, (ink_normal_step){ .kind = INK_STEP_CHARSMAP });
    return INK_OK;
}

/* SentencePiece's unigram models. */
static ink_status gguf_unigram(const ink_weights *w, ink_tokenizer_spec *spec, ink_arena *arena, ink_err *err)
{
    INK_TRY(gguf_scores(w, spec, "t5", arena, err));
    INK_TRY(gguf_charsmap(w, spec, arena, err));
    if (gguf_bool(w, "tokenizer.ggml.remove_extra_whitespaces", true)) {
        gguf_step(spec, (ink_normal_step){ .kind = INK_STEP_STRIP, .left = true, .right = true, .spaces = true });
        gguf_step(spec, (ink_normal_step){ .kind = INK_STEP_SPACES, .by = " " });
    }
    spec->unigram = spec->fuse_unknown = true;
    for (size_t i = 0; i < spec->count; i++)
        spec->byte_fallback |= spec->kinds[i] == INK_TOKEN_BYTE;
    spec->add_space_prefix = gguf_bool(w, "tokenizer.ggml.add_space_prefix", true);
    spec->prefix_each = spec->add_space_prefix;
    spec->add_bos = gguf_bool(w, "tokenizer.ggml.add_bos_token", false);
    if (gguf_bool(w, "tokenizer.ggml.add_eos_token", true))
        spec->closing = 1 + gguf_id(w, "tokenizer.ggml.eos_token_id", 1);
    return INK_OK;
}

static ink_status gguf_pieces(const ink_weights *w, ink_tokenizer_spec *spec, ink_arena *arena, ink_err *err)
{
    INK_TRY(gguf_scores(w, spec, "llama", arena, err));
    spec->byte_fallback = true;
    spec->add_space_prefix = spec->prefix_each = gguf_bool(w, "tokenizer.ggml.add_space_prefix", true);
    spec->add_bos = gguf_bool(w, "tokenizer.ggml.add_bos_token", true);
    return INK_OK;
}

/* A text is put between [CLS] and [SEP], small letters without accents; a GGUF says nothing of other ways. */
static ink_status gguf_words(const ink_weights *w, ink_tokenizer_spec *spec, ink_arena *arena, ink_err *err)
{
    (void)arena;
    const int32_t last = gguf_id(w, "tokenizer.ggml.seperator_token_id", 102); /* the key's own spelling */
    if (last < 0 || (size_t)last >= spec->count)
        return ink_fail(err, INK_E_FORMAT, "%s: token %d, which ends a text (tokenizer.ggml.seperator_token_id), is none of its %zu", spec->where, (int)last, spec->count);
    spec->add_bos = true;
    spec->closing = 1 + last;
    spec->marks_late = true; /* U+2581 is a character like others */
    return INK_OK;
}

/* tokenizer.ggml.model, and the tokens that are meant where a file does not say which. */
static const struct gguf_kind {
    const char *name;
    ink_status (*read)(const ink_weights *w, ink_tokenizer_spec *spec, ink_arena *arena, ink_err *err);
    int32_t bos, eos, unknown;
    ink_wordpiece wordpiece;
} gguf_kinds_read[] = {
    { "gpt2", gguf_bytes, -1, -1, -1 },
    { "llama", gguf_pieces, 1, 2, 0 },
    { "t5", gguf_unigram, -1, 1, 2 },
    { "bert", gguf_words, 101, -1, 100, { .on = true, .clean = true, .han = true, .accents = true, .lower = true, .prefix = "##", .longest = 100 } },
};

ink_status ink_tokenizer_from_gguf(const ink_weights *w, ink_tokenizer_spec *spec, ink_tokenizer_source *source, ink_err *err)
{
    ink_arena *arena = source->arena;
    const ink_text model = gguf_text(w, "tokenizer.ggml.model");
    if (!model.size)
        return ink_fail(err, INK_E_NOT_FOUND, "%s: there is no tokenizer in the file (tokenizer.ggml.model)", spec->where);
    if (gguf_is(model, "none"))
        return ink_fail(err, INK_E_NOT_FOUND, "%s: the file says that the model has no tokenizer", spec->where);
    const struct gguf_kind *kind = NULL;
    for (size_t i = 0; i < sizeof gguf_kinds_read / sizeof *gguf_kinds_read; i++)
        if (gguf_is(model, gguf_kinds_read[i].name))
            kind = &gguf_kinds_read[i];
    if (!kind)
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: its tokenizer is of kind %.*s; gpt2 (byte-level BPE), llama (SentencePiece BPE), t5 (SentencePiece unigram) and bert (WordPiece) are read",
                        spec->where, model.size < 80 ? (int)model.size : 80, model.data);
    spec->wordpiece = kind->wordpiece;
    INK_TRY(gguf_tokens(w, spec, arena, err));
    INK_TRY(kind->read(w, spec, arena, err));
    spec->bos = gguf_id(w, "tokenizer.ggml.bos_token_id", gguf_id(w, "tokenizer.ggml.cls_token_id", kind->bos));
    spec->eos = gguf_id(w, "tokenizer.ggml.eos_token_id", kind->eos);
    spec->unknown = gguf_id(w, "tokenizer.ggml.unknown_token_id", kind->unknown);
    if (!spec->closing && spec->eos >= 0 && gguf_bool(w, "tokenizer.ggml.add_eos_token", false))
        spec->closing = 1 + spec->eos;
    static const char *const ends[] = { "tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id" };
    for (size_t i = 0; i < 3; i++)
        ink_tokenizer_add_end(spec, gguf_id(w, ends[i], -1));
    spec->template = gguf_text(w, "tokenizer.chat_template");
    return INK_OK;
}
