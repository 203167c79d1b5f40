/* Filters over lists and dicts. */
#include "text/jinja.h"

static jinja_value list_length(jinja *j, jinja_value v, const jinja_args *a) { (void)a; return jinja_int((int64_t)jinja_length(j, v)); }

static jinja_value list_default(jinja *j, jinja_value v, const jinja_args *a)
{
    bool falls = v.type == JINJA_UNDEFINED || (jinja_arg_true(j, a, 1) && !jinja_truth(j, v));
    return !falls ? v : jinja_given(a, 0) ? a->at[0] : JINJA_NAME("");
}

static jinja_value list_list(jinja *j, jinja_value v, const jinja_args *a)
{
    (void)a;
    jinja_list *copy = jinja_alloc(j, sizeof *copy);
    *copy = *jinja_items(j, v);
    copy->label = NULL;
    return jinja_of_list(JINJA_LIST, copy);
}

static jinja_value list_generator(jinja *j, jinja_list *list)
{
    (void)j;
    list->spent = false;
    return jinja_of_list(JINJA_GENERATOR, list);
}

static jinja_value list_items(jinja *j, jinja_value v, const jinja_args *a)
{
    (void)a;
    if (v.type != JINJA_DICT && v.type != JINJA_UNDEFINED)
        jinja_fail(j, INK_E_FORMAT, "items takes a mapping, not a value of type %s", jinja_type_name(v));
    jinja_list *pairs = jinja_list_new(j, 0);
    for (size_t i = 0; v.type == JINJA_DICT && i < v.dict->count; i++)
        jinja_list_add(j, pairs, jinja_pair(j, v.dict->keys[i], v.dict->values[i]));
    return list_generator(j, pairs);
}

/* The first of a generator is taken from it. */
static jinja_value list_first(jinja *j, jinja_value v, const jinja_args *a)
{
    (void)a;
    const jinja_list *items = jinja_items(j, v);
    if (!items->count)
        return jinja_undefined(j, "first: the sequence was empty");
    jinja_value first = items->at[0];
    if (v.type == JINJA_GENERATOR) {
        v.list->spent = false;
        v.list->at++;
        v.list->count--;
        v.list->room = 0;
    }
    return first;
}

static jinja_value list_last(jinja *j, jinja_value v, const jinja_args *a)
{
    (void)a;
    if (v.type == JINJA_GENERATOR)
        jinja_fail(j, INK_E_FORMAT, "last needs a list: put `| list` before it");
    const jinja_list *items = jinja_items(j, v);
    return items->count ? items->at[items->count - 1] : jinja_undefined(j, "last: the sequence was empty");
}

static jinja_value list_join(jinja *j, jinja_value v, const jinja_args *a)
{
    const jinja_list *items = jinja_items(j, v);
    if (jinja_given(a, 1) && a->at[1].type != JINJA_NONE) {
        jinja_list *picked = jinja_list_new(j, items->count);
        for (size_t i = 0; i < items->count; i++)
            jinja_list_add(j, picked, jinja_path(j, items->at[i], a->at[1]));
        items = picked;
    }
    return jinja_join(j, jinja_given(a, 0) ? jinja_to_text(j, a->at[0]) : JINJA_NAME(""), items, true);
}

static jinja_value list_reverse(jinja *j, jinja_value v, const jinja_args *a)
{
    (void)a;
    if (v.type == JINJA_TEXT)
        return jinja_slice(j, v, jinja_none(), jinja_none(), jinja_int(-1));
    const jinja_list *items = jinja_items(j, v);
    jinja_list *turned = jinja_list_new(j, items->count);
    for (size_t i = items->count; i--;)
        jinja_list_add(j, turned, items->at[i]);
    return v.type == JINJA_GENERATOR ? jinja_of_list(JINJA_LIST, turned) : list_generator(j, turned);
}

/* ---- sorting and what rests on it; texts compare without case unless told otherwise ---- */

static jinja_value list_key(jinja *j, jinja_value v, bool cased)
{
    return v.type == JINJA_TEXT && !cased ? jinja_recase(j, v, JINJA_AS_LOWER) : v;
}

/* A list of what several attributes ("a,b.c") say of an item. */
static jinja_value list_keys(jinja *j, jinja_value item, jinja_value attributes, bool cased)
{
    jinja_list *keys = jinja_list_new(j, 1);
    if (attributes.type != JINJA_TEXT) {
        jinja_list_add(j, keys, list_key(j, jinja_path(j, item, attributes), cased));
        return jinja_of_list(JINJA_LIST, keys);
    }
    for (size_t from = 0, to; from <= attributes.size; from = to + 1) {
        to = jinja_find(attributes, JINJA_NAME(","), from);
        to = to > attributes.size ? attributes.size : to;
        jinja_list_add(j, keys, list_key(j, jinja_path(j, item, jinja_view(attributes.text + from, to - from)), cased));
    }
    return jinja_of_list(JINJA_LIST, keys);
}

