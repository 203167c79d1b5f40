/* The normalizer and the pre_tokenizer of a tokenizer.json. Everything that is not known here is refused: a text cut wrongly gives
   a model that is quietly worse. */
#include "models/tokenizer.h"
#include "base/base64.h"
#include "text/charsmap.h"
#include "text/regex.h"

#include <string.h>

typedef struct pipe_state {
    ink_tokenizer_spec *spec;
    bool marked; /* spaces have become U+2581 */
    bool mapped; /* bytes have become letters */
    ink_arena *arena;
    ink_err *err;
} pipe_state;

typedef struct pipe_step { /* a kind of step by its type */
    const char *type;
    ink_status (*read)(pipe_state *s, const ink_json *step);
} pipe_step;

static bool pipe_is(const ink_json *v, const char *word)
{
    return !strcmp(ink_json_string(v, ""), word);
}

static ink_status pipe_unknown(pipe_state *s, const char *part, const ink_json *step)
{
    return ink_fail(s->err, INK_E_UNSUPPORTED, "%s: its %s has a step of type %.60s, which is not known here", s->spec->where, part,
                    ink_json_string(ink_json_get(step, "type"), "(none)"));
}

/* Walks a step, or a Sequence of them; list: its member that holds them. */
static ink_status pipe_walk(pipe_state *s, const ink_json *step, const char *part, const char *list, const pipe_step *kinds, int depth)
{
    if (ink_json_kind(step) == INK_JSON_ABSENT || ink_json_kind(step) == INK_JSON_NULL)
        return INK_OK;
    if (pipe_is(ink_json_get(step, "type"), "Sequence") && depth < 8) {
        const ink_json *steps = ink_json_get(step, list);
        for (size_t i = 0; i < ink_json_size(steps); i++)
            INK_TRY(pipe_walk(s, ink_json_at(steps, i), part, list, kinds, depth + 1));
        return INK_OK;
    }
    for (const pipe_step *k = kinds; k->type; k++)
        if (pipe_is(ink_json_get(step, "type"), k->type))
            return k->read(s, step);
    return pipe_unknown(s, part, step);
}

/* ---- normalizer ---- */

#define MARK "\xe2\x96\x81"

static ink_status pipe_prepend(pipe_state *s, const ink_json *step)
{
    const char *text = ink_json_string(ink_json_get(step, "prepend"), "");
    if (strcmp(text, MARK) && strcmp(text, " "))
        return pipe_unknown(s, "normalizer", step);
    s->spec->add_space_prefix = s->spec->prefix_each = true;
    return INK_OK;
}

/* A step of the list that a unigram model's normalizer is. */
static ink_status pipe_step_add(pipe_state *s, const ink_json *json, const ink_normal_step *step)
{
    if (!s->spec->unigram || s->marked)
        return pipe_unknown(s, "normalizer", json);
    if (s->spec->step_count == INK_NORMAL_STEPS)
        return ink_fail(s->err, INK_E_LIMIT, "%s: its normalizer has more than %d steps", s->spec->where, INK_NORMAL_STEPS);
    s->spec->steps[s->spec->step_count++] = *step;
    return INK_OK;
}

static ink_status pipe_replace_text(pipe_state *s, const ink_json *json)
{
    size_t what = 0, by = 0;
    const ink_json *pattern = ink_json_get(json, "pattern");
    const char *literal = ink_json_text(ink_json_get(pattern, "String"), &what), *content = ink_json_text(ink_json_get(json, "content"), &by);
    ink_normal_step step = { .kind = literal ? INK_STEP_REPLACE : INK_STEP_SPACES };
    if (!literal && !pipe_is(ink_json_get(pattern, "Regex"), " {2,}"))
        return ink_fail(s->err, INK_E_UNSUPPORTED, "%s: its normalizer replaces a pattern other than two spaces and more, which is not done here", s->spec->where);
    if (!content || by >= sizeof step.by || what >= sizeof step.what || (literal && !what))
        return ink_fail(s->err, INK_E_UNSUPPORTED, "%s: its normalizer replaces texts of more than %zu bytes, or of none", s->spec->where, sizeof step.what - 1);
    memcpy(step.what, literal ? literal : "", what);
    memcpy(step.by, content, by);
    if (strlen(step.what) < what || strlen(step.by) < by)
        return pipe_unknown(s, "normalizer", json);
    return pipe_step_add(s, json, &step);
}

