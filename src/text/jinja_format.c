/* "%s and %05.2f" % values, and "{} and {name:>8}".format(…). */
#include "text/jinja.h"
#include "text/unicode.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct format_spec {
    uint32_t fill;
    char align, sign; /* '<' '>' '^' '='; '+' ' ' 0 */
    bool alternate, comma;
    int64_t width, precision; /* -1: not given */
    char type;
} format_spec;

static bool format_digit(const char *at, const char *end) { return at < end && *at >= '0' && *at <= '9'; }

static int64_t format_number(jinja *j, const char **at, const char *end)
{
    int64_t n = 0;
    for (; format_digit(*at, end); (*at)++) {
        n = n * 10 + (**at - '0');
        if (n > 100000)
            jinja_fail(j, INK_E_LIMIT, "a width or precision of a format is beyond 100000");
    }
    return n;
}

/* Pads `body` to the width; the first `sign` bytes stay in front of zeros. */
static void format_pad(jinja_build *b, const format_spec *s, jinja_value body, size_t sign)
{
    int64_t pad = s->width - (int64_t)jinja_length(b->j, body);
    int64_t left = pad <= 0 ? 0 : s->align == '>' || s->align == '=' ? pad : s->align == '^' ? pad / 2 : 0;
    if (s->align == '=')
        jinja_add(b, body.text, sign);
    else
        sign = 0;
    for (int64_t i = 0; i < left; i++)
        jinja_add_point(b, s->fill);
    jinja_add(b, body.text + sign, body.size - sign);
    for (int64_t i = left; i < pad; i++)
        jinja_add_point(b, s->fill);
}

static void format_text(jinja_build *b, format_spec s, jinja_value v)
{
    if (s.precision >= 0)
        v = jinja_slice(b->j, v, jinja_none(), jinja_int(s.precision), jinja_none());
    s.align = s.align ? s.align : '<';
    format_pad(b, &s, v, 0);
}

/* Digits with a comma before every three, counted from the point or the end. */
static jinja_value format_commas(jinja *j, jinja_value text)
{
    size_t whole = 0;
    jinja_build b = { .j = j };
    while (whole < text.size && text.text[whole] >= '0' && text.text[whole] <= '9')
        whole++;
    for (size_t i = 0; i < whole; i++) {
        if (i && (whole - i) % 3 == 0)
            jinja_add_char(&b, ',');
        jinja_add_char(&b, text.text[i]);
    }
    jinja_add(&b, text.text + whole, text.size - whole);
    return jinja_built(&b);
}

static void format_signed(jinja_build *b, format_spec s, bool negative, const char *prefix, jinja_value digits)
{
    jinja_build body = { .j = b->j };
    if (negative || s.sign)
        jinja_add_char(&body, negative ? '-' : s.sign);
    jinja_add_text(&body, prefix);
    size_t sign = body.size;
    if (s.comma)
        digits = format_commas(b->j, digits);
    jinja_add(&body, digits.text, digits.size);
    s.align = s.align ? s.align : '>';
    format_pad(b, &s, jinja_built(&body), sign);
}

