/* Numbers in English words: cardinals, ordinals, years, digits, fractions. All work on digits as written, of any length. */
#include "text/normalise_say_en.h"
#include "text/normalise_words_en.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { EN_GROUPS = 11 }; /* three digits each; a longer number is said digit by digit */

static const char *const en_small[] = { "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
                                        "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen" };
static const char *const en_tens[] = { "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety" };
static const char *const en_scales[EN_GROUPS] = { "", "thousand", "million", "billion", "trillion", "quadrillion", "quintillion", "sextillion", "septillion",
                                                  "octillion", "nonillion" };

static void en_word(ink_buf *out, const char *word)
{
    if (out->len && out->data[out->len - 1] != ' ' && out->data[out->len - 1] != '-')
        ink_buf_char(out, ' ');
    ink_buf_text(out, word);
}

static void en_two(unsigned n, ink_buf *out)
{
    if (n < 20) {
        en_word(out, en_small[n]);
        return;
    }
    en_word(out, en_tens[n / 10]);
    if (n % 10)
        en_word(out, en_small[n % 10]);
}

static void en_three(unsigned n, bool with_and, ink_buf *out)
{
    if (n >= 100) {
        en_word(out, en_small[n / 100]);
        en_word(out, "hundred");
    }
    if (n % 100 && with_and)
        en_word(out, "and");
    if (n % 100)
        en_two(n % 100, out);
}

/* The digits among the n bytes, without zeros in front. */
static size_t en_digits(const char *text, size_t n, char *digits, size_t room)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (text[i] >= '0' && text[i] <= '9' && count < room && (count || text[i] != '0'))
            digits[count++] = text[i];
    return count;
}

static void en_spell(const char *text, size_t n, const char *zero, ink_buf *out)
{
    for (size_t i = 0; i < n; i++)
        if (text[i] >= '0' && text[i] <= '9')
            en_word(out, text[i] == '0' ? zero : en_small[text[i] - '0']);
}

static unsigned en_group(const char *digits, size_t count, size_t group)
{
    unsigned n = 0;
    for (size_t i = 0; i < 3; i++) {
        const size_t place = 3 * group + 2 - i; /* from the right */
        n = 10 * n + (place < count ? (unsigned)(digits[count - 1 - place] - '0') : 0);
    }
    return n;
}

static void en_cardinal(const char *text, size_t n, ink_buf *out)
{
    char digits[3 * EN_GROUPS + 1];
    const size_t count = en_digits(text, n, digits, sizeof digits);
    if (!count || count > 3 * EN_GROUPS) {
        en_spell(text, count ? n : 1, "zero", out);
        return;
    }
    for (size_t group = (count + 2) / 3; group-- > 0;) {
        const unsigned here = en_group(digits, count, group);
        if (!here)
            continue;
        en_three(here, !group && (here >= 100 || count > 3), out);
        if (group)
            en_word(out, en_scales[group]);
    }
}

static void say_cardinal(const ink_say_args *a, ink_buf *out)
{
    en_cardinal(a->text[0], a->size[0], out);
}

/* 1905: nineteen oh five; 1900: nineteen hundred; 2000 to 2009 as a cardinal. */
static void en_year(unsigned n, ink_buf *out)
{
    if (n < 1000 || n % 1000 < 10) {
        char digits[12];
        ink_buf number = { .data = digits, .cap = sizeof digits, .max = sizeof digits - 1 };
        ink_buf_format(&number, "%u", n);
        en_cardinal(digits, number.len, out);
        return;
    }
    en_two(n / 100, out);
    if (!(n % 100))
        en_word(out, "hundred");
    else if (n % 100 < 10)
        en_word(out, "oh");
    if (n % 100)
        en_two(n % 100, out);
}

static unsigned en_value(const char *text, size_t n)
{
    unsigned v = 0;
    for (size_t i = 0; i < n && i < 8; i++)
        if (text[i] >= '0' && text[i] <= '9')
            v = 10 * v + (unsigned)(text[i] - '0');
    return v;
}

static void say_year(const ink_say_args *a, ink_buf *out)
{
    en_year(en_value(a->text[0], a->size[0]), out);
}