static jinja_list *list_copy(jinja *j, jinja_value v)
{
    return list_list(j, v, NULL).list;
}

static jinja_value list_sort(jinja *j, jinja_value v, const jinja_args *a)
{
    jinja_list *items = list_copy(j, v), *keys = jinja_list_new(j, items->count);
    for (size_t i = 0; i < items->count; i++)
        jinja_list_add(j, keys, list_keys(j, items->at[i], a->at[2], jinja_arg_true(j, a, 1)));
    jinja_sort(j, keys, items, jinja_arg_true(j, a, 0));
    return jinja_of_list(JINJA_LIST, items);
}

static jinja_value list_dictsort(jinja *j, jinja_value v, const jinja_args *a)
{
    bool by_value = jinja_given(a, 1) && jinja_is(a->at[1], "value");
    if (v.type != JINJA_DICT)
        jinja_fail(j, INK_E_FORMAT, "dictsort takes a dict, not a value of type %s", jinja_type_name(v));
    if (jinja_given(a, 1) && !by_value && !jinja_is(a->at[1], "key"))
        jinja_fail(j, INK_E_FORMAT, "dictsort sorts by \"key\" or by \"value\"");
    jinja_list *pairs = jinja_list_new(j, v.dict->count), *keys = jinja_list_new(j, v.dict->count);
    for (size_t i = 0; i < v.dict->count; i++) {
        jinja_list_add(j, pairs, jinja_pair(j, v.dict->keys[i], v.dict->values[i]));
        jinja_list_add(j, keys, list_key(j, by_value ? v.dict->values[i] : v.dict->keys[i], jinja_arg_true(j, a, 0)));
    }
    jinja_sort(j, keys, pairs, jinja_arg_true(j, a, 2));
    return jinja_of_list(JINJA_LIST, pairs);
}

static jinja_value list_unique(jinja *j, jinja_value v, const jinja_args *a)
{
    const jinja_list *items = jinja_items(j, v);
    jinja_dict *seen = jinja_dict_new(j, 0);
    jinja_list *kept = jinja_list_new(j, 0);
    for (size_t i = 0; i < items->count; i++) {
        jinja_value key = list_key(j, jinja_path(j, items->at[i], a->at[1]), jinja_arg_true(j, a, 0));
        if (jinja_dict_find(j, seen, key))
            continue;
        jinja_dict_set(j, seen, key, jinja_none());
        jinja_list_add(j, kept, items->at[i]);
    }
    return list_generator(j, kept);
}

static jinja_value list_extreme(jinja *j, jinja_value v, const jinja_args *a, jinja_order wanted)
{
    const jinja_list *items = jinja_items(j, v);
    size_t best = 0;
    jinja_value best_key = jinja_none();
    for (size_t i = 0; i < items->count; i++) {
        jinja_value key = list_key(j, jinja_path(j, items->at[i], a->at[1]), jinja_arg_true(j, a, 0));
        if (i && jinja_compare(j, key, best_key, wanted == JINJA_LESS ? "<" : ">") != wanted)
            continue;
        best = i;
        best_key = key;
    }
    return items->count ? items->at[best] : jinja_undefined(j, "no least or greatest: the sequence was empty");
}

static jinja_value list_min(jinja *j, jinja_value v, const jinja_args *a) { return list_extreme(j, v, a, JINJA_LESS); }
static jinja_value list_max(jinja *j, jinja_value v, const jinja_args *a) { return list_extreme(j, v, a, JINJA_GREATER); }

static jinja_value list_sum(jinja *j, jinja_value v, const jinja_args *a)
{
    const jinja_list *items = jinja_items(j, v);
    jinja_value sum = jinja_given(a, 1) ? a->at[1] : jinja_int(0);
    if (sum.type == JINJA_TEXT)
        jinja_fail(j, INK_E_FORMAT, "sum does not add texts: use join");
    for (size_t i = 0; i < items->count; i++)
        sum = jinja_sum(j, sum, jinja_path(j, items->at[i], a->at[0]));
    return sum;
}

