/* JSON into values, and values into JSON as Python's json.dumps writes it. */
#include "text/jinja.h"
#include "text/unicode.h"

#include <math.h>
#include <string.h>

static jinja_value json_object(jinja *j, const ink_json *v)
{
    jinja_dict *d = jinja_dict_new(j, ink_json_size(v));
    const char *key;
    const ink_json *item;
    for (void *it = NULL; (it = ink_json_next(v, it, &key, &item));) {
        d->keys[d->count] = jinja_text(j, key, strlen(key));
        d->values[d->count] = jinja_from_json(j, item);
        d->count++;
    }
    return jinja_of_dict(d);
}

jinja_value jinja_from_json(jinja *j, const ink_json *v)
{
    size_t n = 0;
    jinja_value out = jinja_none();
    jinja_step(j, 1);
    jinja_deeper(j);
    switch (ink_json_kind(v)) {
    case INK_JSON_OBJECT:
        out = json_object(j, v);
        break;
    case INK_JSON_ARRAY:
        out = jinja_of_list(JINJA_LIST, jinja_list_new(j, ink_json_size(v)));
        for (size_t i = 0; i < ink_json_size(v); i++)
            jinja_list_add(j, out.list, jinja_from_json(j, ink_json_at(v, i)));
        break;
    case INK_JSON_STRING:
        ink_json_text(v, &n);
        out = jinja_text(j, ink_json_text(v, NULL), n);
        break;
    case INK_JSON_INTEGER:
        out = jinja_int(ink_json_integer(v, 0));
        break;
    case INK_JSON_REAL:
        out = jinja_real(ink_json_number(v, 0));
        break;
    case INK_JSON_TRUE:
    case INK_JSON_FALSE:
        out = jinja_bool(ink_json_kind(v) == INK_JSON_TRUE);
        break;
    default:
        break;
    }
    jinja_shallower(j);
    return out;
}

/* ---- writing ---- */

typedef struct json_style {
    bool ascii, sort;
    jinja_value indent; /* one level of it; NONE: all on one line */
    jinja_value comma, colon;
} json_style;

static void json_write(jinja_build *b, const json_style *s, jinja_value v, size_t level);

static void json_add_escaped(jinja_build *b, uint32_t c, bool ascii)
{
    static const char letters[][2] = { { '"', '"' }, { '\\', '\\' }, { '\n', 'n' }, { '\r', 'r' }, { '\t', 't' }, { '\f', 'f' }, { '\b', 'b' } };
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (c == (unsigned char)letters[i][0]) {
            jinja_add(b, (const char[]){ '\\', letters[i][1] }, 2);
            return;
        }
    if (c >= 0x20 && (c < 0x7f || !ascii))
        jinja_add_point(b, c);
    else if (c == 0x7f && ascii)
        jinja_add_char(b, 0x7f);
    else if (c < 0x10000)
        jinja_add_format(b, "\\u%04x", c);
    else
        jinja_add_format(b, "\\u%04x\\u%04x", 0xd7c0 + (c >> 10), 0xdc00 + (c & 0x3ff));
}

static void json_add_text(jinja_build *b, const json_style *s, jinja_value v)
{
    jinja_add_char(b, '"');
    for (const char *at = v.text, *end = at + v.size; at < end;)
        json_add_escaped(b, ink_utf8_next(&at, end), s->ascii);
    jinja_add_char(b, '"');
}

static void json_add_number(jinja_build *b, jinja_value v)
{
    if (v.type == JINJA_FLOAT && !isfinite(v.real))
        jinja_add_text(b, isnan(v.real) ? "NaN" : v.real > 0 ? "Infinity" : "-Infinity");
    else if (v.type == JINJA_BOOL)
        jinja_add_text(b, v.boolean ? "true" : "false");
    else
        jinja_print(b, v);
}

static void json_newline(jinja_build *b, const json_style *s, size_t level)
{
    if (s->indent.type == JINJA_NONE)
        return;
    jinja_add_char(b, '\n');
    for (size_t i = 0; i < level; i++)
        jinja_add(b, s->indent.text, s->indent.size);
}