/* A number as it stands in a text: four digits from 1200 to 2999 are a year, unless they end in 000; zeros in front make it a row of digits. */
static void say_number(const ink_say_args *a, ink_buf *out)
{
    const unsigned v = en_value(a->text[0], a->size[0]);
    if (a->size[0] == 4 && v >= 1200 && v < 3000 && v % 1000)
        en_year(v, out);
    else if (a->size[0] > 1 && a->text[0][0] == '0')
        en_spell(a->text[0], a->size[0], "oh", out);
    else
        en_cardinal(a->text[0], a->size[0], out);
}

static void say_digits(const ink_say_args *a, ink_buf *out)
{
    en_spell(a->text[0], a->size[0], "oh", out);
}

/* The last word of what was written from `start` on becomes an ordinal. */
static void en_make_ordinal(ink_buf *out, size_t start)
{
    size_t word = out->len;
    while (word > start && out->data[word - 1] != ' ')
        word--;
    const char *irregular = ink_say_find(ink_english_ordinals, out->data + word, out->len - word, false);
    if (irregular) {
        out->len = word;
        ink_buf_text(out, irregular);
    } else if (out->data[out->len - 1] == 'y') {
        out->len--;
        ink_buf_text(out, "ieth");
    } else
        ink_buf_text(out, "th");
}

static void say_ordinal(const ink_say_args *a, ink_buf *out)
{
    const size_t start = out->len;
    en_cardinal(a->text[0], a->size[0], out);
    if (!out->failed)
        en_make_ordinal(out, start);
}

static void en_plural(ink_buf *out)
{
    if (out->failed || !out->len)
        return;
    const char last = out->data[out->len - 1];
    if (last == 'y') {
        out->len--;
        ink_buf_text(out, "ies");
    } else
        ink_buf_text(out, last == 's' || last == 'x' ? "es" : "s");
}

static void say_fraction(const ink_say_args *a, ink_buf *out)
{
    const unsigned top = en_value(a->text[0], a->size[0]), bottom = en_value(a->text[1], a->size[1]);
    en_cardinal(a->text[0], a->size[0], out);
    if (bottom == 2)
        en_word(out, top == 1 ? "half" : "halve");
    else if (bottom == 4)
        en_word(out, "quarter");
    else
        say_ordinal(&(ink_say_args){ .text = { a->text[1] }, .size = { a->size[1] } }, out);
    if (top != 1)
        en_plural(out);
}

/* "80": eighties. "19" and "80": nineteen eighties. */
static void say_decade(const ink_say_args *a, ink_buf *out)
{
    for (size_t i = 0; i < 2; i++)
        if (a->size[i])
            (a->text[i][0] == '0' ? (void)en_word(out, "hundred") : en_two(en_value(a->text[i], a->size[i]), out));
    en_plural(out);
}

/* Digits after the point; args: whole part (may be empty), fraction. */
static void en_decimal(const char *whole, size_t n, const char *part, size_t m, ink_buf *out)
{
    if (n)
        en_cardinal(whole, n, out);
    if (!m)
        return;
    en_word(out, "point");
    en_spell(part, m, "oh", out);
}

static void say_decimal(const ink_say_args *a, ink_buf *out)
{
    en_decimal(a->text[0], a->size[0], a->text[1], a->size[1], out);
}

static void say_point(const ink_say_args *a, ink_buf *out)
{
    en_decimal(NULL, 0, a->text[0], a->size[0], out);
}

static size_t en_trim(const char *part, size_t m)
{
    while (m && part[m - 1] == '0')
        m--;
    return m;
}

static bool en_is_one(const char *whole, size_t n, size_t m)
{
    return !m && n == 1 && whole[0] == '1';
}

/* $49.95: and ninety five cents. */
static bool en_cents(const char *one, const ink_say_args *a, ink_buf *out)
{
    const char *small = ink_say_find(ink_english_cents, one, strlen(one), false);
    if (!small || a->size[3] || a->size[2] != 2 || a->text[2][0] == '0' || !a->size[1])
        return false;
    en_cardinal(a->text[1], a->size[1], out);
    en_word(out, one);
    if (!en_is_one(a->text[1], a->size[1], 0))
        en_plural(out);
    en_word(out, "and");
    en_cardinal(a->text[2], 2, out);
    en_word(out, small);
    return true;
}