/* Groups in the order of their keys: tuples whose parts are also called grouper and list. */
static jinja_value list_groupby(jinja *j, jinja_value v, const jinja_args *a)
{
    bool cased = jinja_arg_true(j, a, 2);
    jinja_list *items = list_copy(j, v), *keys = jinja_list_new(j, 0), *groups = jinja_list_new(j, 0), *group = NULL;
    for (size_t i = 0; i < items->count; i++) {
        jinja_value key = jinja_path(j, items->at[i], a->at[0]);
        jinja_list_add(j, keys, list_key(j, key.type == JINJA_UNDEFINED && jinja_given(a, 1) ? a->at[1] : key, cased));
    }
    jinja_sort(j, keys, items, false);
    for (size_t i = 0; i < items->count; i++) {
        if (!i || !jinja_equal(j, keys->at[i], keys->at[i - 1])) {
            group = jinja_list_new(j, 0);
            jinja_value key = jinja_path(j, items->at[i], a->at[0]);
            jinja_value pair = jinja_pair(j, key.type == JINJA_UNDEFINED && jinja_given(a, 1) ? a->at[1] : key, jinja_of_list(JINJA_LIST, group));
            pair.list->label = "group";
            jinja_list_add(j, groups, pair);
        }
        jinja_list_add(j, group, items->at[i]);
    }
    return jinja_of_list(JINJA_LIST, groups);
}

static jinja_value list_batch(jinja *j, jinja_value v, const jinja_args *a)
{
    const jinja_list *items = jinja_items(j, v);
    const int64_t size = jinja_arg_int(j, a, 0, 0);
    jinja_list *rows = jinja_list_new(j, 0), *row = NULL;
    for (size_t i = 0; i < items->count; i++) {
        if (!row || (int64_t)row->count == size) {
            row = jinja_list_new(j, 0);
            jinja_list_add(j, rows, jinja_of_list(JINJA_LIST, row));
        }
        jinja_list_add(j, row, items->at[i]);
    }
    while (row && jinja_given(a, 1) && a->at[1].type != JINJA_NONE && (int64_t)row->count < size) {
        jinja_step(j, 1);
        jinja_list_add(j, row, a->at[1]);
    }
    return list_generator(j, rows);
}

static jinja_value list_slice(jinja *j, jinja_value v, const jinja_args *a)
{
    const jinja_list *items = jinja_items(j, v);
    const int64_t slices = jinja_arg_int(j, a, 0, 0);
    jinja_list *columns = jinja_list_new(j, 0);
    if (!slices)
        jinja_fail(j, INK_E_FORMAT, "slice divides by zero");
    size_t at = 0;
    for (int64_t s = 0; s < slices; s++) {
        jinja_list *column = jinja_list_new(j, 0);
        bool longer = (uint64_t)s < items->count % (uint64_t)slices;
        jinja_step(j, 1);
        for (size_t i = 0; i < items->count / (uint64_t)slices + longer; i++)
            jinja_list_add(j, column, items->at[at++]);
        if (!longer && jinja_given(a, 1) && a->at[1].type != JINJA_NONE)
            jinja_list_add(j, column, a->at[1]);
        jinja_list_add(j, columns, jinja_of_list(JINJA_LIST, column));
    }
    return list_generator(j, columns);
}

static jinja_value list_attr(jinja *j, jinja_value v, const jinja_args *a)
{
    jinja_value name = jinja_arg_text(j, a, 0, NULL);
    if (v.type == JINJA_DICT && !jinja_function_find(jinja_dict_methods, name.text, name.size))
        return jinja_undefined(j, "'dict object' has no attribute '%.*s'", name.size > 120 ? 120 : (int)name.size, name.text);
    return jinja_attribute(j, v, name);
}

const jinja_function jinja_list_filters[] = {
    { "length", list_length, "", 0 },
    { "count", list_length, "", 0 },
    { "default", list_default, "default_value boolean", 0 },
    { "d", list_default, "default_value boolean", 0 },
    { "list", list_list, "", 0 },
    { "items", list_items, "", 0 },
    { "first", list_first, "", 0 },
    { "last", list_last, "", 0 },
    { "join", list_join, "d attribute", 0 },
    { "reverse", list_reverse, "", 0 },
    { "sort", list_sort, "reverse case_sensitive attribute", 0 },
    { "dictsort", list_dictsort, "case_sensitive by reverse", 0 },
    { "unique", list_unique, "case_sensitive attribute", 0 },
    { "min", list_min, "case_sensitive attribute", 0 },
    { "max", list_max, "case_sensitive attribute", 0 },
    { "sum", list_sum, "attribute start", 0 },
    { "groupby", list_groupby, "attribute default case_sensitive", 1 },
    { "batch", list_batch, "linecount fill_with", 1 },
    { "slice", list_slice, "slices fill_with", 1 },
    { "attr", list_attr, "name", 1 },
    { 0 },
};
