/* A model of SentencePiece as its own program writes it (spiece.model, tokenizer.model, sentencepiece.bpe.model): a ModelProto of pieces with scores,
   how they were learned, and how texts are rewritten before. What stands around a text, and tokens that are in no file, a family knows by itself. */
#include "models/tokenizer.h"
#include "formats/protobuf.h"
#include "text/charsmap.h"

#include <stdlib.h>
#include <string.h>

enum { PIECES_UNIGRAM = 1, PIECES_BPE = 2 }; /* TrainerSpec.model_type */
enum { PIECES_EXTRA = 4096 };                /* sentinels at most */

static const ink_pieces_family pieces_families[] = {
    { .classes = { "T5Tokenizer", "MT5Tokenizer" }, .models = { "t5", "mt5", "umt5" }, .eos = "</s>", .closes = true, .sentinels = 100 },
    { .classes = { "XLMRobertaTokenizer" }, .models = { "xlm-roberta" }, .bos = "<s>", .eos = "</s>", .begins = true, .closes = true, .shifted = true },
    { .classes = { "LlamaTokenizer" }, .models = { "llama", "mistral", "mixtral" }, .bos = "<s>", .eos = "</s>", .begins = true },
    { .classes = { "ChatGLMTokenizer" }, .models = { "chatglm" }, .bos = "[gMASK]", .second = "sop", .eos = "</s>", .begins = true,
      .later = { "[MASK]", "[gMASK]", "[sMASK]", "sop", "eop", "<|system|>", "<|user|>", "<|assistant|>", "<|observation|>" }, .raw = true },
    { .classes = { "GemmaTokenizer" }, .models = { "gemma", "gemma2", "gemma3_text" }, .bos = "<bos>", .eos = "<eos>", .begins = true },
};

static bool pieces_one_of(const char *const *list, size_t n, const char *word, size_t size)
{
    for (size_t i = 0; i < n && list[i]; i++)
        if (strlen(list[i]) == size && !memcmp(list[i], word, size))
            return true;
    return false;
}

ink_status ink_pieces_family_find(const ink_json *tokenizer, const ink_json *model, const char *where, const ink_pieces_family **out, ink_err *err)
{
    const char *class = ink_json_string(ink_json_get(tokenizer, "tokenizer_class"), ""), *kind = ink_json_string(ink_json_get(model, "model_type"), "");
    const size_t n = strlen(class), bare = n > 4 && !strcmp(class + n - 4, "Fast") ? n - 4 : n;
    for (size_t i = 0; i < sizeof pieces_families / sizeof *pieces_families; i++) {
        *out = &pieces_families[i];
        if (n ? pieces_one_of((*out)->classes, 2, class, bare) : pieces_one_of((*out)->models, 3, kind, strlen(kind)))
            return INK_OK;
    }
    return ink_fail(err, INK_E_UNSUPPORTED, "%s: what is put around a text is not in a model of SentencePiece, and for %s %.60s it is not known here; a tokenizer.json would say it", where,
                    n ? "a" : "models of type", n ? class : *kind ? kind : "(none)");
}

typedef struct pieces_file { /* what the file says */
    ink_text charsmap;
    uint64_t kind;
    bool prefix, squeezes, suffix;
    size_t count;
} pieces_file;

static ink_status pieces_damaged(const char *where, ink_err *err)
{
    return ink_fail(err, INK_E_FORMAT, "%s is no model of SentencePiece, or it is damaged", where);
}

static void pieces_normalizer(pieces_file *f, pb_walk *w)
{
    for (pb_field v; pb_next(w, &v);) {
        if (v.number == 2 && v.form == PB_BYTES)
            f->charsmap = v.bytes;
        if (v.number == 3 && v.form == PB_NUMBER)
            f->prefix = v.value != 0;
        if (v.number == 4 && v.form == PB_NUMBER)
            f->squeezes = v.value != 0;
    }
}

static void pieces_trainer(pieces_file *f, pb_walk *w)
{
    for (pb_field v; pb_next(w, &v);) {
        if (v.number == 3 && v.form == PB_NUMBER)
            f->kind = v.value;
        if (v.number == 24 && v.form == PB_NUMBER)
            f->suffix = v.value != 0;
    }
}