static void en_from(const ink_say_pair *table, const ink_say_args *a, bool any_case, ink_buf *out)
{
    const char *to = ink_say_find(table, a->text[0], a->size[0], any_case);
    if (to)
        ink_buf_text(out, to);
    else
        ink_say_copy(a, out);
}

/* bn, m, million. */
static void say_scale(const ink_say_args *a, ink_buf *out)
{
    en_from(ink_english_scales, a, true, out);
}

/* Sign of a currency, whole, fraction, scale: $1.50 million. */
static void say_money(const ink_say_args *a, ink_buf *out)
{
    const size_t m = en_trim(a->text[2], a->size[2]);
    const char *one = ink_say_find(ink_english_currencies, a->text[0], a->size[0], true);
    if (one && en_cents(one, a, out))
        return;
    en_decimal(a->size[1] ? a->text[1] : "0", a->size[1] ? a->size[1] : 1, a->text[2], m, out);
    if (a->size[3]) {
        ink_buf_char(out, ' ');
        say_scale(&(ink_say_args){ .text = { a->text[3] }, .size = { a->size[3] } }, out);
    }
    en_word(out, one ? one : "");
    if (one && (a->size[3] || !en_is_one(a->text[1], a->size[1], m)) && strcmp(one, "yen") && strcmp(one, "yuan"))
        en_plural(out);
}

/* Unit, then (optional) whole and fraction that say whether it is one. */
static void say_unit(const ink_say_args *a, ink_buf *out)
{
    const char *many = ink_say_find(ink_english_units, a->text[0], a->size[0], false);
    const char *one = ink_say_find(ink_english_unit_singles, a->text[0], a->size[0], false);
    const bool single = a->text[1] && en_is_one(a->text[1], a->size[1], a->size[2]);
    if (many && single && one)
        en_word(out, one);
    else if (many) {
        en_word(out, many);
        if (single && many[strlen(many) - 1] == 's')
            out->len--;
    }
}

static void say_minutes(const ink_say_args *a, ink_buf *out)
{
    const unsigned v = en_value(a->text[0], a->size[0]);
    if (v && v < 10)
        en_word(out, "oh");
    if (v)
        en_two(v, out);
}

static void say_o_clock(const ink_say_args *a, ink_buf *out)
{
    en_cardinal(a->text[0], a->size[0], out);
    if (!en_value(a->text[1], a->size[1]))
        en_word(out, "o'clock");
    else
        say_minutes(&(ink_say_args){ .text = { a->text[1] }, .size = { a->size[1] } }, out);
}

static void en_capital(char c, ink_buf *out)
{
    ink_buf_char(out, (char)(c >= 'a' && c <= 'z' ? c - 32 : c));
}

/* Letters without dots, in capitals: a.m. is AM. */
static void say_letters(const ink_say_args *a, ink_buf *out)
{
    for (size_t i = 0; i < a->size[0]; i++)
        if (a->text[0][i] != '.')
            en_capital(a->text[0][i], out);
}

static void say_month(const ink_say_args *a, ink_buf *out)
{
    const unsigned v = en_value(a->text[0], a->size[0]);
    if (v >= 1 && v <= 12)
        en_word(out, ink_english_months[v - 1]);
}

/* A month by its name or the beginning of it. */
static void say_month_name(const ink_say_args *a, ink_buf *out)
{
    for (size_t i = 0; i < 12; i++)
        if (!strncasecmp(ink_english_months[i], a->text[0], 3))
            en_word(out, ink_english_months[i]);
}

static void say_day_name(const ink_say_args *a, ink_buf *out)
{
    for (size_t i = 0; i < 7; i++)
        if (!strncasecmp(ink_english_days[i], a->text[0], 3))
            en_word(out, ink_english_days[i]);
}

static unsigned en_roman(const char *text, size_t n)
{
    static const char letters[] = "IVXLCDM";
    static const unsigned values[] = { 1, 5, 10, 50, 100, 500, 1000 };
    unsigned sum = 0, after = 0;
    for (size_t i = n; i-- > 0;) {
        const char *at = strchr(letters, text[i]);
        const unsigned v = at && *at ? values[at - letters] : 0;
        sum = v < after ? sum - v : sum + v;
        after = v > after ? v : after;
    }
    return sum;
}

