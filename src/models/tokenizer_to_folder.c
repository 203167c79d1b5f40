/* A tokenizer as a Hugging Face folder has it: tokenizer.json, and tokenizer_config.json with what begins and ends a text and the
   chat template. */
#include "models/tokenizer.h"

#include "base/base64.h"
#include "base/path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MARK "\xe2\x96\x81"

static ink_json *to_text(const char *text) { return ink_json_new_text(text, strlen(text)); }
static ink_json *to_token(ink_text t) { return ink_json_new_text(t.data, t.size); }

static ink_json *to_step(const char *type)
{
    ink_json *step = ink_json_new_object();
    ink_json_set(step, "type", to_text(type));
    return step;
}

static ink_json *to_sequence(const char *list, ink_json *steps)
{
    ink_json *s = to_step("Sequence");
    ink_json_set(s, list, steps);
    return s;
}

static ink_json *to_replace(const char *what, const char *by)
{
    ink_json *step = to_step("Replace"), *pattern = ink_json_new_object();
    ink_json_set(pattern, "String", to_text(what));
    ink_json_set(step, "pattern", pattern);
    ink_json_set(step, "content", to_text(by));
    return step;
}

static ink_json *to_prepend(const ink_tokenizer_spec *s)
{
    ink_json *step = to_step("Prepend");
    ink_json_set(step, "prepend", to_text(s->byte_level ? " " : MARK));
    return step;
}

static ink_json *to_charsmap(const ink_tokenizer_spec *s)
{
    ink_json *step = to_step("Precompiled");
    ink_buf letters;
    ink_buf_init(&letters, 0);
    ink_base64_put(s->charsmap.data, s->charsmap.size, &letters);
    ink_json_set(step, "precompiled_charsmap", ink_json_new_text(letters.data ? letters.data : "", letters.len));
    ink_buf_clear(&letters);
    return step;
}

static ink_json *to_normal_step(const ink_tokenizer_spec *s, const ink_normal_step *n)
{
    static const char *const forms[] = { [INK_NORMAL_C] = "NFC", [INK_NORMAL_D] = "NFD", [INK_NORMAL_KC] = "NFKC", [INK_NORMAL_KD] = "NFKD" };
    static const char *const types[INK_STEP_KINDS] = { [INK_STEP_LOWER] = "Lowercase", [INK_STEP_ACCENTS] = "StripAccents", [INK_STEP_STRIP] = "Strip", [INK_STEP_NMT] = "Nmt" };
    if (n->kind == INK_STEP_CHARSMAP)
        return to_charsmap(s);
    if (n->kind == INK_STEP_REPLACE)
        return to_replace(n->what, n->by);
    if (n->kind == INK_STEP_SPACES) {
        ink_json *step = to_step("Replace"), *pattern = ink_json_new_object();
        ink_json_set(pattern, "Regex", to_text(" {2,}"));
        ink_json_set(step, "pattern", pattern);
        ink_json_set(step, "content", to_text(n->by));
        return step;
    }
    ink_json *step = to_step(n->kind == INK_STEP_FORM ? forms[n->form] : types[n->kind]);
    if (n->kind == INK_STEP_STRIP) {
        ink_json_set(step, "strip_left", ink_json_new_bool(n->left));
        ink_json_set(step, "strip_right", ink_json_new_bool(n->right));
    }
    return step;
}

/* Unicode's form, a space in front, and for SentencePiece the mark for spaces. */
static ink_json *to_bert(const ink_wordpiece *w)
{
    ink_json *step = to_step("BertNormalizer");
    ink_json_set(step, "clean_text", ink_json_new_bool(w->clean));
    ink_json_set(step, "handle_chinese_chars", ink_json_new_bool(w->han));
    ink_json_set(step, "strip_accents", ink_json_new_bool(w->accents));
    ink_json_set(step, "lowercase", ink_json_new_bool(w->lower));
    return step;
}