static ink_status pieces_look(ink_text bytes, pieces_file *f, const char *where, ink_err *err)
{
    static void (*const parts[])(pieces_file *f, pb_walk *w) = { [2] = pieces_trainer, [3] = pieces_normalizer };
    pb_walk w = pb_begin(bytes);
    *f = (pieces_file){ .kind = PIECES_UNIGRAM, .prefix = true, .squeezes = true };
    for (pb_field v; pb_next(&w, &v);) {
        f->count += v.number == 1 && v.form == PB_BYTES;
        if (v.form != PB_BYTES || (v.number != 2 && v.number != 3))
            continue;
        pb_walk part = pb_begin(v.bytes);
        parts[v.number](f, &part);
        w.damaged |= part.damaged;
    }
    if (w.damaged || f->count < 4)
        return pieces_damaged(where, err);
    if (f->kind != PIECES_UNIGRAM && f->kind != PIECES_BPE)
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: a model of SentencePiece of words or of characters; unigram and BPE are read", where);
    if (f->suffix)
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: its pieces end with the space instead of beginning with it, which is not read", where);
    if (f->charsmap.size > INK_CHARSMAP_BYTES)
        return ink_fail(err, INK_E_LIMIT, "%s: its table of replacements has %zu bytes; at most %d are read", where, f->charsmap.size, INK_CHARSMAP_BYTES);
    return f->count < INK_TOKENIZER_TOKENS - PIECES_EXTRA - 2 ? INK_OK : ink_fail(err, INK_E_LIMIT, "%s: %zu pieces are more than are read", where, f->count);
}

typedef struct pieces_made { /* the tokens on their way */
    ink_text *tokens;
    uint8_t *kinds;
    double *scores;
    ink_added *added;
    size_t count, added_count;
} pieces_made;

/* What is no normal piece is looked for before all others; that of somebody's own stays what merges make, as transformers has it. */
static void pieces_put(pieces_made *m, ink_text text, uint8_t kind, double score, uint8_t bits)
{
    const bool apart = kind == INK_TOKEN_CONTROL || kind == INK_TOKEN_USER || kind == INK_TOKEN_UNKNOWN;
    if (apart)
        m->added[m->added_count++] = (ink_added){ .text = text, .id = (int32_t)m->count, .control = kind != INK_TOKEN_USER, .bits = bits };
    m->tokens[m->count] = text;
    m->kinds[m->count] = kind == INK_TOKEN_USER ? INK_TOKEN_NORMAL : kind;
    m->scores[m->count++] = score;
}

static bool pieces_turn(ink_text text) { return (text.size == 15 && !memcmp(text.data, "<start_of_turn>", 15)) || (text.size == 13 && !memcmp(text.data, "<end_of_turn>", 13)); }

static bool pieces_read(pb_walk w, pieces_made *m)
{
    ink_text text = { "", 0 };
    uint64_t kind = INK_TOKEN_NORMAL;
    float score = 0;
    for (pb_field v; pb_next(&w, &v);) {
        if (v.number == 1 && v.form == PB_BYTES)
            text = v.bytes;
        if (v.number == 2 && v.form == PB_FOUR)
            memcpy(&score, &(uint32_t){ (uint32_t)v.value }, sizeof score);
        if (v.number == 3 && v.form == PB_NUMBER)
            kind = v.value;
    }
    const bool known = kind >= INK_TOKEN_NORMAL && kind <= INK_TOKEN_BYTE && score == score;
    if (known)
        pieces_put(m, text, kind == INK_TOKEN_USER && pieces_turn(text) ? INK_TOKEN_CONTROL : (uint8_t)kind, (double)score, 0);
    return known && !w.damaged && (text.size || kind != INK_TOKEN_NORMAL);
}

#define PIECES_TEXT(text) ((ink_text){ text, sizeof text - 1 })

/* fairseq's numbers, which XLM-R keeps: its own four take the place of the first three pieces, and a mask is last. */
static void pieces_shifted_first(pieces_made *m)
{
    pieces_put(m, PIECES_TEXT("<s>"), INK_TOKEN_CONTROL, 0, 0);
    pieces_put(m, PIECES_TEXT("<pad>"), INK_TOKEN_CONTROL, 0, 0);
    pieces_put(m, PIECES_TEXT("</s>"), INK_TOKEN_CONTROL, 0, 0);
    pieces_put(m, PIECES_TEXT("<unk>"), INK_TOKEN_UNKNOWN, 0, 0);
}

