#define _GNU_SOURCE
/* SSML: elements become what a sayer knows: marks in the text ([[phonemes]], [ZH]…[ZH]), pauses, a slower or faster voice, another
   speaker. Values of breaks and rates: W3C SSML 1.1, section 3.2; what "medium" and its like mean in numbers is piper-plus's. */
#include "base/buf.h"
#include "base/xml.h"
#include "generate/say.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SSML_DEEP = 256, SSML_WARNED = 32 };
static const double ssml_longest = 10; /* seconds of a break */

typedef struct ssml_state { /* what an element may change, until its end */
    double slower;
    int32_t speaker;
    const char *lang;        /* "ZH"; NULL: the text's own */
    bool silent, spelled, digits, ordinal;
    const char *instead;     /* said in place of what is inside */
} ssml_state;

typedef struct ssml {
    ink_sayer *y;
    ink_arena *arena;
    ink_buf text;            /* that is still to be said */
    const char *open;        /* the language that its end is in */
    ssml_state stack[SSML_DEEP + 1];
    size_t depth;
    const char *warned[SSML_WARNED];
    size_t warned_count;
} ssml;

typedef struct ssml_value {
    const char *name;
    double value;
} ssml_value;

static double ssml_named(const ssml_value *list, const char *name)
{
    for (; list->name; list++)
        if (!strcmp(list->name, name))
            return list->value;
    return -1;
}

static bool ssml_first_time(ssml *x, const char *what)
{
    for (size_t i = 0; i < x->warned_count; i++)
        if (!strcmp(x->warned[i], what))
            return false;
    if (x->warned_count < SSML_WARNED)
        x->warned[x->warned_count++] = ink_arena_text(x->arena, what, strlen(what));
    return true;
}

/* ---- text ---- */

static void ssml_tag(ssml *x, const char *lang)
{
    if (lang) {
        ink_buf_char(&x->text, '[');
        ink_buf_text(&x->text, lang);
        ink_buf_char(&x->text, ']');
    }
}

static void ssml_language(ssml *x, const char *lang)
{
    if (x->open == lang)
        return;
    ssml_tag(x, x->open);
    ssml_tag(x, lang);
    x->open = lang;
}

static ink_status ssml_flush(ssml *x, ink_err *err)
{
    const ssml_state *s = &x->stack[x->depth];
    ssml_language(x, NULL);
    INK_TRY(ink_buf_check(&x->text, "a text in SSML", err));
    ink_sayer_slower(x->y, s->slower);
    ink_sayer_speaker(x->y, s->speaker);
    ink_status status = x->text.len ? ink_sayer_more(x->y, x->text.data, x->text.len, err) : INK_OK;
    ink_buf_reset(&x->text);
    return status;
}

/* Each letter and digit by itself. */
static void ssml_spell(ssml *x, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const unsigned char c = (unsigned char)text[i];
        if (c < 0x80 || c >= 0xc0)
            ink_buf_char(&x->text, ' ');
        ink_buf_char(&x->text, c < ' ' ? ' ' : (char)toupper(c));
    }
    ink_buf_char(&x->text, ' ');
}

static void ssml_ordinal(ssml *x, const char *text, size_t n)
{
    static const char *const ends[] = { "th", "st", "nd", "rd" };
    const unsigned last = n && isdigit((unsigned char)text[n - 1]) ? (unsigned)(text[n - 1] - '0') : 0;
    const bool teen = n > 1 && text[n - 2] == '1';
    const char *lang = x->stack[x->depth].lang;
    const bool chinese = lang && !strcmp(lang, "ZH");
    ink_buf_text(&x->text, chinese ? "第" : "");
    ink_buf_add(&x->text, text, n);
    ink_buf_text(&x->text, chinese || !n || !isdigit((unsigned char)text[n - 1]) ? "" : ends[last < 4 && !teen ? last : 0]);
}