static ink_json *to_normalizer(const ink_tokenizer_spec *s)
{
    if (s->wordpiece.on)
        return to_bert(&s->wordpiece);
    ink_json *steps = ink_json_new_array();
    for (size_t i = 0; i < s->step_count; i++)
        ink_json_append(steps, to_normal_step(s, &s->steps[i]));
    if (s->normal)
        ink_json_append(steps, to_normal_step(s, &(ink_normal_step){ .kind = INK_STEP_FORM, .form = s->normal }));
    if (s->add_space_prefix && !s->prefix_lacking)
        ink_json_append(steps, to_prepend(s));
    if (!s->byte_level && !s->marks_late)
        ink_json_append(steps, to_replace(" ", MARK));
    if (ink_json_size(steps))
        return to_sequence("normalizers", steps);
    ink_json_free(steps);
    return ink_json_new_null();
}

static ink_json *to_split(const char *regex)
{
    ink_json *step = to_step("Split"), *pattern = ink_json_new_object();
    ink_json_set(pattern, "Regex", to_text(regex));
    ink_json_set(step, "pattern", pattern);
    ink_json_set(step, "behavior", to_text("Isolated"));
    ink_json_set(step, "invert", ink_json_new_bool(0));
    return step;
}

/* Bytes as letters, and back. */
static ink_json *to_bytes(const ink_tokenizer_spec *s)
{
    ink_json *step = to_step("ByteLevel");
    ink_json_set(step, "add_prefix_space", ink_json_new_bool(s->add_space_prefix && s->prefix_lacking));
    ink_json_set(step, "trim_offsets", ink_json_new_bool(1));
    ink_json_set(step, "use_regex", ink_json_new_bool(0));
    return step;
}

/* A rule as steps. GPT-2's with numbers cut out before it is two. */
static ink_status to_rule(const ink_tokenizer_spec *s, const ink_rule *rule, ink_json *steps, ink_err *err)
{
    const char *regex = ink_split_regex(rule);
    if (rule->match == ink_rule_cut_gpt2.match && rule->cut_numbers) {
        ink_json_append(steps, to_split(ink_split_regex(&ink_rule_single_number)));
        regex = ink_split_regex(&ink_rule_gpt2);
    }
    if (!regex && rule->match == ink_split_run && rule->member == ink_is_falcon_mark && rule->most == 0) {
        ink_json *step = to_step("Punctuation");
        ink_json_set(step, "behavior", to_text("Contiguous"));
        ink_json_append(steps, step);
        return INK_OK;
    }
    if (!regex)
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: its tokenizer cuts texts in a way for which inkstone has no regular expression", s->where);
    ink_json_append(steps, to_split(regex));
    return INK_OK;
}

static ink_status to_pre_tokenizer(const ink_tokenizer_spec *s, ink_json **out, ink_err *err)
{
    ink_json *steps = ink_json_new_array();
    *out = ink_json_new_null();
    if (s->words)
        ink_json_append(steps, to_step("WhitespaceSplit"));
    if (!s->byte_level && s->marks_late) {
        ink_json *step = to_step("Metaspace");
        ink_json_set(step, "replacement", to_text(MARK));
        ink_json_set(step, "prepend_scheme", to_text(!s->add_space_prefix ? "never" : s->prefix_each ? "always" : "first"));
        ink_json_set(step, "split", ink_json_new_bool(s->split.count > 0));
        ink_json_append(steps, step);
    }
    ink_status status = INK_OK;
    for (size_t i = 0; s->byte_level && i < s->split.count && status == INK_OK; i++)
        status = to_rule(s, &s->split.rules[i], steps, err);
    if (s->byte_level)
        ink_json_append(steps, to_bytes(s));
    if (status == INK_OK && ink_json_size(steps)) {
        ink_json_free(*out);
        *out = to_sequence("pretokenizers", steps);
    } else
        ink_json_free(steps);
    return status;
}

static ink_json *to_pieces_decoder(const ink_wordpiece *w)
{
    ink_json *step = to_step("WordPiece");
    ink_json_set(step, "prefix", to_text(w->prefix));
    ink_json_set(step, "cleanup", ink_json_new_bool(1));
    return step;
}

