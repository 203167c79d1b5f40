/* Making values, and the questions that all of them answer. */
#include "text/jinja.h"
#include "text/unicode.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

jinja_value jinja_text(jinja *j, const char *text, size_t n)
{
    jinja_step(j, n / 32);
    char *copy = jinja_alloc(j, n + 1);
    if (n)
        memcpy(copy, text, n);
    return jinja_view(copy, n);
}

jinja_value jinja_undefined(jinja *j, const char *format, ...)
{
    char why[256];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    jinja_value v = jinja_text(j, why, strlen(why));
    v.type = JINJA_UNDEFINED;
    return v;
}

jinja_list *jinja_list_new(jinja *j, size_t room)
{
    jinja_list *list = jinja_alloc(j, sizeof *list);
    list->room = room;
    list->at = room ? jinja_array(j, room, sizeof *list->at) : NULL;
    return list;
}

void jinja_list_add(jinja *j, jinja_list *list, jinja_value v)
{
    if (list->count == list->room) {
        size_t room = list->room ? list->room * 2 : 4;
        jinja_value *at = jinja_array(j, room, sizeof *at);
        if (list->count)
            memcpy(at, list->at, list->count * sizeof *at);
        list->at = at;
        list->room = room;
    }
    list->at[list->count++] = v;
}

jinja_value jinja_pair(jinja *j, jinja_value a, jinja_value b)
{
    jinja_list *list = jinja_list_new(j, 2);
    jinja_list_add(j, list, a);
    jinja_list_add(j, list, b);
    return jinja_of_list(JINJA_TUPLE, list);
}

jinja_dict *jinja_dict_new(jinja *j, size_t room)
{
    jinja_dict *d = jinja_alloc(j, sizeof *d);
    d->room = room;
    d->keys = room ? jinja_array(j, room, sizeof *d->keys) : NULL;
    d->values = room ? jinja_array(j, room, sizeof *d->values) : NULL;
    return d;
}

const jinja_value *jinja_dict_find(jinja *j, const jinja_dict *d, jinja_value key)
{
    if (!jinja_hashable(j, key))
        jinja_fail(j, INK_E_FORMAT, "a %s cannot be a key of a dict", jinja_type_name(key));
    jinja_step(j, d->count / 8);
    for (size_t i = 0; i < d->count; i++)
        if (d->keys[i].type == JINJA_TEXT && key.type == JINJA_TEXT
                ? d->keys[i].size == key.size && !memcmp(d->keys[i].text, key.text, key.size)
                : jinja_equal(j, d->keys[i], key))
            return &d->values[i];
    return NULL;
}

const jinja_value *jinja_dict_name(jinja *j, const jinja_dict *d, const char *name)
{
    return jinja_dict_find(j, d, jinja_view(name, strlen(name)));
}

static jinja_value *value_regrow(jinja *j, const jinja_value *old, size_t count, size_t room)
{
    jinja_value *at = jinja_array(j, room, sizeof *at);
    if (count)
        memcpy(at, old, count * sizeof *at);
    return at;
}

void jinja_dict_set(jinja *j, jinja_dict *d, jinja_value key, jinja_value v)
{
    const jinja_value *found = jinja_dict_find(j, d, key);
    if (found) {
        d->values[found - d->values] = v;
        return;
    }
    if (d->count == d->room) {
        d->room = d->room ? d->room * 2 : 4;
        d->keys = value_regrow(j, d->keys, d->count, d->room);
        d->values = value_regrow(j, d->values, d->count, d->room);
    }
    d->keys[d->count] = key;
    d->values[d->count++] = v;
}

bool jinja_is_number(jinja_value v)
{
    return v.type == JINJA_BOOL || v.type == JINJA_INT || v.type == JINJA_FLOAT;
}

bool jinja_is_sequence(jinja_value v)
{
    return v.type == JINJA_LIST || v.type == JINJA_TUPLE || v.type == JINJA_RANGE;
}

