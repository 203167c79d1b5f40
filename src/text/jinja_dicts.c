/* The methods of dicts, lists and tuples. Those that would change them are refused: a template cannot change its input. */
#include "text/jinja.h"

static jinja_value dicts_view(const jinja_list *list, const char *label, jinja *j)
{
    jinja_list *view = jinja_alloc(j, sizeof *view);
    *view = *list;
    view->label = label;
    return jinja_of_list(JINJA_VIEW, view);
}

static jinja_value dicts_keys(jinja *j, jinja_value self, const jinja_args *a)
{
    (void)a;
    return dicts_view(&(jinja_list){ .at = self.dict->keys, .count = self.dict->count }, "dict_keys", j);
}

static jinja_value dicts_values(jinja *j, jinja_value self, const jinja_args *a)
{
    (void)a;
    return dicts_view(&(jinja_list){ .at = self.dict->values, .count = self.dict->count }, "dict_values", j);
}

static jinja_value dicts_items(jinja *j, jinja_value self, const jinja_args *a)
{
    (void)a;
    jinja_list *pairs = jinja_list_new(j, self.dict->count);
    for (size_t i = 0; i < self.dict->count; i++)
        jinja_list_add(j, pairs, jinja_pair(j, self.dict->keys[i], self.dict->values[i]));
    return dicts_view(pairs, "dict_items", j);
}

static jinja_value dicts_get(jinja *j, jinja_value self, const jinja_args *a)
{
    const jinja_value *found = jinja_dict_find(j, self.dict, a->at[0]);
    return found ? *found : jinja_given(a, 1) ? a->at[1] : jinja_none();
}

static jinja_value dicts_same(jinja *j, jinja_value self, const jinja_args *a)
{
    (void)j, (void)a;
    return self; /* nothing can change it, so it is its own copy */
}

static jinja_value dicts_refuse(jinja *j, jinja_value self, const jinja_args *a)
{
    (void)a;
    jinja_fail(j, INK_E_FORMAT, "a %s cannot be changed by a template (use a namespace, or + to make a new one)", jinja_type_name(self));
}

const jinja_function jinja_dict_methods[] = {
    { "items", dicts_items, "", 0 }, { "keys", dicts_keys, "", 0 }, { "values", dicts_values, "", 0 }, { "get", dicts_get, "key default", 1 },
    { "copy", dicts_same, "", 0 }, { "pop", dicts_refuse, NULL, 0 }, { "popitem", dicts_refuse, NULL, 0 }, { "update", dicts_refuse, NULL, 0 },
    { "setdefault", dicts_refuse, NULL, 0 }, { "clear", dicts_refuse, NULL, 0 }, { 0 },
};

static jinja_value dicts_index(jinja *j, jinja_value self, const jinja_args *a)
{
    for (size_t i = 0; i < self.list->count; i++)
        if (jinja_equal(j, self.list->at[i], a->at[0]))
            return jinja_int((int64_t)i);
    jinja_fail(j, INK_E_FORMAT, "index does not find the value");
}

static jinja_value dicts_count(jinja *j, jinja_value self, const jinja_args *a)
{
    int64_t count = 0;
    for (size_t i = 0; i < self.list->count; i++)
        count += jinja_equal(j, self.list->at[i], a->at[0]);
    return jinja_int(count);
}

const jinja_function jinja_tuple_methods[] = { { "index", dicts_index, "value", 1 }, { "count", dicts_count, "value", 1 }, { 0 } };

const jinja_function jinja_list_methods[] = {
    { "index", dicts_index, "value", 1 }, { "count", dicts_count, "value", 1 }, { "copy", dicts_same, "", 0 }, { "append", dicts_refuse, NULL, 0 },
    { "extend", dicts_refuse, NULL, 0 }, { "insert", dicts_refuse, NULL, 0 }, { "pop", dicts_refuse, NULL, 0 }, { "remove", dicts_refuse, NULL, 0 },
    { "reverse", dicts_refuse, NULL, 0 }, { "sort", dicts_refuse, NULL, 0 }, { "clear", dicts_refuse, NULL, 0 }, { 0 },
};