static void json_add_list(jinja_build *b, const json_style *s, const jinja_list *list, size_t level)
{
    jinja_add_char(b, '[');
    for (size_t i = 0; i < list->count; i++) {
        if (i)
            jinja_add(b, s->comma.text, s->comma.size);
        json_newline(b, s, level + 1);
        json_write(b, s, list->at[i], level + 1);
    }
    if (list->count)
        json_newline(b, s, level);
    jinja_add_char(b, ']');
}

static void json_add_key(jinja_build *b, const json_style *s, jinja_value key)
{
    if (key.type == JINJA_TEXT) {
        json_add_text(b, s, key);
        return;
    }
    if (!jinja_is_number(key) && key.type != JINJA_NONE)
        jinja_fail(b->j, INK_E_FORMAT, "a value of type %s cannot be a key in JSON", jinja_type_name(key));
    jinja_add_char(b, '"');
    if (key.type == JINJA_NONE)
        jinja_add_text(b, "null");
    else
        json_add_number(b, key);
    jinja_add_char(b, '"');
}

static const jinja_dict *json_sorted(jinja *j, const jinja_dict *d)
{
    jinja_list *keys = jinja_list_new(j, d->count), *values = jinja_list_new(j, d->count);
    for (size_t i = 0; i < d->count; i++) {
        jinja_list_add(j, keys, d->keys[i]);
        jinja_list_add(j, values, d->values[i]);
    }
    jinja_sort(j, keys, values, false);
    jinja_dict *sorted = jinja_alloc(j, sizeof *sorted);
    *sorted = (jinja_dict){ keys->at, values->at, d->count, d->count };
    return sorted;
}

static void json_add_dict(jinja_build *b, const json_style *s, const jinja_dict *d, size_t level)
{
    if (s->sort)
        d = json_sorted(b->j, d);
    jinja_add_char(b, '{');
    for (size_t i = 0; i < d->count; i++) {
        if (i)
            jinja_add(b, s->comma.text, s->comma.size);
        json_newline(b, s, level + 1);
        json_add_key(b, s, d->keys[i]);
        jinja_add(b, s->colon.text, s->colon.size);
        json_write(b, s, d->values[i], level + 1);
    }
    if (d->count)
        json_newline(b, s, level);
    jinja_add_char(b, '}');
}

static void json_write(jinja_build *b, const json_style *s, jinja_value v, size_t level)
{
    jinja_step(b->j, 1);
    jinja_deeper(b->j);
    if (v.type == JINJA_TEXT)
        json_add_text(b, s, v);
    else if (jinja_is_number(v))
        json_add_number(b, v);
    else if (v.type == JINJA_NONE)
        jinja_add_text(b, "null");
    else if (v.type == JINJA_LIST || v.type == JINJA_TUPLE)
        json_add_list(b, s, v.list, level);
    else if (v.type == JINJA_DICT)
        json_add_dict(b, s, v.dict, level);
    else
        jinja_fail(b->j, INK_E_FORMAT, "%s", v.type == JINJA_UNDEFINED ? v.text : "tojson takes only what JSON has: no functions, no generators (use `| list`)");
    jinja_shallower(b->j);
}

/* separators=(",", ":") */
static void json_separators(jinja *j, json_style *s, jinja_value pair)
{
    const jinja_list *two = jinja_items(j, pair);
    if (two->count != 2)
        jinja_fail(j, INK_E_FORMAT, "separators are two texts");
    s->comma = jinja_want_text(j, two->at[0], "a separator");
    s->colon = jinja_want_text(j, two->at[1], "a separator");
}

jinja_value jinja_to_json(jinja *j, jinja_value v, const jinja_args *a)
{
    json_style s = { .ascii = jinja_arg_true(j, a, 0), .sort = jinja_arg_true(j, a, 3), .indent = jinja_none() };
    jinja_build b = { .j = j };
    if (jinja_given(a, 1) && a->at[1].type != JINJA_NONE)
        s.indent = a->at[1].type == JINJA_TEXT ? a->at[1] : jinja_center(j, JINJA_NAME(""), jinja_arg_int(j, a, 1, 0), JINJA_NAME(" "));
    s.comma = s.indent.type == JINJA_NONE ? JINJA_NAME(", ") : JINJA_NAME(",");
    s.colon = JINJA_NAME(": ");
    if (jinja_given(a, 2) && a->at[2].type != JINJA_NONE)
        json_separators(j, &s, a->at[2]);
    json_write(&b, &s, v, 0);
    return jinja_built(&b);
}