static ink_json *to_decoder(const ink_tokenizer_spec *s)
{
    ink_json *steps = ink_json_new_array(), *strip = to_step("Strip");
    if (s->byte_level) {
        ink_json_free(steps);
        ink_json_free(strip);
        return to_bytes(s);
    }
    if (s->wordpiece.on) {
        ink_json_free(steps);
        ink_json_free(strip);
        return to_pieces_decoder(&s->wordpiece);
    }
    ink_json_append(steps, to_replace(MARK, " "));
    ink_json_append(steps, to_step("ByteFallback"));
    ink_json_append(steps, to_step("Fuse"));
    ink_json_set(strip, "content", to_text(" "));
    ink_json_set(strip, "start", ink_json_new_integer(s->add_space_prefix));
    ink_json_set(strip, "stop", ink_json_new_integer(0));
    ink_json_append(steps, strip);
    return to_sequence("decoders", steps);
}

/* A part of a template: a token, or the text A or B. */
static ink_json *to_part(const char *kind, ink_text id, size_t type)
{
    ink_json *part = ink_json_new_object(), *what = ink_json_new_object();
    ink_json_set(what, "id", to_token(id));
    ink_json_set(what, "type_id", ink_json_new_integer((int64_t)type));
    ink_json_set(part, kind, what);
    return part;
}

/* A text between two tokens, in bytes or likely pieces: an encoder's tokenizer, RoBERTa's or XLM-R's. */
static bool to_encodes(const ink_tokenizer_spec *s) { return s->add_bos && s->closing > 0 && !s->wordpiece.on && (s->byte_level || s->unigram); }

static void to_special_token(const ink_tokenizer_spec *s, int32_t id, ink_json *specials)
{
    const ink_text text = s->tokens[id];
    ink_json *special = ink_json_new_object(), *ids = ink_json_new_array(), *names = ink_json_new_array();
    char *name = malloc(text.size + 1);
    ink_json_append(ids, ink_json_new_integer(id));
    ink_json_append(names, to_token(text));
    ink_json_set(special, "id", to_token(text));
    ink_json_set(special, "ids", ids);
    ink_json_set(special, "tokens", names);
    if (name) {
        memcpy(name, text.data, text.size);
        name[text.size] = 0;
        ink_json_set(specials, name, special);
    } else
        ink_json_free(special);
    free(name);
}

/* What stands before a text and after it, if anything does. BERT begins both texts of a pair once, and so do its kin, which end the first twice. */
static ink_json *to_processor(const ink_tokenizer_spec *s)
{
    static const char *const lists[] = { "single", "pair" };
    const int32_t before = s->add_bos ? s->bos : -1, second = before >= 0 && (size_t)s->second <= s->count ? s->second - 1 : -1, after = s->closing > 0 && (size_t)s->closing <= s->count ? s->closing - 1 : -1;
    const int32_t between = s->wordpiece.on ? -1 : to_encodes(s) ? after : before;
    if (before < 0 && after < 0)
        return ink_json_new_null();
    ink_json *p = to_step("TemplateProcessing"), *specials = ink_json_new_object();
    for (size_t i = 0; i < 2; i++) {
        ink_json *list = ink_json_new_array();
        for (size_t k = 0; k <= i; k++) {
            const int32_t begins = k ? between : before;
            if (begins >= 0)
                ink_json_append(list, to_part("SpecialToken", s->tokens[begins], k));
            if (second >= 0 && !k)
                ink_json_append(list, to_part("SpecialToken", s->tokens[second], k));
            ink_json_append(list, to_part("Sequence", (ink_text){ k ? "B" : "A", 1 }, k));
            if (after >= 0)
                ink_json_append(list, to_part("SpecialToken", s->tokens[after], k));
        }
        ink_json_set(p, lists[i], list);
    }
    if (before >= 0)
        to_special_token(s, before, specials);
    if (second >= 0)
        to_special_token(s, second, specials);
    if (after >= 0)
        to_special_token(s, after, specials);
    ink_json_set(p, "special_tokens", specials);
    return p;
}