static ink_status ssml_text(void *user, const char *text, size_t n, ink_err *err)
{
    ssml *x = user;
    const ssml_state *s = &x->stack[x->depth];
    (void)err;
    if (s->silent || s->instead)
        return INK_OK;
    ssml_language(x, s->lang);
    if (s->spelled || s->digits)
        ssml_spell(x, text, n);
    else if (s->ordinal)
        ssml_ordinal(x, text, n);
    else
        for (size_t i = 0; i < n; i++)
            ink_buf_char(&x->text, text[i] == '\n' || text[i] == '\r' ? ' ' : text[i]);
    return INK_OK;
}

/* ---- elements ---- */

typedef ink_status ssml_open_element(ssml *x, ssml_state *s, const char *const *attributes, ink_err *err);

static ink_status ssml_nothing(ssml *x, ssml_state *s, const char *const *attributes, ink_err *err) { return (void)x, (void)s, (void)attributes, (void)err, INK_OK; }

static ink_status ssml_paragraph(ssml *x, ssml_state *s, const char *const *attributes, ink_err *err)
{
    (void)s, (void)attributes;
    return ssml_flush(x, err);
}

static double ssml_seconds(const char *text)
{
    char *end;
    const double v = strtod(text, &end);
    return end == text || v < 0 || !(v < 1e9) ? -1 : !strcmp(end, "ms") ? v / 1000 : !strcmp(end, "s") ? v : -1;
}

static ink_status ssml_break(ssml *x, ssml_state *s, const char *const *attributes, ink_err *err)
{
    static const ssml_value strengths[] = { { "none", 0 }, { "x-weak", 0.1 }, { "weak", 0.2 }, { "medium", 0.4 }, { "strong", 0.7 }, { "x-strong", 1 }, { NULL, 0 } };
    const char *time = ink_xml_attribute(attributes, "time"), *strength = ink_xml_attribute(attributes, "strength");
    double pause = time ? ssml_seconds(time) : ssml_named(strengths, strength ? strength : "medium");
    (void)s;
    if (pause < 0)
        return ink_fail(err, INK_E_ARGUMENT, "SSML: a break of \"%.40s\": times are written 500ms or 1.5s, strengths none, x-weak, weak, medium, strong, x-strong", time ? time : strength);
    if (pause > ssml_longest)
        ink_sayer_warn(x->y, "SSML: a break of %g seconds is made %g", pause, ssml_longest);
    INK_TRY(ssml_flush(x, err));
    ink_sayer_pause(x->y, pause < ssml_longest ? pause : ssml_longest);
    return INK_OK;
}

static ink_status ssml_prosody(ssml *x, ssml_state *s, const char *const *attributes, ink_err *err)
{
    static const ssml_value rates[] = { { "x-slow", 1.5 }, { "slow", 1.25 }, { "medium", 1 }, { "default", 1 }, { "fast", 0.8 }, { "x-fast", 0.6 }, { NULL, 0 } };
    static const char *const others[] = { "pitch", "volume", "range", "contour", "duration" };
    const char *rate = ink_xml_attribute(attributes, "rate");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (ink_xml_attribute(attributes, others[i]) && ssml_first_time(x, others[i]))
            ink_sayer_warn(x->y, "SSML: the %s of prosody is not heard; its rate is", others[i]);
    if (!rate)
        return INK_OK;
    char *end;
    const double number = strtod(rate, &end), named = ssml_named(rates, rate);
    const bool percent = end != rate && !strcmp(end, "%"), plain = end != rate && !*end;
    const double relative = percent && (*rate == '+' || *rate == '-') ? 100 + number : percent ? number : 100 * number;
    if (named < 0 && (!(percent || plain) || !(relative >= 20 && relative <= 500)))
        return ink_fail(err, INK_E_ARGUMENT, "SSML: a rate of \"%.40s\": it is x-slow, slow, medium, fast, x-fast, or 20%% to 500%%", rate);
    INK_TRY(ssml_flush(x, err));
    s->slower = named >= 0 ? x->stack[0].slower * named : s->slower * 100 / relative;
    return INK_OK;
}

