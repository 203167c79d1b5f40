/* Text to phonemes: stretches of one language, their words, and who says which. */
#include "text/phonemes.h"
#include "text/chars.h"
#include "text/phonemes_symbols.h"
#include "text/unicode.h"

#include <stdlib.h>
#include <string.h>

const char *const ink_style_names[INK_STYLES] = { "ipa", "pinyin", "bopomofo", "bopomofo-ipa", "text" };

/* ---- opening ---- */

static bool phonemizer_style(const char *name, ink_style *out)
{
    for (int i = 0; i < INK_STYLES; i++)
        if (!strcmp(name, ink_style_names[i])) {
            *out = (ink_style)i;
            return true;
        }
    return false;
}

static ink_status phonemizer_settings(ink_phonemizer *p, const ink_phoneme_options *o, ink_err *err)
{
    const ink_symbols *s = o->symbols;
    const char *lang = o->lang ? o->lang : s && *ink_symbols_lang(s) ? ink_symbols_lang(s) : "en";
    const char *style = o->style ? o->style : s ? ink_symbols_style(s) : !strcmp(lang, "zh") ? "pinyin" : "ipa";
    if (strlen(lang) >= sizeof p->lang)
        return ink_fail(err, INK_E_ARGUMENT, "\"%.40s\" is no language; there are en, zh and ja", lang);
    strncpy(p->lang, lang, sizeof p->lang - 1);
    if (!phonemizer_style(style, &p->style))
        return ink_fail(err, INK_E_ARGUMENT, "\"%.40s\" is no way of writing phonemes; there are ipa, pinyin, bopomofo, bopomofo-ipa and text", style);
    p->raw = o->raw;
    p->sandhi = o->sandhi ? o->sandhi > 0 : !s || ink_symbols_sandhi(s);
    if (o->phonemizer && !strcmp(o->phonemizer, "espeak")) {
        p->espeak = ink_espeak_open(o->lang || !s || !*ink_symbols_espeak(s) ? lang : ink_symbols_espeak(s), err);
        return p->espeak ? INK_OK : INK_E_NOT_FOUND;
    }
    if (o->phonemizer && strcmp(o->phonemizer, "own"))
        return ink_fail(err, INK_E_ARGUMENT, "\"%.40s\" is no phonemizer; there are own and espeak", o->phonemizer);
    if (strcmp(lang, "en") && strcmp(lang, "zh") && strcmp(lang, "ja"))
        return ink_fail(err, INK_E_ARGUMENT, "\"%.40s\" is no language of our own; there are en, zh and ja, and with the phonemizer espeak all of its voices", lang);
    return INK_OK;
}

ink_status ink_phonemizer_open(const ink_phoneme_options *options, ink_phonemizer **out, ink_err *err)
{
    ink_phonemizer *p = calloc(1, sizeof *p);
    if (!p)
        return ink_fail(err, INK_E_MEMORY, "no memory for a phonemizer");
    ink_status status = phonemizer_settings(p, options, err);
    if (!status)
        status = ink_normaliser_open(&ink_say_english, &p->english, err);
    if (!status)
        status = ink_normaliser_open(&ink_say_chinese_heard, &p->chinese, err);
    if (!status && options->lexicon)
        status = ink_own_lexicon_open(options->lexicon, &p->own, err);
    if (status)
        ink_phonemizer_close(p);
    else
        *out = p;
    return status;
}

void ink_phonemizer_close(ink_phonemizer *p)
{
    if (!p)
        return;
    ink_normaliser_close(p->english);
    ink_normaliser_close(p->chinese);
    ink_own_lexicon_close(p->own);
    free(p->espeak);
    free(p);
}

/* ---- places ---- */

static size_t place_of(ink_place *p, size_t clean)
{
    return p->base + ink_clean_place(&p->walk, clean);
}

static void place_whole(ink_place *p)
{
    const struct ink_spoken_part *part = &p->spoken->parts[p->part];
    if (p->known)
        return;
    p->known = true;
    p->whole = place_of(p, part->from);
    p->end = place_of(p, part->from + part->length);
}

