/* Numbers within bounds, as digits. */
#include "text/json_schema.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { NUMBER_DIGITS = 16, NUMBER_PLACES = 6, NUMBER_LONGEST = 18 };

static int64_t number_power(unsigned n)
{
    int64_t p = 1;
    while (n--)
        p *= 10;
    return p;
}

static ink_expression number_digits(ink_grammar *g, uint32_t min, uint32_t max)
{
    return ink_grammar_repeat(g, ink_grammar_byte(g, '0', '9'), min, max);
}

static ink_expression number_point(ink_grammar *g)
{
    return ink_grammar_byte(g, '.', '.');
}

/* A digit of a range, the point after it when `left` digits, as many as there are places, follow. */
static ink_expression number_digit(ink_grammar *g, int64_t low, int64_t high, unsigned left, unsigned places)
{
    ink_expression digit = ink_grammar_byte(g, (uint8_t)('0' + low), (uint8_t)('0' + high));
    return places && left == places ? ink_grammar_then(g, digit, number_point(g)) : digit;
}

static ink_expression number_any(ink_grammar *g, unsigned digits, unsigned places)
{
    if (!places || digits <= places)
        return number_digits(g, digits, digits);
    return ink_grammar_then(g, ink_grammar_then(g, number_digits(g, digits - places, digits - places), number_point(g)), number_digits(g, places, places));
}

/* The numbers from low to high written with so many digits, the last `places` of them behind the point. */
static ink_expression number_fixed(ink_grammar *g, int64_t low, int64_t high, unsigned digits, unsigned places)
{
    if (low > high)
        return 0;
    if (!digits)
        return ink_grammar_empty(g);
    const int64_t unit = number_power(digits - 1), first = low / unit, last = high / unit;
    const unsigned left = digits - 1;
    if (low % unit == 0 && high % unit == unit - 1)
        return ink_grammar_then(g, number_digit(g, first, last, left, places), number_any(g, left, places));
    if (first == last)
        return ink_grammar_then(g, number_digit(g, first, first, left, places), number_fixed(g, low % unit, high % unit, left, places));
    ink_expression all = ink_grammar_then(g, number_digit(g, first, first, left, places), number_fixed(g, low % unit, unit - 1, left, places));
    if (last > first + 1)
        all = ink_grammar_or(g, all, ink_grammar_then(g, number_digit(g, first + 1, last - 1, left, places), number_any(g, left, places)));
    return ink_grammar_or(g, all, ink_grammar_then(g, number_digit(g, last, last, left, places), number_fixed(g, 0, high % unit, left, places)));
}

/* From low to high, both not negative, in units of the last place. */
static ink_expression number_positive(ink_grammar *g, int64_t low, int64_t high, unsigned places)
{
    ink_expression all = 0;
    for (unsigned digits = places + 1; digits <= NUMBER_LONGEST; digits++) {
        int64_t from = digits > places + 1 ? number_power(digits - 1) : 0, to = number_power(digits) - 1;
        all = ink_grammar_or(g, all, number_fixed(g, low > from ? low : from, high < to ? high : to, digits, places));
    }
    return all;
}

static ink_expression number_between(ink_grammar *g, int64_t low, int64_t high, unsigned places)
{
    ink_expression all = high >= 0 ? number_positive(g, low > 0 ? low : 0, high, places) : 0;
    if (low < 0)
        all = ink_grammar_or(g, all, ink_grammar_then(g, ink_grammar_byte(g, '-', '-'), number_positive(g, high < 0 ? -high : 1, -low, places)));
    return all;
}

typedef struct number_bounds {
    double low, high; /* infinite: none */
    bool above, below; /* the bound itself is out */
} number_bounds;