static ink_status pipe_replace(pipe_state *s, const ink_json *step)
{
    const bool marks = pipe_is(ink_json_get(ink_json_get(step, "pattern"), "String"), " ") && pipe_is(ink_json_get(step, "content"), MARK);
    if (s->spec->unigram && !marks)
        return pipe_replace_text(s, step);
    if (!pipe_is(ink_json_get(ink_json_get(step, "pattern"), "String"), " ") || !pipe_is(ink_json_get(step, "content"), MARK))
        return ink_fail(s->err, INK_E_UNSUPPORTED, "%s: its normalizer replaces something else than spaces, which is not done here", s->spec->where);
    s->marked = true;
    return INK_OK;
}

static ink_status pipe_normal(pipe_state *s, const ink_json *step)
{
    static const char *const forms[] = { [INK_NORMAL_C] = "NFC", [INK_NORMAL_D] = "NFD", [INK_NORMAL_KC] = "NFKC", [INK_NORMAL_KD] = "NFKD" };
    int form = 0;
    if (s->spec->normal || s->marked)
        return pipe_unknown(s, "normalizer", step);
    for (int i = INK_NORMAL_C; i <= INK_NORMAL_KD; i++)
        if (pipe_is(ink_json_get(step, "type"), forms[i]))
            form = i;
    if (s->spec->unigram)
        return pipe_step_add(s, step, &(ink_normal_step){ .kind = INK_STEP_FORM, .form = form });
    s->spec->normal = form;
    return INK_OK;
}

static ink_status pipe_lower(pipe_state *s, const ink_json *step) { return pipe_step_add(s, step, &(ink_normal_step){ .kind = INK_STEP_LOWER }); }
static ink_status pipe_accents(pipe_state *s, const ink_json *step) { return pipe_step_add(s, step, &(ink_normal_step){ .kind = INK_STEP_ACCENTS }); }
static ink_status pipe_nmt(pipe_state *s, const ink_json *step) { return pipe_step_add(s, step, &(ink_normal_step){ .kind = INK_STEP_NMT }); }

static ink_status pipe_strip(pipe_state *s, const ink_json *step)
{
    return pipe_step_add(s, step, &(ink_normal_step){ .kind = INK_STEP_STRIP, .left = ink_json_bool(ink_json_get(step, "strip_left"), 1), .right = ink_json_bool(ink_json_get(step, "strip_right"), 1) });
}

static ink_status pipe_charsmap(pipe_state *s, const ink_json *step)
{
    size_t n = 0;
    const char *letters = ink_json_text(ink_json_get(step, "precompiled_charsmap"), &n);
    ink_buf bytes;
    if (s->spec->charsmap.size)
        return ink_fail(s->err, INK_E_UNSUPPORTED, "%s: its normalizer has two tables of replacements (precompiled_charsmap)", s->spec->where);
    ink_buf_init(&bytes, INK_CHARSMAP_BYTES);
    char *kept = letters && ink_base64_read(letters, n, &bytes) ? ink_arena_alloc(s->arena, bytes.len + 1) : NULL;
    if (kept && bytes.len)
        memcpy(kept, bytes.data, bytes.len);
    s->spec->charsmap = (ink_text){ kept, kept ? bytes.len : 0 };
    ink_buf_clear(&bytes);
    if (!kept)
        return ink_fail(s->err, INK_E_FORMAT, "%s: the table of replacements (precompiled_charsmap) of its normalizer is no base64, or longer than %d bytes", s->spec->where, INK_CHARSMAP_BYTES);
    return pipe_step_add(s, step, &(ink_normal_step){ .kind = INK_STEP_CHARSMAP, .clusters = true });
}

static ink_status pipe_bert(pipe_state *s, const ink_json *step)
{
    ink_wordpiece *w = &s->spec->wordpiece;
    w->clean = ink_json_bool(ink_json_get(step, "clean_text"), 1);
    w->han = ink_json_bool(ink_json_get(step, "handle_chinese_chars"), 1);
    w->lower = ink_json_bool(ink_json_get(step, "lowercase"), 1);
    w->accents = ink_json_bool(ink_json_get(step, "strip_accents"), w->lower);
    return w->on ? INK_OK : pipe_unknown(s, "normalizer", step);
}

