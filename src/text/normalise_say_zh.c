/* Numbers in Chinese, and the other verbs of the Chinese table. */
#include "text/normalise_words_zh.h"

#include <string.h>

enum { ZH_LONGEST = 16 }; /* digits of a cardinal; longer ones are said one by one */

static const char *const zh_digits[] = { "零", "一", "二", "三", "四", "五", "六", "七", "八", "九" };

static void zh_spell(const char *text, size_t n, const char *one, ink_buf *out)
{
    for (size_t i = 0; i < n; i++)
        if (text[i] >= '0' && text[i] <= '9')
            ink_buf_text(out, text[i] == '1' ? one : zh_digits[text[i] - '0']);
}

static void say_digits(const ink_say_args *a, ink_buf *out)
{
    zh_spell(a->text[0], a->size[0], "一", out);
}

/* As one reads a telephone number: 1 is yao. */
static void say_yao(const ink_say_args *a, ink_buf *out)
{
    zh_spell(a->text[0], a->size[0], "幺", out);
}

/* Up to four digits; `zero`: something went before, so that a gap is said; `lead`: ten is 十 and not 一十. */
static void zh_four(const char *digits, size_t n, bool zero, bool lead, ink_buf *out)
{
    static const char *const places[] = { "", "十", "百", "千" };
    for (size_t i = 0; i < n; i++) {
        const size_t place = n - 1 - i;
        const int d = digits[i] - '0';
        if (!d) {
            zero = zero || !lead || i;
            continue;
        }
        if (zero && (i ? digits[i - 1] == '0' : n == 4 || !lead))
            ink_buf_text(out, "零");
        if (!(d == 1 && place == 1 && lead && !i))
            ink_buf_text(out, d == 2 && place > 1 ? "两" : zh_digits[d]);
        ink_buf_text(out, places[place]);
        zero = false;
    }
}

static size_t zh_value_digits(const char *text, size_t n, char digits[ZH_LONGEST + 1])
{
    size_t count = 0;
    for (size_t i = 0; i < n && count <= ZH_LONGEST; i++)
        if (text[i] >= '0' && text[i] <= '9' && (count || text[i] != '0'))
            digits[count++] = text[i];
    return count;
}

/* The group of four digits at `from`, said with its scale; whether a zero is owed to what follows. */
static bool zh_group(const char *digits, size_t from, size_t n, size_t scale, bool owed, ink_buf *out)
{
    static const char *const scales[] = { "", "万", "亿", "万亿" };
    size_t zeros = 0;
    while (zeros < n && digits[from + zeros] == '0')
        zeros++;
    if (zeros == n)
        return true;
    if (from && (owed || zeros))
        ink_buf_text(out, "零");
    if (n - zeros == 1 && digits[from + zeros] == '2' && scale && !zeros && !from)
        ink_buf_text(out, "两");
    else
        zh_four(digits + from + zeros, n - zeros, false, !from && !zeros, out);
    ink_buf_text(out, scales[scale]);
    return false;
}

static void zh_cardinal(const char *text, size_t n, ink_buf *out)
{
    char digits[ZH_LONGEST + 1];
    const size_t count = zh_value_digits(text, n, digits);
    if (!count || count > ZH_LONGEST) {
        zh_spell(text, count ? n : 1, "一", out);
        return;
    }
    bool owed = false;
    for (size_t groups = (count + 3) / 4, group = groups, from = 0; group-- > 0;) {
        const size_t size = count - from - 4 * group;
        owed = zh_group(digits, from, size, group, owed, out);
        from += size;
    }
}

static void say_cardinal(const ink_say_args *a, ink_buf *out)
{
    zh_cardinal(a->text[0], a->size[0], out);
}

/* A number as it stands: zeros in front make it a row of digits. */
static void say_number(const ink_say_args *a, ink_buf *out)
{
    if (a->size[0] > 1 && a->text[0][0] == '0')
        say_digits(a, out);
    else
        say_cardinal(a, out);
}

/* Before a measure word: 2 is 两. */
static void say_count(const ink_say_args *a, ink_buf *out)
{
    if (a->size[0] == 1 && a->text[0][0] == '2' && !a->size[1])
        ink_buf_text(out, "两");
    else
        say_cardinal(a, out);
    if (!a->size[1])
        return;
    ink_buf_text(out, "点");
    zh_spell(a->text[1], a->size[1], "一", out);
}

static void say_decimal(const ink_say_args *a, ink_buf *out)
{
    say_cardinal(a, out);
    if (!a->size[1])
        return;
    ink_buf_text(out, "点");
    zh_spell(a->text[1], a->size[1], "一", out);
}

/* 05 is 零五, 00 is nothing: minutes, with what they are called. */
static void zh_sixty(const ink_say_args *a, const char *name, ink_buf *out)
{
    if (a->text[0][0] == '0' && a->size[0] == 2 && a->text[0][1] == '0')
        return;
    if (a->text[0][0] == '0')
        ink_buf_text(out, "零");
    say_cardinal(a, out);
    ink_buf_text(out, name);
}

static void say_minutes(const ink_say_args *a, ink_buf *out)
{
    zh_sixty(a, "分", out);
}

static void say_seconds(const ink_say_args *a, ink_buf *out)
{
    zh_sixty(a, "秒", out);
}

static void say_half_day(const ink_say_args *a, ink_buf *out)
{
    ink_buf_text(out, (a->text[0][0] | 32) == 'a' ? "上午" : "下午");
}

static void zh_from(const ink_say_pair *table, const ink_say_args *a, ink_buf *out)
{
    const char *to = ink_say_find(table, a->text[0], a->size[0], false);
    if (to)
        ink_buf_text(out, to);
    else
        ink_say_copy(a, out);
}

static void say_currency(const ink_say_args *a, ink_buf *out)
{
    zh_from(ink_chinese_currencies, a, out);
}

static void say_unit(const ink_say_args *a, ink_buf *out)
{
    zh_from(ink_chinese_units, a, out);
}

static void say_rate(const ink_say_args *a, ink_buf *out)
{
    zh_from(ink_chinese_rates, a, out);
}

static void say_sign(const ink_say_args *a, ink_buf *out)
{
    zh_from(ink_chinese_signs, a, out);
}

/* Runs of digits with points between: 127.0.0.1. */
static void say_dotted(const ink_say_args *a, ink_buf *out)
{
    for (size_t i = 0; i < a->size[0]; i++)
        if (a->text[0][i] == '.')
            ink_buf_text(out, "点");
        else
            zh_spell(a->text[0] + i, 1, "一", out);
}

const ink_say_verb ink_say_chinese_verbs[] = {
    { "digits", say_digits }, { "yao", say_yao }, { "cardinal", say_cardinal }, { "number", say_number }, { "count", say_count }, { "decimal", say_decimal },
    { "minutes", say_minutes }, { "seconds", say_seconds }, { "half-day", say_half_day }, { "currency", say_currency }, { "unit", say_unit },
    { "rate", say_rate }, { "sign", say_sign }, { "dotted", say_dotted }, { "copy", ink_say_copy }, { NULL, NULL },
};
