/* v.name, v[key] and slices: what is not there is undefined, and says so only when it is used. */
#include "text/jinja_ast.h"
#include "text/unicode.h"

#include <string.h>

static jinja_value attribute_method(jinja *j, const jinja_function *const *tables, jinja_value v, jinja_value name)
{
    for (; *tables; tables++) {
        const jinja_function *f = jinja_function_find(*tables, name.text, name.size);
        if (f) {
            jinja_bound *bound = jinja_alloc(j, sizeof *bound);
            *bound = (jinja_bound){ f, v };
            return (jinja_value){ .type = JINJA_METHOD, .bound = bound };
        }
    }
    return (jinja_value){ .type = JINJA_ABSENT };
}

static jinja_value attribute_of_macro(const jinja_macro *m, jinja_value name)
{
    return jinja_is(name, "name") ? jinja_view(m->name, m->name_size) : (jinja_value){ .type = JINJA_ABSENT };
}

static jinja_value attribute_of_list(jinja_value v, jinja_value name)
{
    bool group = v.list->label && !strcmp(v.list->label, "group");
    return group && jinja_is(name, "grouper") ? v.list->at[0] : group && jinja_is(name, "list") ? v.list->at[1] : (jinja_value){ .type = JINJA_ABSENT };
}

/* What getattr finds; ABSENT when nothing. */
static jinja_value attribute_find(jinja *j, jinja_value v, jinja_value name)
{
    static const jinja_function *const methods[JINJA_TYPES][3] = {
        [JINJA_TEXT] = { jinja_text_methods, jinja_trait_methods }, [JINJA_DICT] = { jinja_dict_methods }, [JINJA_LIST] = { jinja_list_methods },
        [JINJA_TUPLE] = { jinja_tuple_methods }, [JINJA_RANGE] = { jinja_tuple_methods }, [JINJA_LOOP] = { jinja_loop_methods },
    };
    jinja_value found = { .type = JINJA_ABSENT };
    if (v.type == JINJA_NAMESPACE) {
        const jinja_value *held = jinja_dict_find(j, v.dict, name);
        return held ? *held : found;
    }
    if (v.type == JINJA_LOOP)
        found = jinja_loop_attribute(j, v.loop, name);
    if (v.type == JINJA_MACRO)
        found = attribute_of_macro(v.macro, name);
    if (v.type == JINJA_TUPLE)
        found = attribute_of_list(v, name);
    return found.type == JINJA_ABSENT ? attribute_method(j, methods[v.type], v, name) : found;
}

static size_t attribute_offset(const char *text, size_t size, size_t points)
{
    size_t at = 0;
    while (points && at < size)
        for (points--, at++; at < size && ((unsigned char)text[at] & 0xc0) == 0x80;)
            at++;
    return at;
}

/* v[i] of a sequence or text; ABSENT beyond its ends. */
static jinja_value attribute_at(jinja *j, jinja_value v, int64_t i)
{
    size_t n = jinja_length(j, v);
    if (i < 0)
        i += (int64_t)n;
    if (i < 0 || (size_t)i >= n)
        return (jinja_value){ .type = JINJA_ABSENT };
    if (v.type != JINJA_TEXT)
        return v.list->at[i];
    size_t from = attribute_offset(v.text, v.size, (size_t)i);
    return jinja_view(v.text + from, attribute_offset(v.text + from, v.size - from, 1));
}

/* What subscripting finds; ABSENT when nothing. */
static jinja_value attribute_subscript(jinja *j, jinja_value v, jinja_value key)
{
    if (v.type == JINJA_DICT && jinja_hashable(j, key)) {
        const jinja_value *held = jinja_dict_find(j, v.dict, key);
        return held ? *held : (jinja_value){ .type = JINJA_ABSENT };
    }
    if ((v.type == JINJA_TEXT || jinja_is_sequence(v)) && (key.type == JINJA_INT || key.type == JINJA_BOOL))
        return attribute_at(j, v, key.type == JINJA_INT ? key.integer : key.boolean);
    return (jinja_value){ .type = JINJA_ABSENT };
}

/* How Jinja names a thing that lacks something. */
static jinja_value attribute_missing(jinja *j, jinja_value v, jinja_value key)
{
    const char *of = v.type == JINJA_NONE ? "None" : jinja_type_name(v), *kind = v.type == JINJA_NONE ? "" : " object";
    if (key.type == JINJA_TEXT)
        return jinja_undefined(j, "'%s%s' has no attribute '%.*s'", of, kind, key.size > 120 ? 120 : (int)key.size, key.text);
    jinja_build b = { .j = j };
    jinja_repr(&b, key);
    return jinja_undefined(j, "%s%s has no element %.*s", of, kind, b.size > 120 ? 120 : (int)b.size, b.data);
}

static void attribute_want_defined(jinja *j, jinja_value v)
{
    if (v.type == JINJA_UNDEFINED)
        jinja_fail(j, INK_E_FORMAT, "%s", v.text);
}