static const pipe_step pipe_normalizers[] = { { "Precompiled", pipe_charsmap }, { "Strip", pipe_strip }, { "Lowercase", pipe_lower }, { "StripAccents", pipe_accents }, { "Nmt", pipe_nmt },
                                              { "BertNormalizer", pipe_bert }, { "Prepend", pipe_prepend }, { "Replace", pipe_replace }, { "NFC", pipe_normal },
                                              { "NFD", pipe_normal },      { "NFKC", pipe_normal },     { "NFKD", pipe_normal }, { 0 } };

/* ---- pre_tokenizer ---- */

static ink_status pipe_rule(pipe_state *s, ink_rule rule)
{
    ink_split *split = &s->spec->split;
    if (split->count == INK_SPLIT_RULES) {
        ink_regex_free(rule.regex);
        return ink_fail(s->err, INK_E_LIMIT, "%s: its pre_tokenizer has more than %d steps", s->spec->where, INK_SPLIT_RULES);
    }
    split->rules[split->count++] = rule;
    split->wants_utf8 |= rule.regex != NULL;
    return INK_OK;
}

static ink_status pipe_mapped(pipe_state *s, const ink_json *step)
{
    return ink_fail(s->err, INK_E_UNSUPPORTED, "%s: its pre_tokenizer has a %.60s after ByteLevel, which would cut the letters that stand for bytes; that is not done here",
                    s->spec->where, ink_json_string(ink_json_get(step, "type"), "step"));
}

/* GPT-2's rule after one that takes single numbers out is one rule. */
static ink_status pipe_gpt2(pipe_state *s)
{
    ink_split *split = &s->spec->split;
    const ink_rule *last = split->count ? &split->rules[split->count - 1] : NULL;
    const bool single = last && last->match == ink_rule_single_number.match && last->member == ink_rule_single_number.member && last->most == 1;
    if (!single || last->drop_gaps || last->drop_matches)
        return pipe_rule(s, ink_rule_gpt2);
    split->count--;
    return pipe_rule(s, ink_rule_cut_gpt2);
}

static ink_status pipe_byte_level(pipe_state *s, const ink_json *step)
{
    if (s->mapped)
        return pipe_mapped(s, step);
    if (ink_json_bool(ink_json_get(step, "add_prefix_space"), 1)) {
        if (s->spec->split.count)
            return ink_fail(s->err, INK_E_UNSUPPORTED, "%s: its pre_tokenizer puts a space before every piece, which is not done here", s->spec->where);
        s->spec->add_space_prefix = s->spec->prefix_each = s->spec->prefix_lacking = true;
    }
    s->mapped = true;
    return ink_json_bool(ink_json_get(step, "use_regex"), 1) ? pipe_gpt2(s) : INK_OK;
}

static ink_status pipe_digits(pipe_state *s, const ink_json *step)
{
    ink_rule rule = ink_rule_single_number;
    rule.most = ink_json_bool(ink_json_get(step, "individual_digits"), 0) ? 1 : 0;
    if (s->mapped)
        rule.match = ink_split_byte_digits;
    return pipe_rule(s, rule);
}

static ink_status pipe_punctuation(pipe_state *s, const ink_json *step)
{
    const char *behaviour = ink_json_string(ink_json_get(step, "behavior"), "Isolated");
    const bool together = !strcmp(behaviour, "Contiguous");
    if (s->mapped)
        return pipe_mapped(s, step);
    if (!together && strcmp(behaviour, "Isolated"))
        return pipe_unknown(s, "pre_tokenizer", step);
    return pipe_rule(s, (ink_rule){ .match = ink_split_run, .member = ink_is_falcon_mark, .most = together ? 0 : 1 });
}

static ink_status pipe_metaspace(pipe_state *s, const ink_json *step)
{
    const char *scheme = ink_json_string(ink_json_get(step, "prepend_scheme"), ink_json_bool(ink_json_get(step, "add_prefix_space"), 1) ? "always" : "never");
    if (strcmp(ink_json_string(ink_json_get(step, "replacement"), MARK), MARK))
        return pipe_unknown(s, "pre_tokenizer", step);
    s->spec->marks_late = !s->marked;
    s->marked = true;
    if (s->spec->words && !strcmp(scheme, "first"))
        return ink_fail(s->err, INK_E_UNSUPPORTED, "%s: its pre_tokenizer parts words at white space and marks the first alone, which is not done here", s->spec->where);
    if (strcmp(scheme, "never")) {
        s->spec->add_space_prefix = s->spec->prefix_lacking = true;
        s->spec->prefix_each = !strcmp(scheme, "always");
    }
    return ink_json_bool(ink_json_get(step, "split"), 1) ? pipe_rule(s, (ink_rule){ .match = ink_split_spaced }) : INK_OK;
}

