/* Numbers and strings as they stand in a template's source. */
#include "text/jinja_ast.h"
#include "text/unicode.h"

#include <stdlib.h>
#include <string.h>

static int literals_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

/* Digits of a base with single underscores between them; returns at when there is none. */
static const char *literals_digits(const char *at, const char *end, int base)
{
    while (at < end && literals_digit(*at) < base) {
        at++;
        if (at + 1 < end && *at == '_' && literals_digit(at[1]) < base)
            at++;
    }
    return at;
}

/* Past a float at `at`, or NULL: digits, then a fraction or an exponent or both. */
static const char *literals_float(const char *at, const char *end)
{
    const char *whole = literals_digits(at, end, 10), *past = NULL;
    at = whole;
    if (at < end && *at == '.' && literals_digits(at + 1, end, 10) > at + 1)
        at = past = literals_digits(at + 1, end, 10);
    if (at < end && (*at == 'e' || *at == 'E')) {
        const char *power = at + 1;
        power += power < end && (*power == '+' || *power == '-');
        if (literals_digits(power, end, 10) > power)
            past = literals_digits(power, end, 10);
    }
    return past;
}

static jinja_value literals_integer(jinja *j, const char *at, const char *end, int base)
{
    int64_t v = 0;
    for (; at < end; at++)
        if (*at != '_' && (__builtin_mul_overflow(v, base, &v) || __builtin_add_overflow(v, literals_digit(*at), &v)))
            jinja_fail(j, INK_E_LIMIT, "a number does not fit an integer of 64 bits");
    return jinja_int(v);
}

static jinja_value literals_real(jinja *j, const char *at, const char *end)
{
    jinja_build b = { .j = j };
    for (; at < end; at++)
        if (*at != '_')
            jinja_add_char(&b, *at);
    jinja_add_char(&b, 0);
    return jinja_real(strtod(b.data, NULL));
}

bool jinja_read_number(jinja *j, const char *start, const char **at, const char *end, jinja_value *out)
{
    const char *from = *at;
    const char *past = from > start && from[-1] == '.' ? NULL : literals_float(from, end);
    if (past) {
        *out = literals_real(j, from, past);
        *at = past;
        return true;
    }
    char mark = from + 1 < end && *from == '0' ? (char)(from[1] | 32) : 0;
    int base = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 10;
    const char *digits = base == 10 ? from : from + 2 + (from + 2 < end && from[2] == '_');
    past = literals_digits(digits, end, base);
    if (base == 10 && *from == '0') /* zeros alone: 01 is two tokens */
        for (past = from + 1; past < end && (*past == '0' || (*past == '_' && past + 1 < end && past[1] == '0'));)
            past++;
    if (past == digits)
        return false;
    *out = literals_integer(j, digits, past, base);
    *at = past;
    return true;
}

/* Up to `most` digits of a base; the code point that they name. */
static uint32_t literals_code(jinja *j, const char **at, const char *end, int base, int least, int most)
{
    uint32_t c = 0;
    int n = 0;
    for (; n < most && *at < end && literals_digit(**at) < base; n++)
        c = c * (uint32_t)base + (uint32_t)literals_digit(*(*at)++);
    if (n < least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        jinja_fail(j, INK_E_FORMAT, "a string has an escape that names no character");
    return c;
}

/* What follows a backslash. An unknown escape stands for itself. */
static void literals_escape(jinja *j, jinja_build *b, const char **at, const char *end)
{
    static const char letters[][2] = { { '\\', '\\' }, { '\'', '\'' }, { '"', '"' }, { 'a', 7 }, { 'b', 8 }, { 'f', 12 }, { 'n', 10 }, { 'r', 13 },
                                       { 't', 9 }, { 'v', 11 } };
    static const struct {
        char mark;
        int digits;
    } codes[] = { { 'x', 2 }, { 'u', 4 }, { 'U', 8 } };
    char c = **at;
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (letters[i][0] == c) {
            jinja_add_char(b, letters[i][1]);
            (*at)++;
            return;
        }
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].mark == c) {
            (*at)++;
            jinja_add_point(b, literals_code(j, at, end, 16, codes[i].digits, codes[i].digits));
            return;
        }
    if (c >= '0' && c <= '7')
        jinja_add_point(b, literals_code(j, at, end, 8, 1, 3));
    else if (c == 'N')
        jinja_fail(j, INK_E_UNSUPPORTED, "\\N{…} is not understood: write the character itself");
    else if (c == '\n')
        (*at)++;
    else
        jinja_add_char(b, '\\');
}

bool jinja_read_string(jinja *j, const char **at, const char *end, jinja_value *out)
{
    const char quote = **at, *p = *at + 1;
    jinja_build b = { .j = j };
    while (p < end && *p != quote) {
        const char *run = p;
        while (p < end && *p != quote && *p != '\\')
            p++;
        jinja_add(&b, run, (size_t)(p - run));
        if (p + 1 < end && *p == '\\') {
            p++;
            literals_escape(j, &b, &p, end);
        } else if (p < end && *p == '\\')
            p++;
    }
    if (p >= end)
        jinja_fail(j, INK_E_FORMAT, "a string has no end");
    *out = jinja_built(&b);
    *at = p + 1;
    return true;
}
