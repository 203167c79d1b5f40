/* str() and repr(). */
#include "text/jinja.h"
#include "text/unicode.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Digits and decimal exponent of the shortest text that reads back as v. */
static int print_shortest(double v, char digits[24])
{
    char text[40];
    for (int precision = 0; precision <= 16; precision++) {
        snprintf(text, sizeof text, "%.*e", precision, v);
        double back = strtod(text, NULL);
        if (!(back < v) && !(back > v))
            break;
    }
    size_t n = 0;
    const char *at = text;
    for (; *at && *at != 'e'; at++)
        if (*at >= '0' && *at <= '9' && n < 23)
            digits[n++] = *at;
    while (n > 1 && digits[n - 1] == '0')
        n--;
    digits[n] = 0;
    return *at ? atoi(at + 1) : 0;
}

static void print_positional(jinja_build *b, const char *digits, int exponent)
{
    int n = (int)strlen(digits), point = exponent + 1;
    if (point <= 0) {
        jinja_add_text(b, "0.");
        for (int i = point; i < 0; i++)
            jinja_add_char(b, '0');
        jinja_add_text(b, digits);
        return;
    }
    for (int i = 0; i < n || i < point; i++) {
        if (i == point)
            jinja_add_char(b, '.');
        jinja_add_char(b, i < n ? digits[i] : '0');
    }
    if (n <= point)
        jinja_add_text(b, ".0");
}

void jinja_add_real(jinja_build *b, double v)
{
    char digits[24];
    if (isnan(v)) {
        jinja_add_text(b, "nan");
        return;
    }
    if (signbit(v))
        jinja_add_char(b, '-');
    if (isinf(v)) {
        jinja_add_text(b, "inf");
        return;
    }
    int exponent = print_shortest(fabs(v), digits);
    if (exponent >= -4 && exponent < 16) {
        print_positional(b, digits, exponent);
        return;
    }
    jinja_add(b, digits, 1);
    if (digits[1])
        jinja_add_char(b, '.');
    jinja_add_text(b, digits + 1);
    jinja_add_format(b, "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
}

static void print_escaped(jinja_build *b, uint32_t c, char quote)
{
    static const char letters[][2] = { { '\n', 'n' }, { '\r', 'r' }, { '\t', 't' }, { '\\', '\\' } };
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (c == (unsigned char)letters[i][0]) {
            jinja_add(b, (const char[]){ '\\', letters[i][1] }, 2);
            return;
        }
    if (c == (unsigned char)quote)
        jinja_add_char(b, '\\');
    if (ink_unicode_traits(c) & INK_UNICODE_PRINT)
        jinja_add_point(b, c);
    else
        jinja_add_format(b, c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
}

static void print_quoted(jinja_build *b, jinja_value v)
{
    char quote = memchr(v.text, '\'', v.size) && !memchr(v.text, '"', v.size) ? '"' : '\'';
    jinja_add_char(b, quote);
    for (const char *at = v.text, *end = at + v.size; at < end;)
        print_escaped(b, ink_utf8_next(&at, end), quote);
    jinja_add_char(b, quote);
}

static void print_list(jinja_build *b, const jinja_list *list, const char *open, const char *close)
{
    jinja_deeper(b->j);
    jinja_add_text(b, open);
    for (size_t i = 0; i < list->count; i++) {
        if (i)
            jinja_add_text(b, ", ");
        jinja_repr(b, list->at[i]);
    }
    jinja_add_text(b, close);
    jinja_shallower(b->j);
}

static void print_dict(jinja_build *b, const jinja_dict *d)
{
    jinja_deeper(b->j);
    jinja_add_char(b, '{');
    for (size_t i = 0; i < d->count; i++) {
        if (i)
            jinja_add_text(b, ", ");
        jinja_repr(b, d->keys[i]);
        jinja_add_text(b, ": ");
        jinja_repr(b, d->values[i]);
    }
    jinja_add_char(b, '}');
    jinja_shallower(b->j);
}

static void print_view(jinja_build *b, const jinja_list *list)
{
    jinja_add_text(b, list->label);
    print_list(b, list, "([", "])");
}

void jinja_repr(jinja_build *b, jinja_value v)
{
    jinja_step(b->j, 1);
    switch (v.type) {
    case JINJA_TEXT:
        print_quoted(b, v);
        break;
    case JINJA_UNDEFINED:
        jinja_add_text(b, "Undefined");
        break;
    default:
        jinja_print(b, v);
    }
}

/* Functions, macros and the like print something that no template relies on: Python shows addresses there. */
void jinja_print(jinja_build *b, jinja_value v)
{
    switch (v.type) {
    case JINJA_UNDEFINED:
        break;
    case JINJA_NONE:
        jinja_add_text(b, "None");
        break;
    case JINJA_BOOL:
        jinja_add_text(b, v.boolean ? "True" : "False");
        break;
    case JINJA_INT:
        jinja_add_format(b, "%lld", (long long)v.integer);
        break;
    case JINJA_FLOAT:
        jinja_add_real(b, v.real);
        break;
    case JINJA_TEXT:
        jinja_add(b, v.text, v.size);
        break;
    case JINJA_LIST:
        print_list(b, v.list, "[", "]");
        break;
    case JINJA_TUPLE:
        print_list(b, v.list, "(", v.list->count == 1 ? ",)" : ")");
        break;
    case JINJA_RANGE:
        jinja_add_text(b, v.list->label);
        break;
    case JINJA_VIEW:
        print_view(b, v.list);
        break;
    case JINJA_DICT:
        print_dict(b, v.dict);
        break;
    case JINJA_NAMESPACE:
        jinja_add_text(b, "<Namespace ");
        print_dict(b, v.dict);
        jinja_add_char(b, '>');
        break;
    default:
        jinja_add_format(b, "<%s>", jinja_type_name(v));
    }
}

jinja_value jinja_to_text(jinja *j, jinja_value v)
{
    if (v.type == JINJA_TEXT)
        return v;
    jinja_build b = { .j = j };
    jinja_print(&b, v);
    return jinja_built(&b);
}
