/* Filters that make numbers: int, float, abs, round. */
#include "text/jinja.h"
#include "text/unicode.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int number_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'z' ? c - 'a' + 10 : c >= 'A' && c <= 'Z' ? c - 'A' + 10 : 99;
}

/* Single underscores between digits are allowed, as in Python. */
static bool number_digits(const char *at, const char *end, int base, int64_t *out)
{
    int64_t v = 0;
    bool digit = false;
    for (; at < end; at++) {
        bool mark = *at == '_' && digit && at + 1 < end;
        if (!mark && (number_digit(*at) >= base || __builtin_mul_overflow(v, base, &v) || __builtin_sub_overflow(v, number_digit(*at), &v)))
            return false;
        digit = !mark;
    }
    *out = v; /* negative: its range is the larger */
    return digit;
}

bool jinja_scan_int(jinja_value text, int base, int64_t *out)
{
    jinja_value s = jinja_strip(text, NULL, true, true);
    const char *at = s.text, *end = at + s.size;
    const bool minus = at < end && *at == '-';
    at += at < end && (*at == '-' || *at == '+');
    const char mark = end - at > 2 && *at == '0' ? (char)(at[1] | 32) : 0;
    const int told = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 0;
    if (told && (base == told || base == 0))
        at += 2;
    base = base ? base : told ? told : 10;
    if (!number_digits(at, end, base, out) || (!minus && *out == INT64_MIN))
        return false;
    *out = minus ? *out : -*out;
    return true;
}

/* The word at `at`, without case. */
static bool number_word(const char *at, const char *end, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i < n && (size_t)(end - at) == n; i++)
        if ((at[i] | 32) != word[i])
            return false;
    return (size_t)(end - at) == n;
}

static bool number_is_decimal(const char *at, const char *end)
{
    bool digits = false, dot = false;
    for (; at < end && *at != 'e' && *at != 'E'; at++) {
        if ((*at != '.' || dot) && !(*at >= '0' && *at <= '9'))
            return false;
        digits = digits || *at != '.';
        dot = dot || *at == '.';
    }
    if (at == end || !digits)
        return digits && at == end;
    at++;
    at += at < end && (*at == '+' || *at == '-');
    for (digits = false; at < end; at++, digits = true)
        if (*at < '0' || *at > '9')
            return false;
    return digits;
}

bool jinja_scan_real(jinja_value text, double *out)
{
    char copy[512];
    jinja_value s = jinja_strip(text, NULL, true, true);
    const char *at = s.text, *end = at + s.size;
    const double sign = at < end && *at == '-' ? -1 : 1;
    at += at < end && (*at == '-' || *at == '+');
    if (number_word(at, end, "inf") || number_word(at, end, "infinity"))
        *out = sign * (double)INFINITY;
    else if (number_word(at, end, "nan"))
        *out = (double)NAN;
    else if ((size_t)(end - at) >= sizeof copy || !number_is_decimal(at, end))
        return false;
    else {
        memcpy(copy, at, (size_t)(end - at));
        copy[end - at] = 0;
        *out = sign * strtod(copy, NULL);
    }
    return true;
}

static jinja_value number_int(jinja *j, jinja_value v, const jinja_args *a)
{
    int64_t whole;
    double real;
    const int64_t base = jinja_arg_int(j, a, 1, 10);
    const jinja_value def = jinja_given(a, 0) ? a->at[0] : jinja_int(0);
    if (v.type == JINJA_UNDEFINED)
        jinja_fail(j, INK_E_FORMAT, "%s", v.text);
    if (v.type == JINJA_TEXT && base >= 0 && base <= 36 && base != 1 && jinja_scan_int(v, (int)base, &whole))
        return jinja_int(whole);
    if (v.type == JINJA_INT || v.type == JINJA_BOOL)
        return jinja_int(v.type == JINJA_INT ? v.integer : v.boolean);
    if (v.type == JINJA_FLOAT)
        real = v.real;
    else if (v.type != JINJA_TEXT || !jinja_scan_real(v, &real))
        return def;
    return isfinite(real) ? jinja_int(jinja_from_real(j, real)) : def;
}

static jinja_value number_float(jinja *j, jinja_value v, const jinja_args *a)
{
    double real;
    if (v.type == JINJA_UNDEFINED)
        jinja_fail(j, INK_E_FORMAT, "%s", v.text);
    if (jinja_is_number(v))
        return jinja_real(jinja_to_real(v));
    if (v.type == JINJA_TEXT && jinja_scan_real(v, &real))
        return jinja_real(real);
    return jinja_given(a, 0) ? a->at[0] : jinja_real(0);
}

static jinja_value number_abs(jinja *j, jinja_value v, const jinja_args *a)
{
    (void)a;
    if (v.type == JINJA_FLOAT)
        return jinja_real(fabs(v.real));
    jinja_value n = jinja_plus(j, v);
    return n.integer < 0 ? jinja_negate(j, n) : n;
}

/* To the nearest decimal, ties to even: the decimal text that printing finds is the nearest one. */
static double number_nearest(double v, int64_t digits)
{
    char text[400];
    if (!isfinite(v) || digits > 300)
        return v;
    if (digits < 0) {
        double scale = pow(10, (double)-digits);
        return digits < -308 ? copysign(0, v) : nearbyint(v / scale) * scale;
    }
    if (fabs(v) >= 1e18)
        return v;
    snprintf(text, sizeof text, "%.*f", (int)digits, v);
    return strtod(text, NULL);
}

static int64_t number_nearest_whole(jinja *j, int64_t v, int64_t digits)
{
    int64_t scale = 1;
    for (; digits < 0; digits++)
        if (__builtin_mul_overflow(scale, 10, &scale))
            return 0;
    int64_t down = v / scale, rest = v % scale;
    if (rest < 0) {
        rest += scale;
        down--;
    }
    bool up = rest > scale - rest || (rest == scale - rest && (down & 1));
    if (__builtin_mul_overflow(down + up, scale, &v))
        jinja_fail(j, INK_E_LIMIT, "a number does not fit an integer of 64 bits");
    return v;
}

static jinja_value number_round(jinja *j, jinja_value v, const jinja_args *a)
{
    const int64_t digits = jinja_arg_int(j, a, 0, 0);
    jinja_value method = jinja_arg_text(j, a, 1, "common"), n = jinja_plus(j, v);
    if (jinja_is(method, "common"))
        return n.type == JINJA_INT ? jinja_int(number_nearest_whole(j, n.integer, digits)) : jinja_real(number_nearest(n.real, digits));
    if (!jinja_is(method, "ceil") && !jinja_is(method, "floor"))
        jinja_fail(j, INK_E_FORMAT, "round goes to the common, ceil or floor");
    double scale = pow(10, (double)digits), x = jinja_to_real(n) * scale;
    return jinja_real((jinja_is(method, "ceil") ? ceil(x) : floor(x)) / scale);
}

const jinja_function jinja_number_filters[] = {
    { "int", number_int, "default base", 0 }, { "float", number_float, "default", 0 }, { "abs", number_abs, "", 0 },
    { "round", number_round, "precision method", 0 }, { 0 },
};