static ink_status pieces_sentinels(pieces_made *m, size_t count, ink_arena *arena, ink_err *err)
{
    for (size_t i = count; i--;) {
        const char *name = ink_arena_format(arena, "<extra_id_%zu>", i);
        if (!name)
            return ink_arena_refused(arena, 32, err);
        pieces_put(m, (ink_text){ name, strlen(name) }, INK_TOKEN_CONTROL, 0, 0);
    }
    return INK_OK;
}

static void pieces_add(pieces_made *m, ink_added a)
{
    const size_t id = (size_t)a.id;
    m->tokens[id] = a.text;
    m->kinds[id] = a.control ? INK_TOKEN_CONTROL : INK_TOKEN_USER;
    m->added[m->added_count++] = a;
    m->count = id >= m->count ? id + 1 : m->count;
}

static size_t pieces_named(const ink_pieces_family *family)
{
    size_t n = 0;
    while (family->later[n])
        n++;
    return n;
}

/* Tokens that somebody added after the pieces (tokenizer_config.json): the next numbers, in any order; those of pieces say nothing new. What the family has anyway
   takes its number where nobody else has it. */
static ink_status pieces_later(pieces_made *m, const ink_pieces_family *family, const ink_json *config, const char *where, ink_err *err)
{
    const char *key;
    const ink_json *value, *list = ink_json_get(config, "added_tokens_decoder");
    const size_t first = m->count, named = pieces_named(family), room = ink_json_size(list) + named;
    for (void *at = ink_json_next(list, NULL, &key, &value); at; at = ink_json_next(list, at, &key, &value)) {
        const size_t id = strtoul(key, NULL, 10);
        ink_added a = { .id = (int32_t)id, .control = ink_json_bool(ink_json_get(value, "special"), 0) };
        a.text.data = ink_json_text(ink_json_get(value, "content"), &a.text.size);
        if (id < first)
            continue;
        if (!a.text.size || id >= first + room || m->tokens[id].size)
            return ink_fail(err, INK_E_FORMAT, "tokenizer_config.json: the token %.40s of added_tokens_decoder does not follow the %zu of %s", key, first, where);
        a.bits = (uint8_t)((ink_json_bool(ink_json_get(value, "lstrip"), 0) ? INK_ADDED_LEFT : 0) | (ink_json_bool(ink_json_get(value, "rstrip"), 0) ? INK_ADDED_RIGHT : 0)
                           | (ink_json_bool(ink_json_get(value, "single_word"), 0) ? INK_ADDED_WORD : 0) | (!family->raw && ink_json_bool(ink_json_get(value, "normalized"), !a.control) ? INK_ADDED_NORMAL : 0));
        pieces_add(m, a);
    }
    for (size_t i = 0; i < named; i++)
        if (!m->tokens[first + i].size)
            pieces_add(m, (ink_added){ .text = { family->later[i], strlen(family->later[i]) }, .id = (int32_t)(first + i), .control = true });
    return INK_OK;
}