void ink_place_set(ink_place *p, ink_uttering *u, size_t from, size_t to)
{
    const ink_spoken *s = p->spoken;
    for (; p->part + 1 < s->count && from >= s->parts[p->part + 1].at; p->part++)
        p->known = false;
    const struct ink_spoken_part *part = &s->parts[p->part];
    if (part->same)
        u->at = place_of(p, part->from + from - part->at);
    else {
        place_whole(p);
        u->at = p->whole;
    }
    size_t end = part->same ? 0 : p->end;
    if (part->same)
        end = place_of(p, part->from + (to < part->at + part->size ? to - part->at : part->length));
    u->size = end - u->at;
}

/* ---- a stretch of one language ---- */

enum { KIND_BLANK, KIND_LATIN, KIND_HAN, KIND_KANA, KIND_DIGIT, KIND_MARK, KIND_SILENT, KIND_OTHER };

static bool point_within(uint32_t c, const uint32_t (*ranges)[2], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (c >= ranges[i][0] && c <= ranges[i][1])
            return true;
    return false;
}

#define WITHIN(c, ranges) point_within(c, ranges, sizeof ranges / sizeof *ranges)

/* The mark that a character is heard as; 0: silent or none. */
static char point_mark(uint32_t c)
{
    static const struct {
        uint32_t point;
        char mark;
    } marks[] = { { 0x2026, '.' }, { 0x2014, ',' }, { 0x2013, ',' }, { 0x3001, ',' }, { 0x3002, '.' }, { 0xff01, '!' }, { 0xff0c, ',' }, { 0xff0e, '.' },
                  { 0xff1a, ':' }, { 0xff1b, ';' }, { 0xff1f, '?' }, { 0xa1, 0 }, { 0xbf, 0 }, { 0x2015, ',' }, { 0xff61, '.' }, { 0xff64, ',' } };
    if (c < 0x80)
        return c && strchr(",.;:?!", (int)c) ? (char)c : 0;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (marks[i].point == c)
            return marks[i].mark;
    return 0;
}

static int point_kind(uint32_t c)
{
    static const uint32_t han[][2] = { { 0x3007, 0x3007 }, { 0x3400, 0x4dbf }, { 0x4e00, 0x9fff }, { 0xf900, 0xfaff }, { 0x20000, 0x3ffff } };
    static const uint32_t kana[][2] = { { 0x3041, 0x3096 }, { 0x30a1, 0x30fa }, { 0x30fc, 0x30fc }, { 0xff66, 0xff9d } };
    static const uint32_t latin[][2] = { { 'A', 'Z' }, { 'a', 'z' }, { 0xc0, 0xd6 }, { 0xd8, 0xf6 }, { 0xf8, 0x24f }, { 0x300, 0x36f }, { 0x1e00, 0x1eff },
                                         { 0xfb00, 0xfb06 }, { 0xff21, 0xff3a }, { 0xff41, 0xff5a } };
    static const char silent[] = "\"'()[]{}-/_*|`~\\";
    if (c < 0x80 && ink_byte_class[c] & INK_SPACE)
        return KIND_BLANK;
    if (WITHIN(c, latin))
        return KIND_LATIN;
    if (c < 0x80 ? c >= '0' && c <= '9' : c >= 0xff10 && c <= 0xff19)
        return KIND_DIGIT;
    if (point_mark(c))
        return KIND_MARK;
    if (WITHIN(c, han))
        return KIND_HAN;
    if (WITHIN(c, kana))
        return KIND_KANA;
    if (c < 0x80)
        return c && strchr(silent, (int)c) ? KIND_SILENT : KIND_OTHER;
    const unsigned class = ink_class_of(c);
    return class & INK_SPACE || c == 0x200b || c == 0xfeff || c == 0xad ? KIND_BLANK : class & INK_PUNCTUATION ? KIND_SILENT : KIND_OTHER;
}

/* The end of the run that begins at `at`: letters of one kind; an apostrophe between Latin letters, or before them, belongs to the word. */
static const char *run_end(const char *at, const char *end, int kind)
{
    for (const char *next = at; at < end; at = next) {
        const uint32_t c = ink_utf8_next(&next, end);
        if (point_kind(c) == kind)
            continue;
        if (kind != KIND_LATIN || (c != '\'' && c != 0x2019))
            break;
    }
    return at;
}

