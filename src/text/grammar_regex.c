/* Regular expressions of ECMAScript (ECMA-262, section 22.2, with the u flag's strictness where the two readings differ) as grammars. */
#include "text/grammar.h"

#include "text/unicode.h"

#include <string.h>

typedef struct regex {
    ink_grammar *g;
    const char *text, *at, *end, *where;
    ink_grammar_regex_use use;
    unsigned depth;
    ink_err *err;
} regex;

static ink_status regex_wrong(const regex *r, ink_status status, const char *what)
{
    return ink_fail(r->err, status, "%s: at byte %zu of the expression: %s", r->where, (size_t)(r->at - r->text), what);
}

static bool regex_take(regex *r, const char *word)
{
    const size_t n = strlen(word);
    if ((size_t)(r->end - r->at) < n || memcmp(r->at, word, n))
        return false;
    r->at += n;
    return true;
}

static ink_expression regex_set(const regex *r, const ink_points *p)
{
    return r->use == INK_REGEX_JSON ? ink_grammar_json_set(r->g, p) : ink_grammar_set(r->g, p);
}

/* ---- characters ---- */

static void regex_digits(ink_points *p)
{
    ink_points_add(p, '0', '9');
}

static void regex_words(ink_points *p)
{
    regex_digits(p);
    ink_points_add(p, 'A', 'Z');
    ink_points_add(p, '_', '_');
    ink_points_add(p, 'a', 'z');
}

static void regex_spaces(ink_points *p) /* WhiteSpace and LineTerminator of ECMA-262, sections 12.2 and 12.3 */
{
    static const uint32_t ranges[][2] = { { 9, 13 }, { 32, 32 }, { 0xA0, 0xA0 }, { 0x1680, 0x1680 }, { 0x2000, 0x200A }, { 0x2028, 0x2029 }, { 0x202F, 0x202F }, { 0x205F, 0x205F }, { 0x3000, 0x3000 }, { 0xFEFF, 0xFEFF } };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        ink_points_add(p, ranges[i][0], ranges[i][1]);
}

static const struct {
    char small, large;
    void (*add)(ink_points *p);
} regex_classes[] = { { 'd', 'D', regex_digits }, { 's', 'S', regex_spaces }, { 'w', 'W', regex_words } };

/* \d and its like, when the text stands at one, after its backslash. */
static bool regex_class(regex *r, ink_points *p)
{
    for (size_t i = 0; i < sizeof regex_classes / sizeof *regex_classes && r->at < r->end; i++) {
        if (*r->at != regex_classes[i].small && *r->at != regex_classes[i].large)
            continue;
        ink_points own = { 0 };
        regex_classes[i].add(&own);
        ink_points_sort(&own);
        if (*r->at++ == regex_classes[i].large)
            ink_points_invert(&own);
        for (size_t k = 0; k < own.count; k++)
            ink_points_add(p, own.low[k], own.high[k]);
        return true;
    }
    return false;
}

static int regex_hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

static ink_status regex_hex(regex *r, unsigned digits, uint32_t *point)
{
    *point = 0;
    for (unsigned i = 0; i < digits; i++, r->at++) {
        int d = r->at < r->end ? regex_hex_digit(*r->at) : -1;
        if (d < 0)
            return regex_wrong(r, INK_E_FORMAT, "a hexadecimal digit is missing");
        *point = *point << 4 | (uint32_t)d;
    }
    return INK_OK;
}

static ink_status regex_unicode(regex *r, uint32_t *point)
{
    if (!regex_take(r, "{")) {
        INK_TRY(regex_hex(r, 4, point));
        if (*point >= 0xD800 && *point < 0xDC00 && regex_take(r, "\\u")) {
            uint32_t low;
            INK_TRY(regex_hex(r, 4, &low));
            *point = 0x10000 + ((*point - 0xD800) << 10) + ((low - 0xDC00) & 0x3FF);
        }
        return INK_OK;
    }
    *point = 0;
    for (; r->at < r->end && regex_hex_digit(*r->at) >= 0 && *point <= INK_POINT_LAST; r->at++)
        *point = *point << 4 | (uint32_t)regex_hex_digit(*r->at);
    return *point <= INK_POINT_LAST && regex_take(r, "}") ? INK_OK : regex_wrong(r, INK_E_FORMAT, "\\u{…} wants a code point and its closing brace");
}