static ink_json *to_added(const ink_tokenizer_spec *s)
{
    static const struct { const char *key; uint8_t bit; } bits[] = {
        { "single_word", INK_ADDED_WORD }, { "lstrip", INK_ADDED_LEFT }, { "rstrip", INK_ADDED_RIGHT }, { "normalized", INK_ADDED_NORMAL } };
    ink_json *list = ink_json_new_array();
    for (size_t i = 0; i < s->added_count; i++) {
        const ink_added *a = &s->added[i];
        ink_json *e = ink_json_new_object();
        ink_json_set(e, "id", ink_json_new_integer(a->id));
        ink_json_set(e, "content", to_token(a->text));
        for (size_t b = 0; b < sizeof bits / sizeof *bits; b++)
            ink_json_set(e, bits[b].key, ink_json_new_bool((a->bits & bits[b].bit) != 0));
        ink_json_set(e, "special", ink_json_new_bool(a->control));
        ink_json_append(list, e);
    }
    return list;
}

static void to_unigram(const ink_tokenizer_spec *s, ink_json *model)
{
    ink_json *vocab = ink_json_new_array();
    ink_json_set(model, "type", to_text("Unigram"));
    ink_json_set(model, "unk_id", s->unknown >= 0 ? ink_json_new_integer(s->unknown) : ink_json_new_null());
    ink_json_set(model, "byte_fallback", ink_json_new_bool(s->byte_fallback));
    for (size_t i = 0; i < s->count; i++) {
        ink_json *pair = ink_json_new_array();
        char name[32];
        snprintf(name, sizeof name, "[PAD%zu]", i); /* of a row that no token has */
        ink_json_append(pair, s->tokens[i].size ? to_token(s->tokens[i]) : to_text(name));
        ink_json_append(pair, ink_json_new_number(s->scores[i]));
        ink_json_append(vocab, pair);
    }
    ink_json_set(model, "vocab", vocab);
}

/* Tokens and their numbers. */
static ink_json *to_vocab(const ink_tokenizer_spec *s)
{
    ink_json *vocab = ink_json_new_object();
    char *key = NULL;
    for (size_t i = 0; i < s->count; i++) {
        char *grown = s->kinds[i] == INK_TOKEN_UNUSED || !s->tokens[i].size ? NULL : realloc(key, s->tokens[i].size + 1);
        if (!grown)
            continue;
        key = grown;
        memcpy(key, s->tokens[i].data, s->tokens[i].size);
        key[s->tokens[i].size] = 0;
        ink_json_set(vocab, key, ink_json_new_integer((int64_t)i));
    }
    free(key);
    return vocab;
}

static void to_wordpiece(const ink_tokenizer_spec *s, ink_json *model)
{
    ink_json_set(model, "type", to_text("WordPiece"));
    ink_json_set(model, "unk_token", s->unknown >= 0 ? to_token(s->tokens[s->unknown]) : to_text("[UNK]"));
    ink_json_set(model, "continuing_subword_prefix", to_text(s->wordpiece.prefix));
    ink_json_set(model, "max_input_chars_per_word", ink_json_new_integer((int64_t)s->wordpiece.longest));
    ink_json_set(model, "vocab", to_vocab(s));
}

static ink_status to_model(const ink_tokenizer_spec *s, ink_json *model, ink_err *err)
{
    if (s->unigram || s->wordpiece.on) {
        (s->unigram ? to_unigram : to_wordpiece)(s, model);
        return INK_OK;
    }
    ink_json *merges = ink_json_new_array();
    ink_json_set(model, "type", to_text("BPE"));
    ink_json_set(model, "dropout", ink_json_new_null());
    ink_json_set(model, "unk_token", s->unknown >= 0 && !s->byte_level ? to_token(s->tokens[s->unknown]) : ink_json_new_null());
    ink_json_set(model, "continuing_subword_prefix", ink_json_new_null());
    ink_json_set(model, "end_of_word_suffix", ink_json_new_null());
    ink_json_set(model, "fuse_unk", ink_json_new_bool(s->fuse_unknown || s->scores));
    ink_json_set(model, "byte_fallback", ink_json_new_bool(s->byte_fallback));
    ink_json_set(model, "ignore_merges", ink_json_new_bool(s->ignore_merges));
    ink_json_set(model, "vocab", to_vocab(s));
    ink_json_set(model, "merges", merges);
    return ink_tokenizer_to_merges(s, merges, err);
}