static void speak_digits(ink_uttering *u, const char *run, size_t n)
{
    static const char *const english[] = { "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine" };
    static const char *const chinese[] = { "零", "一", "二", "三", "四", "五", "六", "七", "八", "九" };
    static const char *const japanese[] = { "ゼロ", "いち", "に", "さん", "よん", "ご", "ろく", "なな", "はち", "きゅう" };
    const bool han = u->chinese || u->p->style == INK_STYLE_PINYIN || u->p->style == INK_STYLE_BOPOMOFO;
    for (const char *at = run, *end = run + n; at < end;) {
        const uint32_t c = ink_utf8_next(&at, end), d = c < 0x80 ? c - '0' : c - 0xff10;
        if (han)
            ink_utter_han(u, chinese[d], strlen(chinese[d]), NULL, 0);
        else if (u->japanese)
            ink_utter_kana(u, japanese[d], strlen(japanese[d]));
        else
            ink_utter_latin(u, english[d], strlen(english[d]));
        u->blank = true;
    }
}

static void speak_other(ink_uttering *u, uint32_t c, const char *at, size_t n)
{
    u->blank = true;
    if (c == 0xfffd) /* speak_stretch has said so */
        return;
    if (c < ' ' || c == 0x7f)
        ink_utter_warn(u, "the control character U+%04X cannot be spoken", (unsigned)c);
    else
        ink_utter_warn(u, "\"%.*s\" (U+%04X) cannot be spoken and is left out", (int)n, at, (unsigned)c);
}

static void speak_han(ink_uttering *u, const char *run, size_t n, ink_place *place, size_t from)
{
    ink_utter_release(u, -1);
    if (u->japanese)
        ink_utter_warn(u, "\"%.*s\": ideographs in Japanese cannot be read; write kana, or [[phonemes]]", (int)(n < 60 ? n : 60), run);
    else
        ink_utter_han(u, run, n, place, from);
}

static void speak_run(ink_uttering *u, const char *run, size_t n, int kind, uint32_t c, ink_place *place, size_t from)
{
    switch (kind) {
    case KIND_LATIN: ink_utter_latin(u, run, n); break;
    case KIND_HAN: speak_han(u, run, n, place, from); break;
    case KIND_KANA: ink_utter_release(u, -1); ink_utter_kana(u, run, n); break;
    case KIND_DIGIT: speak_digits(u, run, n); break;
    case KIND_OTHER: speak_other(u, c, run, n); break;
    default: break;
    }
}

static void speak_text(ink_uttering *u, const char *text, size_t n, ink_place *place)
{
    for (const char *at = text, *end = text + n; at < end && !u->failed;) {
        const char *next = at;
        uint32_t c = ink_utf8_next(&next, end);
        const char *after = next;
        const bool elided = (c == '\'' || c == 0x2019) && next < end && point_kind(ink_utf8_next(&after, end)) == KIND_LATIN && (at == text || at[-1] == ' ');
        const int kind = elided ? KIND_LATIN : point_kind(c);
        if (kind == KIND_LATIN || kind == KIND_HAN || kind == KIND_KANA || kind == KIND_DIGIT)
            next = run_end(at, end, kind);
        if (kind != KIND_HAN) /* its words set their own places, and places never go back */
            ink_place_set(place, u, (size_t)(at - text), (size_t)(next - text));
        if (kind == KIND_MARK)
            ink_utter_mark(u, point_mark(c));
        else if (kind == KIND_BLANK || (kind == KIND_SILENT && c != '-'))
            u->blank = true;
        else
            speak_run(u, at, (size_t)(next - at), kind, c, place, (size_t)(at - text));
        at = next;
    }
    ink_utter_release(u, -1);
}

static ink_status speak_clean(ink_uttering *u, const char *lang, const ink_clean *clean, size_t from, size_t n, bool narrow, ink_err *err)
{
    const ink_normaliser *normaliser = u->p->raw ? NULL : !strcmp(lang, "zh") ? u->p->chinese : !strcmp(lang, "ja") ? NULL : u->p->english;
    ink_spoken spoken = { 0 };
    ink_place place = { .spoken = &spoken, .base = from };
    ink_clean_start(&place.walk, u->source + from, n, narrow);
    INK_TRY(ink_spoken_with(u->p->espeak ? NULL : normaliser, clean, &spoken, err));
    ink_status status = INK_OK;
    if (u->p->espeak)
        status = ink_espeak_speak(u, spoken.text, spoken.size, &place, err);
    else
        speak_text(u, spoken.text, spoken.size, &place);
    ink_spoken_clear(&spoken);
    return status;
}

