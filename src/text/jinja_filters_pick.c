/* map, select, reject and their kin: filters that apply another filter or test to every item. */
#include "text/jinja.h"

static jinja_value pick_named(const jinja_args *a, const char *name)
{
    for (size_t i = 0; i < a->named_count; i++)
        if (jinja_is(a->names[i], name))
            return a->named[i];
    return (jinja_value){ .type = JINJA_ABSENT };
}

static const jinja_function *pick_function(jinja *j, jinja_value name, const char *what)
{
    jinja_want_text(j, name, what);
    const jinja_function *f = *what == 'f' ? jinja_filter_find(name.text, name.size) : jinja_test_find(name.text, name.size);
    if (!f)
        jinja_fail(j, INK_E_UNSUPPORTED, "there is no %s named %.*s", what, name.size > 80 ? 80 : (int)name.size, name.text);
    return f;
}

/* Nothing is walked where the value is false, whatever it is. */
static const jinja_list *pick_items(jinja *j, jinja_value v)
{
    return jinja_items(j, jinja_truth(j, v) ? v : (jinja_value){ .type = JINJA_UNDEFINED });
}

static jinja_value pick_attribute(jinja *j, jinja_value item, jinja_value path, jinja_value def)
{
    if (def.type == JINJA_ABSENT || def.type == JINJA_NONE || path.type != JINJA_TEXT)
        return jinja_path(j, item, path);
    for (size_t from = 0, to; from <= path.size; from = to + 1) { /* each part may fall back */
        to = jinja_find(path, JINJA_NAME("."), from);
        to = to > path.size ? path.size : to;
        item = jinja_path(j, item, jinja_view(path.text + from, to - from));
        item = item.type == JINJA_UNDEFINED ? def : item;
    }
    return item;
}

static jinja_value pick_map(jinja *j, jinja_value v, const jinja_args *a)
{
    const jinja_list *items = pick_items(j, v);
    jinja_list *out = jinja_list_new(j, items->count);
    jinja_value attribute = a->count ? (jinja_value){ .type = JINJA_ABSENT } : pick_named(a, "attribute");
    if (items->count && !a->count && attribute.type == JINJA_ABSENT)
        jinja_fail(j, INK_E_FORMAT, "map needs the name of a filter, or attribute=");
    const jinja_function *f = items->count && a->count ? pick_function(j, a->at[0], "filter") : NULL;
    const jinja_args rest = { f ? a->at + 1 : a->at, f ? a->count - 1 : 0, a->names, a->named, a->named_count };
    for (size_t i = 0; i < items->count; i++)
        jinja_list_add(j, out, f ? jinja_run_function(j, f, items->at[i], &rest) : pick_attribute(j, items->at[i], attribute, pick_named(a, "default")));
    return jinja_of_list(JINJA_GENERATOR, out);
}

/* Keeps the items of which the test (or their truth) says `wanted`; off: the attribute that is asked comes first. */
static jinja_value pick_filter(jinja *j, jinja_value v, const jinja_args *a, bool wanted, size_t off)
{
    const jinja_list *items = pick_items(j, v);
    jinja_list *out = jinja_list_new(j, 0);
    if (items->count && a->count < off)
        jinja_fail(j, INK_E_FORMAT, "the name of an attribute is missing");
    const jinja_function *f = items->count && a->count > off ? pick_function(j, a->at[off], "test") : NULL;
    const jinja_args rest = { f ? a->at + off + 1 : a->at, f ? a->count - off - 1 : 0, a->names, a->named, a->named_count };
    for (size_t i = 0; i < items->count; i++) {
        jinja_value asked = off ? jinja_path(j, items->at[i], a->at[0]) : items->at[i];
        if (jinja_truth(j, f ? jinja_run_function(j, f, asked, &rest) : asked) == wanted)
            jinja_list_add(j, out, items->at[i]);
    }
    return jinja_of_list(JINJA_GENERATOR, out);
}

static jinja_value pick_select(jinja *j, jinja_value v, const jinja_args *a) { return pick_filter(j, v, a, true, 0); }
static jinja_value pick_reject(jinja *j, jinja_value v, const jinja_args *a) { return pick_filter(j, v, a, false, 0); }
static jinja_value pick_selectattr(jinja *j, jinja_value v, const jinja_args *a) { return pick_filter(j, v, a, true, 1); }
static jinja_value pick_rejectattr(jinja *j, jinja_value v, const jinja_args *a) { return pick_filter(j, v, a, false, 1); }

const jinja_function jinja_pick_filters[] = {
    { "map", pick_map, NULL, 0 },       { "select", pick_select, NULL, 0 },         { "reject", pick_reject, NULL, 0 },
    { "selectattr", pick_selectattr, NULL, 0 }, { "rejectattr", pick_rejectattr, NULL, 0 }, { 0 },
};

const jinja_function *jinja_filter_find(const char *name, size_t n)
{
    static const jinja_function *const tables[] = { jinja_text_filters, jinja_list_filters, jinja_pick_filters, jinja_number_filters };
    const jinja_function *f = NULL;
    for (size_t i = 0; !f && i < sizeof tables / sizeof *tables; i++)
        f = jinja_function_find(tables[i], name, n);
    return f;
}