static void format_integer(jinja_build *b, format_spec s, jinja_value v)
{
    static const char digits[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";
    const int64_t n = v.type == JINJA_INT ? v.integer : v.type == JINJA_BOOL ? v.boolean : jinja_from_real(b->j, v.real);
    const unsigned base = s.type == 'x' || s.type == 'X' ? 16 : s.type == 'o' ? 8 : s.type == 'b' ? 2 : 10;
    const char *prefix = !s.alternate || base == 10 ? "" : s.type == 'x' ? "0x" : s.type == 'X' ? "0X" : s.type == 'o' ? "0o" : "0b";
    char text[72];
    size_t at = sizeof text;
    uint64_t rest = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    do
        text[--at] = (s.type == 'X' ? upper : digits)[rest % base];
    while (rest /= base);
    while ((int64_t)(sizeof text - at) < s.precision && at > 1)
        text[--at] = '0';
    format_signed(b, s, n < 0, prefix, jinja_text(b->j, text + at, sizeof text - at));
}

static void format_real(jinja_build *b, format_spec s, jinja_value v)
{
    char pattern[16], *text = jinja_alloc(b->j, 1024);
    double x = jinja_to_real(v);
    if (s.precision > 500)
        jinja_fail(b->j, INK_E_LIMIT, "a precision of a format is beyond 500");
    if (s.type == '%')
        x *= 100;
    snprintf(pattern, sizeof pattern, "%%%s.*%c", s.alternate ? "#" : "", s.type == '%' ? 'f' : s.type);
    int n = snprintf(text, 1024, pattern, s.precision < 0 ? 6 : (int)s.precision, fabs(x));
    jinja_build digits = { .j = b->j };
    jinja_add(&digits, text, n < 0 ? 0 : n > 1023 ? 1023 : (size_t)n);
    if (s.type == '%')
        jinja_add_char(&digits, '%');
    format_signed(b, s, signbit(x) && !isnan(x), "", jinja_built(&digits));
}

/* One value by its spec; `what` names the whole format in a failure. */
static void format_value(jinja_build *b, format_spec s, jinja_value v, const char *what)
{
    const bool real = s.type && strchr("eEfFgG%", s.type), whole = s.type && strchr("dxXob", s.type);
    if ((real || whole) && !jinja_is_number(v))
        jinja_fail(b->j, INK_E_FORMAT, "%s: %c takes a number, not a value of type %s", what, s.type, jinja_type_name(v));
    if (real)
        format_real(b, s, v);
    else if (whole)
        format_integer(b, s, v);
    else
        format_text(b, s, jinja_to_text(b->j, v));
}

/* ---- % ---- */

typedef struct format_source {
    jinja_value args;
    size_t next;
} format_source;

static jinja_value format_take(jinja *j, format_source *from)
{
    bool many = from->args.type == JINJA_TUPLE;
    if (from->next >= (many ? from->args.list->count : 1))
        jinja_fail(j, INK_E_FORMAT, "%%: there are fewer values than the format asks for");
    return many ? from->args.list->at[from->next++] : (from->next++, from->args);
}

static jinja_value format_named(jinja *j, format_source *from, const char **at, const char *end)
{
    const char *close = memchr(*at, ')', (size_t)(end - *at));
    if (!close || from->args.type != JINJA_DICT)
        jinja_fail(j, INK_E_FORMAT, "%%: a name in a format takes a mapping");
    const jinja_value *v = jinja_dict_find(j, from->args.dict, jinja_view(*at, (size_t)(close - *at)));
    if (!v)
        jinja_fail(j, INK_E_FORMAT, "%%: the mapping lacks %.*s", (int)(close - *at > 80 ? 80 : close - *at), *at);
    from->next = 1;
    *at = close + 1;
    return *v;
}

static void format_percent_flags(format_spec *s, const char **at, const char *end)
{
    for (; *at < end && strchr("-+ #0", **at) && **at; (*at)++) {
        s->align = **at == '-' ? '<' : **at == '0' && s->align != '<' ? '=' : s->align;
        s->sign = **at == '+' ? '+' : **at == ' ' && !s->sign ? ' ' : s->sign;
        s->alternate = s->alternate || **at == '#';
    }
    s->fill = s->align == '=' ? '0' : ' ';
}

static int64_t format_percent_number(jinja *j, format_source *from, const char **at, const char *end)
{
    if (*at < end && **at == '*') {
        jinja_value v = format_take(j, from);
        (*at)++;
        if (v.type != JINJA_INT || v.integer < 0 || v.integer > 100000)
            jinja_fail(j, INK_E_FORMAT, "%%: * takes an integer from 0 to 100000");
        return v.integer;
    }
    return format_number(j, at, end);
}

/* At what follows a %. */
static void format_percent_one(jinja_build *b, format_source *from, const char **at, const char *end)
{
    format_spec s = { .fill = ' ', .precision = -1 };
    jinja_value v = { .type = JINJA_ABSENT };
    if (*at < end && **at == '(') {
        (*at)++;
        v = format_named(b->j, from, at, end);
    }
    format_percent_flags(&s, at, end);
    s.width = format_percent_number(b->j, from, at, end);
    if (*at < end && **at == '.') {
        (*at)++;
        s.precision = format_percent_number(b->j, from, at, end);
    }
    s.type = *at < end ? *(*at)++ : 0;
    if (s.type == '%') {
        jinja_add_char(b, '%');
        return;
    }
    if (!s.type || !strchr("sradiuxXoeEfFgGc", s.type))
        jinja_fail(b->j, INK_E_FORMAT, "%%: the format ends early or asks for an unknown kind");
    if (v.type == JINJA_ABSENT)
        v = format_take(b->j, from);
    if (s.type == 'r' || s.type == 'a') {
        jinja_build shown = { .j = b->j };
        jinja_repr(&shown, v);
        v = jinja_built(&shown);
    }
    const bool text = strchr("srac", s.type) != NULL;
    s.align = text && s.align != '<' ? '>' : !text && !s.align ? '>' : s.align;
    s.fill = text ? ' ' : s.fill;
    s.type = text ? 's' : s.type == 'i' || s.type == 'u' ? 'd' : s.type;
    format_value(b, s, v, "%");
}

jinja_value jinja_percent(jinja *j, jinja_value format, jinja_value args)
{
    jinja_build b = { .j = j };
    format_source from = { args, 0 };
    for (const char *at = format.text, *end = at + format.size; at < end;) {
        const char *mark = memchr(at, '%', (size_t)(end - at));
        jinja_add(&b, at, (size_t)((mark ? mark : end) - at));
        at = mark ? mark + 1 : end;
        jinja_step(j, 1);
        if (mark)
            format_percent_one(&b, &from, &at, end);
    }
    const bool subscripts = args.type == JINJA_DICT || args.type == JINJA_LIST || args.type == JINJA_RANGE || args.type == JINJA_UNDEFINED;
    if (args.type == JINJA_TUPLE ? from.next < args.list->count : from.next == 0 && !subscripts)
        jinja_fail(j, INK_E_FORMAT, "%%: there are more values than the format asks for");
    return jinja_built(&b);
}

/* ---- {} ---- */

static format_spec format_braces_spec(jinja *j, const char *at, const char *end)
{
    format_spec s = { .fill = ' ', .precision = -1 };
    const char *after = at;
    uint32_t fill = at < end ? ink_utf8_next(&after, end) : 0;
    if (after < end && *after && strchr("<>^=", *after)) {
        s.fill = fill;
        at = after;
    }
    if (at < end && *at && strchr("<>^=", *at))
        s.align = *at++;
    if (at < end && *at && strchr("+- ", *at)) {
        s.sign = *at == '-' ? 0 : *at;
        at++;
    }
    if (at < end && *at == '#') {
        s.alternate = true;
        at++;
    }
    if (at < end && *at == '0' && !s.align) {
        s.fill = '0';
        s.align = '=';
        at++;
    }
    s.width = format_number(j, &at, end);
    if (at < end && *at == ',') {
        s.comma = true;
        at++;
    }
    if (at < end && *at == '.' && at++)
        s.precision = format_number(j, &at, end);
    s.type = at < end ? *at++ : 0;
    if (at < end || (s.type && !strchr("sdxXobeEfFgG%", s.type)))
        jinja_fail(j, INK_E_FORMAT, "format: a field has a format that is not understood");
    return s;
}

static jinja_value format_field(jinja *j, jinja_value name, const jinja_args *args, size_t *next)
{
    int64_t place;
    size_t n = 0;
    while (n < name.size && name.text[n] != '.' && name.text[n] != '[')
        n++;
    jinja_value head = jinja_view(name.text, n), v = { .type = JINJA_ABSENT };
    if (!n || jinja_scan_int(head, 10, &place)) {
        size_t at = n ? (size_t)place : (*next)++;
        if (at >= args->count)
            jinja_fail(j, INK_E_FORMAT, "format: there are fewer values than the format asks for");
        v = args->at[at];
    }
    for (size_t i = 0; v.type == JINJA_ABSENT && i < args->named_count; i++)
        if (args->names[i].size == n && !memcmp(args->names[i].text, head.text, n))
            v = args->named[i];
    if (v.type == JINJA_ABSENT)
        jinja_fail(j, INK_E_FORMAT, "format: there is no value named %.*s", n > 80 ? 80 : (int)n, head.text);
    if (n < name.size && name.text[n] == '[' && name.text[name.size - 1] == ']')
        return jinja_path(j, v, jinja_view(name.text + n + 1, name.size - n - 2));
    return n < name.size ? jinja_path(j, v, jinja_view(name.text + n + 1, name.size - n - 1)) : v;
}

/* At what follows a {. */
static void format_braces_one(jinja_build *b, const jinja_args *args, size_t *next, const char **at, const char *end)
{
    const char *close = memchr(*at, '}', (size_t)(end - *at));
    if (!close || memchr(*at, '{', (size_t)(close - *at)))
        jinja_fail(b->j, INK_E_FORMAT, "format: a { has no } of its own");
    const char *colon = memchr(*at, ':', (size_t)(close - *at)), *bang = memchr(*at, '!', (size_t)((colon ? colon : close) - *at));
    const char *name_end = bang ? bang : colon ? colon : close;
    jinja_value v = format_field(b->j, jinja_view(*at, (size_t)(name_end - *at)), args, next);
    format_spec s = format_braces_spec(b->j, colon ? colon + 1 : close, close);
    if (bang && bang + 1 < close && bang[1] == 'r') {
        jinja_build shown = { .j = b->j };
        jinja_repr(&shown, v);
        v = jinja_built(&shown);
    } else if (!bang && !s.type && (v.type == JINJA_INT || (v.type == JINJA_FLOAT && s.precision >= 0)) && colon && colon + 1 < close)
        s.type = v.type == JINJA_INT ? 'd' : 'g';
    if (!s.type && jinja_is_number(v) && !s.align)
        s.align = '>';
    format_value(b, s, v, "format");
    *at = close + 1;
}

jinja_value jinja_braces(jinja *j, jinja_value format, const jinja_args *args)
{
    jinja_build b = { .j = j };
    size_t next = 0;
    for (const char *at = format.text, *end = at + format.size; at < end;) {
        char c = *at++;
        bool twice = at < end && *at == c;
        jinja_step(j, 1);
        if ((c == '{' || c == '}') && twice) {
            jinja_add_char(&b, c);
            at++;
        } else if (c == '{')
            format_braces_one(&b, args, &next, &at, end);
        else if (c == '}')
            jinja_fail(j, INK_E_FORMAT, "format: a } has no {");
        else
            jinja_add_char(&b, c);
    }
    return jinja_built(&b);
}
