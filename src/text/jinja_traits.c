/* The questions that methods of text answer with true or false: isdigit, isupper, … */
#include "text/jinja.h"
#include "text/unicode.h"

/* Whether every code point has one of the traits, and there is one. */
static jinja_value traits_all(jinja *j, jinja_value s, unsigned traits)
{
    jinja_step(j, s.size / 32);
    for (const char *at = s.text, *end = at + s.size; at < end;)
        if (!(ink_unicode_traits(ink_utf8_next(&at, end)) & traits))
            return jinja_bool(false);
    return jinja_bool(s.size != 0);
}

static jinja_value traits_alpha(jinja *j, jinja_value s, const jinja_args *a) { (void)a; return traits_all(j, s, INK_UNICODE_LETTER); }
static jinja_value traits_alnum(jinja *j, jinja_value s, const jinja_args *a) { (void)a; return traits_all(j, s, INK_UNICODE_LETTER | INK_UNICODE_NUMBER); }
static jinja_value traits_decimal(jinja *j, jinja_value s, const jinja_args *a) { (void)a; return traits_all(j, s, INK_UNICODE_DECIMAL); }
static jinja_value traits_numeric(jinja *j, jinja_value s, const jinja_args *a) { (void)a; return traits_all(j, s, INK_UNICODE_NUMBER); }
static jinja_value traits_space(jinja *j, jinja_value s, const jinja_args *a) { (void)a; return traits_all(j, s, INK_UNICODE_SPACE); }
static jinja_value traits_upper(jinja *j, jinja_value s, const jinja_args *a) { (void)a; return jinja_is_cased(j, s, INK_UNICODE_UPPER); }
static jinja_value traits_lower(jinja *j, jinja_value s, const jinja_args *a) { (void)a; return jinja_is_cased(j, s, INK_UNICODE_LOWER); }

/* Decimal digits, and those in circles and above or below the line. */
static jinja_value traits_digit(jinja *j, jinja_value s, const jinja_args *a)
{
    (void)a;
    jinja_step(j, s.size / 32);
    for (const char *at = s.text, *end = at + s.size; at < end;) {
        uint32_t c = ink_utf8_next(&at, end);
        bool raised = c == 0xb2 || c == 0xb3 || c == 0xb9 || c == 0x2070 || (c >= 0x2074 && c <= 0x2079) || (c >= 0x2080 && c <= 0x2089) ||
                      (c >= 0x2460 && c <= 0x2468);
        if (!raised && !(ink_unicode_traits(c) & INK_UNICODE_DECIMAL))
            return jinja_bool(false);
    }
    return jinja_bool(s.size != 0);
}

static jinja_value traits_ascii(jinja *j, jinja_value s, const jinja_args *a)
{
    (void)a;
    return jinja_bool(jinja_length(j, s) == s.size);
}

/* Capitals begin words, and nothing else is a capital. */
static jinja_value traits_title(jinja *j, jinja_value s, const jinja_args *a)
{
    (void)a;
    bool any = false, inside = false;
    jinja_step(j, s.size / 32);
    for (const char *at = s.text, *end = at + s.size; at < end;) {
        unsigned traits = ink_unicode_traits(ink_utf8_next(&at, end));
        bool capital = traits & (INK_UNICODE_UPPER | INK_UNICODE_TITLE), small = traits & INK_UNICODE_LOWER;
        if ((capital && inside) || (small && !inside))
            return jinja_bool(false);
        inside = capital || small;
        any = any || inside;
    }
    return jinja_bool(any);
}

const jinja_function jinja_trait_methods[] = {
    { "isalpha", traits_alpha, "", 0 }, { "isalnum", traits_alnum, "", 0 }, { "isdigit", traits_digit, "", 0 }, { "isdecimal", traits_decimal, "", 0 },
    { "isnumeric", traits_numeric, "", 0 }, { "isspace", traits_space, "", 0 }, { "isupper", traits_upper, "", 0 }, { "islower", traits_lower, "", 0 },
    { "istitle", traits_title, "", 0 }, { "isascii", traits_ascii, "", 0 }, { 0 },
};