static ink_status pieces_tokens(ink_text bytes, const pieces_file *f, const ink_pieces_family *family, const ink_json *config, ink_tokenizer_spec *spec, ink_arena *arena, ink_err *err)
{
    const size_t later = ink_json_size(ink_json_get(config, "added_tokens_decoder"));
    const int64_t sentinels = ink_json_integer(ink_json_get(config, "extra_ids"), (int64_t)family->sentinels);
    if (sentinels < 0 || sentinels > PIECES_EXTRA || later > INK_TOKENIZER_TOKENS - PIECES_EXTRA - 2 - f->count)
        return ink_fail(err, INK_E_LIMIT, "tokenizer_config.json: extra_ids is from 0 to %d, and with added_tokens_decoder there are at most %d tokens", PIECES_EXTRA, INK_TOKENIZER_TOKENS);
    const size_t room = f->count + 2 + (size_t)sentinels + later + pieces_named(family);
    pieces_made m = { .tokens = ink_arena_array(arena, room, sizeof *m.tokens), .kinds = ink_arena_alloc(arena, room), .scores = ink_arena_array(arena, room, sizeof *m.scores),
                      .added = ink_arena_array(arena, room, sizeof *m.added) };
    if (!m.tokens || !m.kinds || !m.scores || !m.added)
        return ink_arena_refused(arena, room * sizeof *m.added, err);
    memset(m.kinds, INK_TOKEN_UNUSED, room);
    for (size_t i = 0; i < room; i++) {
        m.tokens[i] = (ink_text){ "", 0 };
        m.scores[i] = 0;
    }
    size_t at = 0;
    pb_walk w = pb_begin(bytes);
    if (family->shifted)
        pieces_shifted_first(&m);
    for (pb_field v; pb_next(&w, &v);)
        if (v.number == 1 && v.form == PB_BYTES && !(family->shifted && at++ < 3) && !pieces_read(pb_begin(v.bytes), &m))
            return pieces_damaged(spec->where, err);
    if (family->shifted)
        pieces_put(&m, PIECES_TEXT("<mask>"), INK_TOKEN_CONTROL, 0, INK_ADDED_LEFT);
    INK_TRY(pieces_sentinels(&m, family->sentinels ? (size_t)sentinels : 0, arena, err));
    INK_TRY(pieces_later(&m, family, config, spec->where, err));
    spec->tokens = m.tokens;
    spec->kinds = m.kinds;
    spec->scores = m.scores;
    spec->added = m.added;
    spec->count = m.count;
    spec->added_count = m.added_count;
    return INK_OK;
}

static void pieces_step(ink_tokenizer_spec *spec, ink_normal_step step) { spec->steps[spec->step_count++] = step; }

/* Unigram models as transformers makes fast tokenizers of them: the table by clusters, and a mark for several spaces. */
static ink_status pieces_unigram(ink_tokenizer_spec *spec, const pieces_file *f)
{
    if (f->charsmap.size)
        pieces_step(spec, (ink_normal_step){ .kind = INK_STEP_CHARSMAP, .clusters = true });
    if (f->squeezes) {
        pieces_step(spec, (ink_normal_step){ .kind = INK_STEP_STRIP, .right = true });
        pieces_step(spec, (ink_normal_step){ .kind = INK_STEP_SPACES, .by = "\xe2\x96\x81" });
    }
    spec->unigram = spec->marks_late = spec->prefix_lacking = true;
    spec->split.rules[spec->split.count++] = (ink_rule){ .match = ink_split_spaced };
    return INK_OK;
}

/* Merges by score, over the text as it stands. Until 2023 (`legacy`, which is meant where nobody says otherwise) a space came before each part of a text. */
static ink_status pieces_merged(ink_tokenizer_spec *spec, const pieces_file *f, bool legacy)
{
    if (f->charsmap.size)
        pieces_step(spec, (ink_normal_step){ .kind = INK_STEP_CHARSMAP });
    if (f->squeezes) {
        pieces_step(spec, (ink_normal_step){ .kind = INK_STEP_STRIP, .left = true, .right = true, .spaces = true });
        pieces_step(spec, (ink_normal_step){ .kind = INK_STEP_SPACES, .by = " " });
    }
    spec->marks_late = spec->prefix_lacking = !legacy;
    return INK_OK;
}

ink_status ink_tokenizer_from_pieces(ink_text bytes, const ink_pieces_family *family, const ink_json *config, ink_tokenizer_spec *spec, ink_arena *arena, ink_err *err)
{
    pieces_file f;
    const bool legacy = ink_json_bool(ink_json_get(config, "legacy"), 1);
    INK_TRY(pieces_look(bytes, &f, spec->where, err));
    INK_TRY(pieces_tokens(bytes, &f, family, config, spec, arena, err));
    for (size_t i = 0; i < spec->count; i++) {
        spec->byte_fallback |= spec->kinds[i] == INK_TOKEN_BYTE;
        spec->unknown = spec->unknown < 0 && spec->kinds[i] == INK_TOKEN_UNKNOWN ? (int32_t)i : spec->unknown;
    }
    spec->charsmap = f.charsmap;
    spec->fuse_unknown = true;
    spec->add_space_prefix = ink_json_bool(ink_json_get(config, "add_prefix_space"), f.prefix);
    spec->prefix_each = spec->add_space_prefix && legacy;
    return f.kind == PIECES_UNIGRAM ? pieces_unigram(spec, &f) : pieces_merged(spec, &f, legacy);
}