static void en_roman_as(const ink_say_args *a, void (*say)(const ink_say_args *, ink_buf *), ink_buf *out)
{
    char digits[12];
    ink_buf number = { .data = digits, .cap = sizeof digits, .max = sizeof digits - 1 };
    ink_buf_format(&number, "%u", en_roman(a->text[0], a->size[0]));
    say(&(ink_say_args){ .text = { digits }, .size = { number.len } }, out);
}

static void say_roman(const ink_say_args *a, ink_buf *out)
{
    en_roman_as(a, say_cardinal, out);
}

static void say_roman_ordinal(const ink_say_args *a, ink_buf *out)
{
    en_roman_as(a, say_ordinal, out);
}

/* Runs of digits one after the other with commas; letters between stay. 800 is eight hundred. */
static void say_phone(const ink_say_args *a, ink_buf *out)
{
    const char *t = a->text[0], *end = t + a->size[0];
    for (bool first = true; t < end;) {
        const char *from = t;
        while (t < end && *t >= '0' && *t <= '9')
            t++;
        if (t > from && !first)
            ink_buf_char(out, ',');
        if (t - from == 3 && from[1] == '0' && from[2] == '0')
            en_cardinal(from, 3, out);
        else
            en_spell(from, (size_t)(t - from), "oh", out);
        first = first && t == from;
        if (t < end && *t == '+')
            en_word(out, "plus");
        while (t < end && (*t < '0' || *t > '9'))
            t++;
    }
}

/* Letters of a telephone number, hyphens as blanks. */
static void say_dashed(const ink_say_args *a, ink_buf *out)
{
    for (size_t i = 0; i < a->size[0]; i++)
        ink_buf_char(out, a->text[0][i] == '-' ? ' ' : a->text[0][i]);
}

/* An address: signs by name, digits one by one. */
static void say_address(const ink_say_args *a, ink_buf *out)
{
    for (size_t i = 0; i < a->size[0]; i++) {
        const char c = a->text[0][i];
        const char *name = ink_say_find(ink_english_signs, &c, 1, false);
        if (c >= '0' && c <= '9')
            en_word(out, en_small[c - '0']);
        else if (name)
            en_word(out, name);
        else if (i && (a->text[0][i - 1] < 'A' || a->text[0][i - 1] == '_' || a->text[0][i - 1] == '~'))
            en_word(out, (char[]){ c, 0 });
        else
            ink_buf_char(out, c);
    }
}

/* Numbers parted by points: 1.2.3. */
static void say_version(const ink_say_args *a, ink_buf *out)
{
    for (size_t i = 0, from = 0; i <= a->size[0]; i++)
        if (i == a->size[0] || a->text[0][i] == '.') {
            if (from)
                en_word(out, "point");
            en_cardinal(a->text[0] + from, i - from, out);
            from = i + 1;
        }
}

static void say_abbreviation(const ink_say_args *a, ink_buf *out)
{
    en_from(ink_english_abbreviations, a, false, out);
}

static void say_state(const ink_say_args *a, ink_buf *out)
{
    en_from(ink_english_states, a, false, out);
}

static void say_sign(const ink_say_args *a, ink_buf *out)
{
    en_from(ink_english_signs, a, false, out);
}

static void say_minus(const ink_say_args *a, ink_buf *out)
{
    (void)a;
    en_word(out, "minus");
}

static void say_negative(const ink_say_args *a, ink_buf *out)
{
    (void)a;
    en_word(out, "negative");
}

const ink_say_verb ink_say_english_verbs[] = {
    { "cardinal", say_cardinal }, { "ordinal", say_ordinal }, { "year", say_year }, { "number", say_number }, { "digits", say_digits },
    { "fraction", say_fraction }, { "decade", say_decade }, { "decimal", say_decimal }, { "point", say_point }, { "money", say_money }, { "scale", say_scale },
    { "unit", say_unit }, { "minutes", say_minutes }, { "clock", say_o_clock }, { "letters", say_letters }, { "month", say_month },
    { "month-name", say_month_name }, { "day-name", say_day_name }, { "roman", say_roman }, { "roman-ordinal", say_roman_ordinal },
    { "phone", say_phone }, { "dashed", say_dashed }, { "address", say_address }, { "version", say_version }, { "copy", ink_say_copy },
    { "abbreviation", say_abbreviation }, { "state", say_state }, { "sign", say_sign }, { "minus", say_minus }, { "negative", say_negative },
    { NULL, NULL },
};