/* Before Metaspace, which puts a space before every word. */
static ink_status pipe_whitespace(pipe_state *s, const ink_json *step)
{
    if (!s->spec->unigram || s->marked || s->spec->split.count)
        return pipe_unknown(s, "pre_tokenizer", step);
    s->spec->words = true;
    return INK_OK;
}

static ink_status pipe_split(pipe_state *s, const ink_json *step)
{
    size_t n = 0;
    const ink_json *pattern = ink_json_get(step, "pattern");
    const char *literal = ink_json_text(ink_json_get(pattern, "String"), &n);
    const char *text = literal ? literal : ink_json_text(ink_json_get(pattern, "Regex"), &n);
    const char *behaviour = ink_json_string(ink_json_get(step, "behavior"), "");
    const bool invert = ink_json_bool(ink_json_get(step, "invert"), 0), removed = !strcmp(behaviour, "Removed");
    if (!text || !n)
        return ink_fail(s->err, INK_E_FORMAT, "%s: a Split of its pre_tokenizer has no pattern", s->spec->where);
    if (s->marked && literal && !strcmp(text, " ")) /* there are none left */
        return INK_OK;
    if (!removed && strcmp(behaviour, "Isolated"))
        return ink_fail(s->err, INK_E_UNSUPPORTED, "%s: its pre_tokenizer has a Split that is %.40s; Isolated and Removed are done here", s->spec->where, behaviour);
    const ink_rule *known = literal ? NULL : ink_split_pattern(text, n);
    ink_rule rule;
    if (s->mapped && !(known && known->member == ink_is_digit))
        return pipe_mapped(s, step);
    if (known && known->match == ink_rule_gpt2.match && !removed)
        return pipe_gpt2(s);
    if (known)
        rule = *known;
    else
        INK_TRY(ink_regex_rule(text, n, literal ? INK_REGEX_LITERAL : INK_REGEX_RUBY, s->spec->where, &rule, s->err));
    rule.drop_gaps = removed && invert;
    rule.drop_matches = removed && !invert;
    return pipe_rule(s, rule);
}

static ink_status pipe_bert_words(pipe_state *s, const ink_json *step)
{
    return s->spec->wordpiece.on ? INK_OK : pipe_unknown(s, "pre_tokenizer", step); /* ink_wordpiece_cut does it */
}

static const pipe_step pipe_pre_tokenizers[] = { { "WhitespaceSplit", pipe_whitespace }, { "BertPreTokenizer", pipe_bert_words }, { "Split", pipe_split },     { "ByteLevel", pipe_byte_level },     { "Digits", pipe_digits },
                                                 { "Metaspace", pipe_metaspace }, { "Punctuation", pipe_punctuation }, { 0 } };

ink_status ink_tokenizer_pipe(const ink_json *root, ink_tokenizer_spec *spec, ink_arena *arena, ink_err *err)
{
    pipe_state s = { .spec = spec, .arena = arena, .err = err };
    INK_TRY(pipe_walk(&s, ink_json_get(root, "normalizer"), "normalizer", "normalizers", pipe_normalizers, 0));
    INK_TRY(pipe_walk(&s, ink_json_get(root, "pre_tokenizer"), "pre_tokenizer", "pretokenizers", pipe_pre_tokenizers, 0));
    if (spec->wordpiece.on && (spec->byte_level || s.marked || spec->normal || spec->split.count || !pipe_is(ink_json_get(ink_json_get(root, "pre_tokenizer"), "type"), "BertPreTokenizer")))
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: its words are spelled as BERT does, but cut in another way, which is not done here", spec->where);
    if (!spec->byte_level && !s.marked && !spec->wordpiece.on)
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: its tokens are neither bytes nor SentencePiece's; other kinds are not read yet", spec->where);
    if (spec->unigram && spec->byte_level)
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: a unigram model over bytes, which is not read", spec->where);
    if (spec->byte_level && s.marked)
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: its tokens are bytes, but its spaces are marked as SentencePiece does", spec->where);
    return INK_OK;
}