/* What follows a backslash, when it is one character. */
static ink_status regex_escape(regex *r, uint32_t *point)
{
    static const char letters[] = "tnrfv", meant[] = "\t\n\r\f\v";
    if (r->at == r->end)
        return regex_wrong(r, INK_E_FORMAT, "a backslash stands at the end");
    const char c = *r->at, *letter = strchr(letters, c);
    if ((c >= '1' && c <= '9') || c == 'k')
        return regex_wrong(r, INK_E_UNSUPPORTED, "back references are not done");
    if (c == 'p' || c == 'P')
        return regex_wrong(r, INK_E_UNSUPPORTED, "\\p{…} is not done; write the ranges");
    if (c == 'b' || c == 'B')
        return regex_wrong(r, INK_E_UNSUPPORTED, "\\b and \\B are not done");
    if (regex_take(r, "x"))
        return regex_hex(r, 2, point);
    if (regex_take(r, "u"))
        return regex_unicode(r, point);
    if (regex_take(r, "c")) {
        *point = r->at < r->end ? (uint32_t)(*r->at++ & 31) : 0;
        return INK_OK;
    }
    if (c && letter)
        *point = (uint32_t)meant[letter - letters];
    else if (c == '0')
        *point = 0;
    else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
        return regex_wrong(r, INK_E_FORMAT, "a letter that means nothing follows a backslash");
    else {
        *point = ink_utf8_next(&r->at, r->end);
        return INK_OK;
    }
    r->at++;
    return INK_OK;
}

static ink_status regex_member(regex *r, ink_points *set, uint32_t *point, bool *single)
{
    *single = true;
    if (!regex_take(r, "\\")) {
        *point = ink_utf8_next(&r->at, r->end);
        return INK_OK;
    }
    if (regex_class(r, set)) {
        *single = false;
        return INK_OK;
    }
    if (regex_take(r, "b")) {
        *point = '\b';
        return INK_OK;
    }
    return regex_escape(r, point);
}

static ink_status regex_brackets(regex *r, ink_points *set)
{
    const bool inverted = regex_take(r, "^");
    while (r->at < r->end && *r->at != ']') {
        uint32_t low, high;
        bool single, single_high = true;
        INK_TRY(regex_member(r, set, &low, &single));
        high = low;
        if (single && r->end - r->at >= 2 && r->at[0] == '-' && r->at[1] != ']') {
            r->at++;
            INK_TRY(regex_member(r, set, &high, &single_high));
            if (!single_high || high < low)
                return regex_wrong(r, INK_E_FORMAT, "a range in brackets ends before it begins");
        }
        if (single)
            ink_points_add(set, low, high);
    }
    if (!regex_take(r, "]"))
        return regex_wrong(r, INK_E_FORMAT, "a bracket is not closed");
    ink_points_sort(set);
    if (inverted)
        ink_points_invert(set);
    return INK_OK;
}

/* ---- structure ---- */

static ink_status regex_either(regex *r, bool outermost, ink_expression *out);

static ink_status regex_group(regex *r, ink_expression *out)
{
    if (regex_take(r, "?=") || regex_take(r, "?!") || regex_take(r, "?<=") || regex_take(r, "?<!"))
        return regex_wrong(r, INK_E_UNSUPPORTED, "look-around is not done");
    if (regex_take(r, "?<")) {
        while (r->at < r->end && *r->at++ != '>')
            ;
    } else if (!regex_take(r, "?:") && regex_take(r, "?")) {
        return regex_wrong(r, INK_E_UNSUPPORTED, "groups that begin with (? and not with (?: or (?<name> are not done");
    }
    if (++r->depth > INK_GRAMMAR_NESTED)
        return regex_wrong(r, INK_E_LIMIT, "groups are nested too deep");
    INK_TRY(regex_either(r, false, out));
    r->depth--;
    return regex_take(r, ")") ? INK_OK : regex_wrong(r, INK_E_FORMAT, "a group is not closed");
}

static ink_status regex_atom(regex *r, ink_expression *out)
{
    ink_points set = { 0 };
    uint32_t point;
    if (regex_take(r, "("))
        return regex_group(r, out);
    if (regex_take(r, "[")) {
        INK_TRY(regex_brackets(r, &set));
    } else if (regex_take(r, ".")) {
        ink_points_add(&set, '\n', '\n');
        ink_points_add(&set, '\r', '\r');
        ink_points_add(&set, 0x2028, 0x2029);
        ink_points_invert(&set);
    } else if (*r->at == '^' || *r->at == '$') {
        return regex_wrong(r, INK_E_UNSUPPORTED, "^ and $ are done at the two ends of an expression, or of its outermost alternatives, only");
    } else if (strchr("*+?{", *r->at)) {
        return regex_wrong(r, INK_E_FORMAT, "there is nothing to repeat; a backslash before it makes it a character");
    } else if (regex_take(r, "\\")) {
        if (!regex_class(r, &set)) {
            INK_TRY(regex_escape(r, &point));
            ink_points_add(&set, point, point);
        }
        ink_points_sort(&set);
    } else {
        point = ink_utf8_next(&r->at, r->end);
        ink_points_add(&set, point, point);
    }
    *out = regex_set(r, &set);
    return INK_OK;
}