bool jinja_iterable(jinja_value v)
{
    return jinja_is_sequence(v) || v.type == JINJA_UNDEFINED || v.type == JINJA_TEXT || v.type == JINJA_VIEW || v.type == JINJA_GENERATOR ||
           v.type == JINJA_DICT;
}

bool jinja_hashable(jinja *j, jinja_value v)
{
    if (v.type != JINJA_TUPLE)
        return v.type != JINJA_LIST && v.type != JINJA_DICT && v.type != JINJA_VIEW;
    bool all = true;
    jinja_deeper(j);
    for (size_t i = 0; all && i < v.list->count; i++)
        all = jinja_hashable(j, v.list->at[i]);
    jinja_shallower(j);
    return all;
}

bool jinja_truth(jinja *j, jinja_value v)
{
    switch (v.type) {
    case JINJA_ABSENT:
    case JINJA_UNDEFINED:
    case JINJA_NONE:
        return false;
    case JINJA_BOOL:
        return v.boolean;
    case JINJA_INT:
        return v.integer != 0;
    case JINJA_FLOAT:
        return v.real < 0 || v.real > 0 || v.real != v.real;
    case JINJA_TEXT:
    case JINJA_LIST:
    case JINJA_TUPLE:
    case JINJA_RANGE:
    case JINJA_VIEW:
    case JINJA_DICT:
        return jinja_length(j, v) != 0;
    default:
        return true;
    }
}

size_t jinja_length(jinja *j, jinja_value v)
{
    if (v.type == JINJA_UNDEFINED)
        return 0;
    if (v.type == JINJA_TEXT) {
        jinja_step(j, v.size / 32);
        return ink_utf8_count(v.text, v.size);
    }
    if (v.type == JINJA_DICT)
        return v.dict->count;
    if (jinja_is_sequence(v) || v.type == JINJA_VIEW)
        return v.list->count;
    jinja_fail(j, INK_E_FORMAT, "a value of type %s has no length", jinja_type_name(v));
}

static const jinja_list *value_characters(jinja *j, jinja_value v)
{
    jinja_list *list = jinja_list_new(j, jinja_length(j, v));
    for (const char *at = v.text, *end = at + v.size; at < end;) {
        const char *from = at;
        ink_utf8_next(&at, end);
        jinja_list_add(j, list, jinja_view(from, (size_t)(at - from)));
    }
    return list;
}

const jinja_list *jinja_items(jinja *j, jinja_value v)
{
    static const jinja_list none;
    if (jinja_is_sequence(v) || v.type == JINJA_VIEW)
        return v.list;
    if (v.type == JINJA_UNDEFINED)
        return &none;
    if (v.type == JINJA_TEXT)
        return value_characters(j, v);
    if (v.type == JINJA_GENERATOR) {
        const jinja_list *left = v.list->spent ? &none : v.list;
        if (left == v.list) { /* the items live on in a copy of the head */
            jinja_list *kept = jinja_alloc(j, sizeof *kept);
            *kept = *v.list;
            left = kept;
        }
        v.list->spent = true;
        return left;
    }
    if (v.type != JINJA_DICT)
        jinja_fail(j, INK_E_FORMAT, "a value of type %s cannot be walked through", jinja_type_name(v));
    jinja_list *keys = jinja_alloc(j, sizeof *keys);
    *keys = (jinja_list){ .at = v.dict->keys, .count = v.dict->count };
    return keys;
}

const char *jinja_type_name(jinja_value v)
{
    static const char *const names[JINJA_TYPES] = {
        "missing", "Undefined", "NoneType", "bool", "int", "float", "str", "list", "tuple", "range", "dict view", "generator", "dict", "Namespace",
        "Macro", "LoopContext", "function", "method",
    };
    return names[v.type];
}

bool jinja_is(jinja_value v, const char *text)
{
    return v.type == JINJA_TEXT && v.size == strlen(text) && !memcmp(v.text, text, v.size);
}

double jinja_to_real(jinja_value v)
{
    return v.type == JINJA_FLOAT ? v.real : v.type == JINJA_INT ? (double)v.integer : v.boolean ? 1 : 0;
}