static ink_status ssml_voice(ssml *x, ssml_state *s, const char *const *attributes, ink_err *err)
{
    const char *name = ink_xml_attribute(attributes, "name");
    ink_err why;
    INK_TRY(ssml_flush(x, err));
    if (!name || ink_voice_speaker(x->y->s->voice, name, &s->speaker, &why) != INK_OK)
        ink_sayer_warn(x->y, "SSML: %s; the speaker stays", name ? why.text : "a voice without a name");
    return INK_OK;
}

static ink_status ssml_lang(ssml *x, ssml_state *s, const char *const *attributes, ink_err *err)
{
    static const char *const known[][2] = { { "zh", "ZH" }, { "cmn", "ZH" }, { "en", "EN" }, { "ja", "JA" } };
    const char *lang = ink_xml_attribute(attributes, "lang");
    (void)err;
    for (size_t i = 0; lang && i < sizeof known / sizeof *known; i++)
        if (!strncasecmp(lang, known[i][0], strlen(known[i][0]))) {
            s->lang = known[i][1];
            return INK_OK;
        }
    ink_sayer_warn(x->y, "SSML: the language \"%.40s\" is not read; there are en, zh and ja", lang ? lang : "");
    return INK_OK;
}

/* What is said instead of the text inside; NULL: the text. */
static ink_status ssml_replace(ssml *x, ssml_state *s, const char *before, const char *with, const char *after)
{
    ssml_language(x, s->lang);
    ink_buf_char(&x->text, ' ');
    ink_buf_text(&x->text, before);
    ink_buf_text(&x->text, with);
    ink_buf_text(&x->text, after);
    ink_buf_char(&x->text, ' ');
    s->instead = "";
    return INK_OK;
}

static ink_status ssml_phoneme(ssml *x, ssml_state *s, const char *const *attributes, ink_err *err)
{
    const char *alphabet = ink_xml_attribute(attributes, "alphabet"), *ph = ink_xml_attribute(attributes, "ph");
    (void)err;
    if (ph && (!alphabet || !strcmp(alphabet, "ipa")) && !strstr(ph, "]]") && !strchr(ph, '\n')) {
        ssml_language(x, NULL); /* [[…]] stands outside of a language's stretch */
        const char *lang = s->lang;
        s->lang = NULL;
        ssml_replace(x, s, "[[", ph, "]]");
        s->lang = lang;
        return INK_OK;
    }
    ink_sayer_warn(x->y, "SSML: phonemes are written in the alphabet ipa, not \"%.40s\"; the text is said", alphabet ? alphabet : "");
    return INK_OK;
}

static ink_status ssml_sub(ssml *x, ssml_state *s, const char *const *attributes, ink_err *err)
{
    const char *alias = ink_xml_attribute(attributes, "alias");
    (void)err;
    return alias ? ssml_replace(x, s, "", alias, "") : INK_OK;
}

static ink_status ssml_say_as(ssml *x, ssml_state *s, const char *const *attributes, ink_err *err)
{
    static const char *const usual[] = { "cardinal", "number", "date", "time", "currency", "fraction", "unit", "address", "name", "duration" };
    const char *as = ink_xml_attribute(attributes, "interpret-as");
    (void)err;
    as = as ? as : "";
    s->spelled = !strcmp(as, "characters") || !strcmp(as, "spell-out") || !strcmp(as, "verbatim");
    s->digits = !strcmp(as, "digits") || !strcmp(as, "telephone");
    s->ordinal = !strcmp(as, "ordinal");
    bool known = s->spelled || s->digits || s->ordinal;
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) /* as the normaliser says them anyway */
        known = known || !strcmp(as, usual[i]);
    if (!known)
        ink_sayer_warn(x->y, "SSML: say-as \"%.40s\" is not known; the text is said as it stands", as);
    return INK_OK;
}

static ink_status ssml_silent(ssml *x, ssml_state *s, const char *const *attributes, ink_err *err)
{
    (void)x, (void)attributes, (void)err;
    s->silent = true;
    return INK_OK;
}