static ink_status number_read(ink_schema *s, const ink_schema_all *all, const char *keyword, double sign, bool open, double *bound, bool *out)
{
    for (size_t i = 0; i < all->count; i++) {
        const ink_json *v = ink_json_get(all->at[i].schema, keyword);
        if (!v)
            continue;
        const double n = sign * ink_json_number(v, (double)NAN);
        if (!(n == n))
            return ink_schema_refuse(s, INK_E_FORMAT, "\"%s\" wants a number", keyword);
        if (n > sign * *bound || (n == sign * *bound && open)) {
            *bound = sign * n;
            *out = open;
        }
    }
    return INK_OK;
}

static ink_status number_bounds_read(ink_schema *s, const ink_schema_all *all, number_bounds *b)
{
    *b = (number_bounds){ .low = (double)-INFINITY, .high = (double)INFINITY };
    INK_TRY(number_read(s, all, "minimum", 1, false, &b->low, &b->above));
    INK_TRY(number_read(s, all, "exclusiveMinimum", 1, true, &b->low, &b->above));
    INK_TRY(number_read(s, all, "maximum", -1, false, &b->high, &b->below));
    return number_read(s, all, "exclusiveMaximum", -1, true, &b->high, &b->below);
}

/* A bound in units of the last place, rounded inwards: the text of a double is exact enough to say on which side it lies. */
static int64_t number_scaled(double bound, unsigned places, bool upper, bool open)
{
    const int64_t most = number_power(places + NUMBER_DIGITS < NUMBER_LONGEST ? places + NUMBER_DIGITS : NUMBER_LONGEST) - 1;
    if (bound * (double)number_power(places) >= (double)most)
        return upper ? most : INT64_MAX;
    if (bound * (double)number_power(places) <= (double)-most)
        return upper ? INT64_MIN : -most;
    char text[64];
    snprintf(text, sizeof text, "%.*f", (int)places, bound);
    const double near = strtod(text, NULL);
    int64_t n = 0;
    for (const char *p = text; *p; p++)
        n = *p >= '0' && *p <= '9' ? n * 10 + (*p - '0') : n;
    n = text[0] == '-' ? -n : n;
    if (upper)
        return near > bound || (near == bound && open) ? n - 1 : n;
    return near < bound || (near == bound && open) ? n + 1 : n;
}

static ink_expression number_unbounded(ink_grammar *g, bool whole)
{
    ink_expression all = ink_grammar_then(g, ink_grammar_byte(g, '1', '9'), number_digits(g, 0, NUMBER_DIGITS - 1));
    all = ink_grammar_then(g, ink_grammar_maybe(g, ink_grammar_byte(g, '-', '-')), ink_grammar_or(g, ink_grammar_byte(g, '0', '0'), all));
    if (whole)
        return all;
    ink_expression sign = ink_grammar_maybe(g, ink_grammar_or(g, ink_grammar_byte(g, '+', '+'), ink_grammar_byte(g, '-', '-')));
    ink_expression e = ink_grammar_or(g, ink_grammar_byte(g, 'e', 'e'), ink_grammar_byte(g, 'E', 'E'));
    all = ink_grammar_then(g, all, ink_grammar_maybe(g, ink_grammar_then(g, number_point(g), number_digits(g, 1, NUMBER_DIGITS))));
    return ink_grammar_then(g, all, ink_grammar_maybe(g, ink_grammar_then(g, ink_grammar_then(g, e, sign), number_digits(g, 1, 2))));
}

ink_status ink_schema_number(ink_schema *s, const ink_schema_all *all, bool whole, ink_expression *out)
{
    number_bounds b;
    INK_TRY(number_bounds_read(s, all, &b));
    if (isinf(b.low) && isinf(b.high)) {
        *out = number_unbounded(s->g, whole);
        return INK_OK;
    }
    *out = 0;
    for (unsigned places = 0; places <= (whole ? 0 : NUMBER_PLACES); places++) {
        int64_t low = number_scaled(b.low, places, false, b.above), high = number_scaled(b.high, places, true, b.below);
        if (low <= high)
            *out = ink_grammar_or(s->g, *out, number_between(s->g, low, high, places));
    }
    return INK_OK;
}