jinja_value jinja_attribute(jinja *j, jinja_value v, jinja_value name)
{
    attribute_want_defined(j, v);
    jinja_value found = attribute_find(j, v, name);
    if (found.type == JINJA_ABSENT)
        found = attribute_subscript(j, v, name);
    return found.type == JINJA_ABSENT ? attribute_missing(j, v, name) : found;
}

jinja_value jinja_item(jinja *j, jinja_value v, jinja_value key)
{
    attribute_want_defined(j, v);
    jinja_value found = attribute_subscript(j, v, key);
    if (found.type == JINJA_ABSENT && key.type == JINJA_TEXT)
        found = attribute_find(j, v, key);
    return found.type == JINJA_ABSENT ? attribute_missing(j, v, key) : found;
}

static jinja_value attribute_part(jinja_value part)
{
    int64_t index;
    for (size_t i = 0; i < part.size; i++)
        if (part.text[i] < '0' || part.text[i] > '9')
            return part;
    return part.size && jinja_scan_int(part, 10, &index) ? jinja_int(index) : part;
}

jinja_value jinja_path(jinja *j, jinja_value v, jinja_value path)
{
    if (path.type != JINJA_TEXT)
        return path.type == JINJA_NONE || path.type == JINJA_ABSENT ? v : jinja_item(j, v, path);
    for (const char *at = path.text, *end = at + path.size; at <= end;) {
        const char *dot = at < end ? memchr(at, '.', (size_t)(end - at)) : NULL;
        const char *to = dot ? dot : end;
        v = jinja_item(j, v, attribute_part(jinja_view(at, (size_t)(to - at))));
        at = to + 1;
    }
    return v;
}

/* ---- slices ---- */

static int64_t attribute_bound(jinja *j, jinja_value v, int64_t def, int64_t least, int64_t most, int64_t n)
{
    if (v.type == JINJA_NONE)
        return def;
    if (v.type == JINJA_UNDEFINED)
        jinja_fail(j, INK_E_FORMAT, "%s", v.text);
    if (v.type != JINJA_INT && v.type != JINJA_BOOL)
        jinja_fail(j, INK_E_FORMAT, "the bounds of a slice are integers, not of type %s", jinja_type_name(v));
    int64_t i = v.type == JINJA_INT ? v.integer : v.boolean;
    i = i < 0 ? (i < -n ? -1 : i + n) : i;
    return i < least ? least : i > most ? most : i;
}

static int64_t attribute_stride(jinja *j, jinja_value step)
{
    if (step.type == JINJA_NONE)
        return 1;
    if (step.type != JINJA_INT || !step.integer)
        jinja_fail(j, INK_E_FORMAT, "the step of a slice is an integer other than zero");
    return step.integer;
}

static void attribute_take(jinja *j, jinja_value v, const size_t *offsets, int64_t i, jinja_build *text, jinja_list *list)
{
    if (list)
        jinja_list_add(j, list, v.list->at[i]);
    else
        jinja_add(text, v.text + offsets[i], offsets[i + 1] - offsets[i]);
}

/* Where each code point begins, and where the last ends. */
static const size_t *attribute_offsets(jinja *j, jinja_value v, size_t n)
{
    size_t *offsets = jinja_array(j, n + 1, sizeof *offsets), count = 0;
    for (size_t i = 0; i < v.size; i++)
        if (((unsigned char)v.text[i] & 0xc0) != 0x80)
            offsets[count++] = i;
    offsets[n] = v.size;
    return offsets;
}

jinja_value jinja_slice(jinja *j, jinja_value v, jinja_value from, jinja_value to, jinja_value step)
{
    attribute_want_defined(j, v);
    if (v.type != JINJA_TEXT && !jinja_is_sequence(v))
        jinja_fail(j, INK_E_FORMAT, "a value of type %s has no slices", jinja_type_name(v));
    const int64_t n = (int64_t)jinja_length(j, v), stride = attribute_stride(j, step);
    const int64_t least = stride > 0 ? 0 : -1, most = stride > 0 ? n : n - 1;
    int64_t i = attribute_bound(j, from, stride > 0 ? 0 : n - 1, least, most, n), end = attribute_bound(j, to, stride > 0 ? n : -1, least, most, n);
    jinja_list *list = v.type == JINJA_TEXT ? NULL : jinja_list_new(j, 0);
    jinja_build text = { .j = j };
    if (!list && stride == 1) { /* by far the most frequent: part of the text as it is */
        size_t start = attribute_offset(v.text, v.size, (size_t)i);
        return i < end ? jinja_view(v.text + start, attribute_offset(v.text + start, v.size - start, (size_t)(end - i))) : jinja_view("", 0);
    }
    const size_t *offsets = list ? NULL : attribute_offsets(j, v, (size_t)n);
    for (bool more = true; more && (stride > 0 ? i < end : i > end); more = !__builtin_add_overflow(i, stride, &i)) {
        jinja_step(j, 1);
        attribute_take(j, v, offsets, i, &text, list);
    }
    return list ? jinja_of_list(v.type == JINJA_TUPLE ? JINJA_TUPLE : JINJA_LIST, list) : jinja_built(&text);
}