static ink_status to_tokenizer(const ink_tokenizer_spec *s, ink_json *root, ink_err *err)
{
    ink_json *model = ink_json_new_object(), *pre = NULL;
    ink_json_set(root, "version", to_text("1.0"));
    ink_json_set(root, "truncation", ink_json_new_null());
    ink_json_set(root, "padding", ink_json_new_null());
    ink_json_set(root, "added_tokens", to_added(s));
    ink_json_set(root, "normalizer", to_normalizer(s));
    ink_status status = INK_OK;
    if (s->wordpiece.on)
        pre = to_step("BertPreTokenizer");
    else
        status = to_pre_tokenizer(s, &pre, err);
    ink_json_set(root, "pre_tokenizer", pre);
    ink_json_set(root, "post_processor", to_processor(s));
    ink_json_set(root, "decoder", to_decoder(s));
    ink_json_set(root, "model", model);
    return status ? status : to_model(s, model, err);
}

static void to_special(const ink_tokenizer_spec *s, ink_json *config, const char *key, int32_t id)
{
    if (id >= 0 && (size_t)id < s->count)
        ink_json_set(config, key, to_token(s->tokens[id]));
}

/* What encoders that know no types of tokens are told. */
static void to_inputs(ink_json *config)
{
    ink_json *inputs = ink_json_new_array();
    ink_json_append(inputs, to_text("input_ids"));
    ink_json_append(inputs, to_text("attention_mask"));
    ink_json_set(config, "model_input_names", inputs);
}

/* What RoBERTa's own tokenizer says. */
static void to_kin(const ink_tokenizer_spec *s, ink_json *config)
{
    to_special(s, config, "cls_token", s->bos);
    to_special(s, config, "sep_token", s->closing - 1);
    to_special(s, config, "pad_token", ink_tokenizer_added_id(s, "<pad>", 5));
    to_special(s, config, "mask_token", ink_tokenizer_added_id(s, "<mask>", 6));
}

static ink_json *to_config(const ink_tokenizer_spec *s, bool types)
{
    ink_json *c = ink_json_new_object();
    ink_json_set(c, "tokenizer_class", to_text("PreTrainedTokenizerFast"));
    ink_json_set(c, "add_bos_token", ink_json_new_bool(s->add_bos));
    ink_json_set(c, "clean_up_tokenization_spaces", ink_json_new_bool(0));
    to_special(s, c, s->wordpiece.on ? "cls_token" : "bos_token", s->bos);
    to_special(s, c, s->wordpiece.on ? "sep_token" : "eos_token", s->wordpiece.on ? s->closing - 1 : s->eos);
    if (!s->byte_level || to_encodes(s))
        to_special(s, c, "unk_token", s->unknown);
    if (s->wordpiece.on) {
        to_special(s, c, "pad_token", ink_tokenizer_added_id(s, "[PAD]", 5));
        to_special(s, c, "mask_token", ink_tokenizer_added_id(s, "[MASK]", 6));
    } else if (to_encodes(s))
        to_kin(s, c);
    if (!types && (s->wordpiece.on || to_encodes(s)))
        to_inputs(c);
    if (s->template.size)
        ink_json_set(c, "chat_template", to_token(s->template));
    return c;
}

ink_status ink_tokenizer_to_folder(const ink_tokenizer_spec *spec, bool types, const char *folder, ink_err *err)
{
    ink_path path;
    ink_json *root = ink_json_new_object(), *config = to_config(spec, types);
    ink_status status = to_tokenizer(spec, root, err);
    if (!status)
        status = ink_path_format(&path, err, "%s/tokenizer.json", folder);
    if (!status)
        status = ink_json_write(path.text, root, err);
    if (!status)
        status = ink_path_format(&path, err, "%s/tokenizer_config.json", folder);
    if (!status)
        status = ink_json_write(path.text, config, err);
    ink_json_free(root);
    ink_json_free(config);
    return status;
}