static const struct {
    const char *name;
    ssml_open_element *open;
    bool says; /* at its end the text so far is said, before what it changed is as before */
    int pause; /* and then 1: a sentence's pause, 2: a paragraph's */
} ssml_elements[] = {
    { "speak", ssml_nothing, true, 0 }, { "p", ssml_paragraph, true, 2 }, { "s", ssml_paragraph, true, 1 }, { "break", ssml_break, false, 0 },
    { "prosody", ssml_prosody, true, 0 }, { "voice", ssml_voice, true, 0 }, { "lang", ssml_lang, false, 0 }, { "phoneme", ssml_phoneme, false, 0 },
    { "sub", ssml_sub, false, 0 }, { "say-as", ssml_say_as, false, 0 }, { "mark", ssml_nothing, false, 0 }, { "metadata", ssml_silent, false, 0 },
    { "meta", ssml_silent, false, 0 },
};
enum { SSML_ELEMENTS = sizeof ssml_elements / sizeof *ssml_elements };

static size_t ssml_element(const char *name)
{
    size_t i = 0;
    while (i < SSML_ELEMENTS && strcmp(ssml_elements[i].name, name))
        i++;
    return i;
}

static ink_status ssml_open(void *user, const char *name, const char *const *attributes, ink_err *err)
{
    ssml *x = user;
    const size_t which = ssml_element(name);
    if (!x->depth && strcmp(name, "speak"))
        return ink_fail(err, INK_E_FORMAT, "SSML begins with <speak>, not with <%.40s>", name);
    if (which == SSML_ELEMENTS && ssml_first_time(x, name))
        ink_sayer_warn(x->y, "SSML: <%.40s> is not known; its text is said", name);
    ssml_state inside = x->stack[x->depth];
    if (which < SSML_ELEMENTS && !inside.silent && !inside.instead)
        INK_TRY(ssml_elements[which].open(x, &inside, attributes, err));
    x->stack[++x->depth] = inside;
    return INK_OK;
}

static ink_status ssml_close(void *user, const char *name, ink_err *err)
{
    ssml *x = user;
    const size_t which = ssml_element(name);
    const bool says = which < SSML_ELEMENTS && ssml_elements[which].says;
    if (says)
        INK_TRY(ssml_flush(x, err));
    if (says && ssml_elements[which].pause)
        ink_sayer_pause(x->y, ssml_elements[which].pause > 1 ? x->y->o.paragraph : x->y->o.sentence);
    x->depth--;
    return INK_OK;
}

bool ink_ssml_is(const char *text, size_t n)
{
    static const char mark[] = "<speak", head[] = "<?xml", type[] = "<!DOCTYPE";
    while (n && isspace((unsigned char)*text))
        text++, n--;
    const size_t m = sizeof mark - 1;
    if ((n > m && !memcmp(text, head, sizeof head - 1)) || (n > sizeof type && !memcmp(text, type, sizeof type - 1)))
        return memmem(text, n < 4096 ? n : 4096, mark, m) != NULL;
    return n > m && !memcmp(text, mark, m) && (isspace((unsigned char)text[m]) || text[m] == '>' || text[m] == '/');
}

ink_status ink_sayer_ssml(ink_sayer *y, const char *text, size_t n, ink_err *err)
{
    ssml *x = calloc(1, sizeof *x);
    if (!x)
        return ink_fail(err, INK_E_MEMORY, "no memory to read SSML");
    x->y = y;
    x->stack[0] = (ssml_state){ .slower = y->slower, .speaker = y->o.how.speaker };
    ink_buf_init(&x->text, 0);
    ink_status status = ink_arena_new("SSML", 0, &x->arena, err);
    if (status == INK_OK)
        status = ink_xml_read(text, n, "SSML", &(ink_xml_reader){ ssml_open, ssml_close, ssml_text, x }, err);
    ink_sayer_slower(y, x->stack[0].slower);
    ink_sayer_speaker(y, x->stack[0].speaker);
    ink_buf_clear(&x->text);
    ink_arena_free(x->arena);
    free(x);
    return status;
}