static uint32_t regex_number(regex *r)
{
    uint32_t n = 0;
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++)
        n = n > INK_GRAMMAR_REPEAT ? n : n * 10 + (uint32_t)(*r->at - '0');
    return n;
}

static ink_status regex_counts(regex *r, uint32_t *min, uint32_t *max)
{
    const char *digits = r->at;
    *min = *max = regex_number(r);
    bool some = r->at > digits;
    if (regex_take(r, ",")) {
        digits = r->at;
        *max = regex_number(r);
        if (r->at == digits)
            *max = INK_GRAMMAR_FAR;
    }
    if (!some || !regex_take(r, "}") || *max < *min)
        return regex_wrong(r, INK_E_FORMAT, "a repetition is written {n}, {n,} or {n,m}, with m not less than n");
    if (*min > INK_GRAMMAR_REPEAT || (*max != INK_GRAMMAR_FAR && *max > INK_GRAMMAR_REPEAT))
        return regex_wrong(r, INK_E_LIMIT, "a repetition counts to 100000 at most");
    return INK_OK;
}

static ink_status regex_repeated(regex *r, ink_expression *out)
{
    INK_TRY(regex_atom(r, out));
    uint32_t min = 1, max = 1;
    if (regex_take(r, "*")) {
        min = 0;
        max = INK_GRAMMAR_FAR;
    } else if (regex_take(r, "+")) {
        max = INK_GRAMMAR_FAR;
    } else if (regex_take(r, "?")) {
        min = 0;
    } else if (regex_take(r, "{")) {
        INK_TRY(regex_counts(r, &min, &max));
    } else {
        return INK_OK;
    }
    regex_take(r, "?"); /* lazy: the same language */
    *out = ink_grammar_repeat(r->g, *out, min, max);
    return INK_OK;
}

static ink_expression regex_anything(const regex *r)
{
    const ink_points all = { .count = 1, .low = { 0 }, .high = { INK_POINT_LAST } };
    return ink_grammar_repeat(r->g, regex_set(r, &all), 0, INK_GRAMMAR_FAR);
}

static ink_status regex_sequence(regex *r, bool outermost, ink_expression *out)
{
    const bool finds = outermost && r->use != INK_REGEX_WHOLE;
    bool begins = outermost && regex_take(r, "^"), ends = false;
    *out = finds && !begins ? regex_anything(r) : ink_grammar_empty(r->g);
    while (r->at < r->end && *r->at != '|' && *r->at != ')' && !r->g->failed) {
        ink_expression one;
        if (outermost && *r->at == '$' && (r->at + 1 == r->end || r->at[1] == '|')) {
            ends = true;
            r->at++;
            break;
        }
        INK_TRY(regex_repeated(r, &one));
        *out = ink_grammar_then(r->g, *out, one);
    }
    if (finds && !ends)
        *out = ink_grammar_then(r->g, *out, regex_anything(r));
    return INK_OK;
}

static ink_status regex_either(regex *r, bool outermost, ink_expression *out)
{
    INK_TRY(regex_sequence(r, outermost, out));
    while (regex_take(r, "|")) {
        ink_expression other;
        INK_TRY(regex_sequence(r, outermost, &other));
        *out = ink_grammar_or(r->g, *out, other);
    }
    return INK_OK;
}

ink_status ink_grammar_regex(ink_grammar *g, const char *text, size_t n, ink_grammar_regex_use use, const char *where, ink_expression *out, ink_err *err)
{
    regex r = { .g = g, .text = text, .at = text, .end = text + n, .where = where, .use = use, .err = err };
    if (ink_utf8_valid(text, n) != n)
        return ink_fail(err, INK_E_FORMAT, "%s: the expression is not UTF-8", where);
    INK_TRY(regex_either(&r, true, out));
    if (r.at < r.end)
        return regex_wrong(&r, INK_E_FORMAT, "a ) closes nothing");
    return ink_grammar_check(g, where, err);
}
