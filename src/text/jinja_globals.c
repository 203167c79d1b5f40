/* Functions that every template has: range, dict, namespace, and those that transformers adds. */
#include "text/jinja.h"

#include <time.h>

enum { GLOBALS_RANGE_MOST = 100000, GLOBALS_TIME_MOST = 4096 };

static int64_t globals_range_count(int64_t from, int64_t to, int64_t step)
{
    if (step > 0 ? from >= to : from <= to)
        return 0;
    uint64_t span = step > 0 ? (uint64_t)to - (uint64_t)from : (uint64_t)from - (uint64_t)to;
    uint64_t stride = step > 0 ? (uint64_t)step : 0 - (uint64_t)step;
    uint64_t count = (span - 1) / stride + 1;
    return count > GLOBALS_RANGE_MOST ? GLOBALS_RANGE_MOST + 1 : (int64_t)count;
}

static jinja_value globals_range(jinja *j, jinja_value self, const jinja_args *a)
{
    (void)self;
    bool one = !jinja_given(a, 1);
    int64_t from = one ? 0 : jinja_arg_int(j, a, 0, 0), to = jinja_arg_int(j, a, one ? 0 : 1, 0), step = jinja_arg_int(j, a, 2, 1);
    int64_t count = step ? globals_range_count(from, to, step) : 0;
    jinja_build b = { .j = j };
    if (!step)
        jinja_fail(j, INK_E_FORMAT, "the step of a range is zero");
    if (count > GLOBALS_RANGE_MOST)
        jinja_fail(j, INK_E_LIMIT, "a range holds %d numbers at most", GLOBALS_RANGE_MOST);
    jinja_list *list = jinja_list_new(j, (size_t)count);
    for (int64_t i = 0; i < count; i++)
        jinja_list_add(j, list, jinja_int(from + i * step));
    jinja_add_format(&b, "range(%lld, %lld", (long long)from, (long long)to);
    if (step != 1)
        jinja_add_format(&b, ", %lld", (long long)step);
    jinja_add(&b, ")", 2); /* its NUL too */
    list->label = b.data;
    return jinja_of_list(JINJA_RANGE, list);
}

static void globals_add_pairs(jinja *j, jinja_dict *d, jinja_value from)
{
    const jinja_list *items = jinja_items(j, from);
    for (size_t i = 0; i < items->count; i++) {
        const jinja_list *pair = from.type == JINJA_DICT ? NULL : jinja_items(j, items->at[i]);
        if (pair && pair->count != 2)
            jinja_fail(j, INK_E_FORMAT, "a dict is made of pairs, not of %zu values", pair->count);
        jinja_dict_set(j, d, pair ? pair->at[0] : items->at[i], pair ? pair->at[1] : from.dict->values[i]);
    }
}

static jinja_value globals_dict(jinja *j, jinja_value self, const jinja_args *a)
{
    (void)self;
    jinja_dict *d = jinja_dict_new(j, a->named_count);
    if (a->count > 1)
        jinja_fail(j, INK_E_FORMAT, "dict takes one mapping or list of pairs");
    if (a->count)
        globals_add_pairs(j, d, a->at[0]);
    for (size_t i = 0; i < a->named_count; i++)
        jinja_dict_set(j, d, a->names[i], a->named[i]);
    return jinja_of_dict(d);
}

static jinja_value globals_namespace(jinja *j, jinja_value self, const jinja_args *a)
{
    jinja_value v = globals_dict(j, self, a);
    v.type = JINJA_NAMESPACE;
    return v;
}

static jinja_value globals_raise(jinja *j, jinja_value self, const jinja_args *a)
{
    (void)self;
    jinja_value why = jinja_to_text(j, a->at[0]);
    jinja_fail(j, INK_E_ARGUMENT, "%.*s", why.size > 600 ? 600 : (int)why.size, why.text);
}

static jinja_value globals_now(jinja *j, jinja_value self, const jinja_args *a)
{
    (void)self;
    struct tm now;
    time_t seconds = time(NULL);
    jinja_value format = jinja_arg_text(j, a, 0, NULL);
    jinja_build b = { .j = j };
    if (format.size > 256 || !localtime_r(&seconds, &now))
        jinja_fail(j, INK_E_FORMAT, "strftime_now does not take this format");
    jinja_add(&b, format.text, format.size);
    jinja_add(&b, ".", 2); /* strftime gives 0 for an empty result too: the dot makes it longer */
    char *text = jinja_alloc(j, GLOBALS_TIME_MOST);
    size_t n = strftime(text, GLOBALS_TIME_MOST, b.data, &now);
    return jinja_view(text, n ? n - 1 : 0);
}

const jinja_function jinja_globals[] = {
    { "range", globals_range, "start stop step", 1 }, { "dict", globals_dict, NULL, 0 }, { "namespace", globals_namespace, NULL, 0 },
    { "raise_exception", globals_raise, "message", 1 }, { "strftime_now", globals_now, "format", 1 }, { 0 },
};