/* Bytes [from, from + n) of the source, all of one language. */
static ink_status speak_stretch(ink_uttering *u, const char *lang, size_t from, size_t n, ink_err *err)
{
    const bool narrow = !strcmp(lang, "zh");
    ink_clean clean;
    if (!n)
        return INK_OK;
    INK_TRY(ink_clean_make(u->source + from, n, narrow, &clean, err));
    u->japanese = !strcmp(lang, "ja");
    u->chinese = !strcmp(lang, "zh");
    if (clean.bad)
        ink_utter_warn(u, "%zu bytes are not UTF-8, the first at byte %zu; they cannot be spoken", clean.bad, from + clean.first);
    ink_status status = speak_clean(u, lang, &clean, from, n, narrow, err);
    ink_clean_free(&clean);
    u->blank = true;
    return status;
}

/* ---- tags and inline phonemes ---- */

static void speak_inline(ink_uttering *u, size_t from, size_t n)
{
    const char *text = u->source + from;
    u->at = from;
    u->size = n;
    if (ink_utf8_valid(text, n) < n)
        ink_utter_warn(u, "the phonemes at byte %zu are not UTF-8; they are left out", from);
    else if (n)
        ink_utter(u, text, n, text, n);
    u->neighbour = true;
    u->blank = true;
}

typedef struct tag {
    const char *mark, *lang;
} tag;

static const tag *tag_at(const char *at, size_t n)
{
    static const tag tags[] = { { "[ZH]", "zh" }, { "[EN]", "en" }, { "[JA]", "ja" }, { "[[", NULL } };
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (n >= strlen(tags[i].mark) && !memcmp(at, tags[i].mark, strlen(tags[i].mark)))
            return &tags[i];
    return NULL;
}

static const char *tag_find(const char *at, const char *end, const char *mark)
{
    for (const size_t n = strlen(mark); at && (at = memchr(at, mark[0], (size_t)(end - at))); at++)
        if ((size_t)(end - at) >= n && !memcmp(at, mark, n))
            return at;
    return NULL;
}

/* What stands between a tag at `at` and its end; returns the place after it. */
static ink_status speak_tagged(ink_uttering *u, const tag *t, const char **at, const char *end, ink_err *err)
{
    const char *open = *at + strlen(t->mark), *shut = t->lang ? t->mark : "]]", *close = tag_find(open, end, shut);
    if (!close)
        ink_utter_warn(u, "%s at byte %zu is never closed with %s; it holds to the end", t->mark, (size_t)(*at - u->source), shut);
    const char *stop = close ? close : end;
    *at = close ? close + strlen(shut) : end;
    if (t->lang)
        return speak_stretch(u, t->lang, (size_t)(open - u->source), (size_t)(stop - open), err);
    speak_inline(u, (size_t)(open - u->source), (size_t)(stop - open));
    return INK_OK;
}

static ink_status speak_all(ink_uttering *u, size_t n, ink_err *err)
{
    const char *text = u->source, *end = text + n, *from = text;
    for (const char *at = text; at && at < end;) {
        at = memchr(at, '[', (size_t)(end - at));
        const tag *t = at ? tag_at(at, (size_t)(end - at)) : NULL;
        if (at && !t)
            at++;
        if (!t)
            continue;
        INK_TRY(speak_stretch(u, u->p->lang, (size_t)(from - text), (size_t)(at - from), err));
        INK_TRY(speak_tagged(u, t, &at, end, err));
        from = at;
    }
    return speak_stretch(u, u->p->lang, (size_t)(from - text), (size_t)(end - from), err);
}

ink_status ink_phonemize(const ink_phonemizer *p, const char *text, size_t n, ink_phonemes *out, ink_err *err)
{
    ink_uttering u = { .p = p, .source = text, .out = out, .held = -1 };
    ink_phonemes_clear(out);
    INK_TRY(ink_arena_new("phonemes", 0, &out->memory, err));
    ink_status status = speak_all(&u, n, err);
    if (!status && u.failed)
        status = ink_fail(err, INK_E_MEMORY, "no memory for the phonemes of %zu bytes of text", n);
    if (status)
        ink_phonemes_clear(out);
    return status;
}
