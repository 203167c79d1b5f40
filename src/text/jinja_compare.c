/* Equality, order, membership and sorting, with Python's rules of what may be compared. */
#include "base/text.h"
#include "text/jinja.h"

#include <math.h>

static jinja_order compare_of(bool less, bool greater)
{
    return less ? JINJA_LESS : greater ? JINJA_GREATER : JINJA_EQUAL;
}

/* Exact, as Python does it: no rounding of the integer. */
static jinja_order compare_int_real(int64_t a, double b)
{
    if (isnan(b))
        return JINJA_UNORDERED;
    if (b >= 9223372036854775808.0 || b < -9223372036854775808.0)
        return b > 0 ? JINJA_LESS : JINJA_GREATER;
    int64_t whole = (int64_t)b;
    double rest = b - (double)whole;
    return a != whole ? compare_of(a < whole, a > whole) : compare_of(rest > 0, rest < 0);
}

static jinja_order compare_numbers(jinja_value a, jinja_value b)
{
    bool ar = a.type == JINJA_FLOAT, br = b.type == JINJA_FLOAT;
    int64_t ai = a.type == JINJA_BOOL ? a.boolean : a.integer, bi = b.type == JINJA_BOOL ? b.boolean : b.integer;
    if (ar && br)
        return isnan(a.real) || isnan(b.real) ? JINJA_UNORDERED : compare_of(a.real < b.real, a.real > b.real);
    if (br)
        return compare_int_real(ai, b.real);
    if (!ar)
        return compare_of(ai < bi, ai > bi);
    jinja_order turned = compare_int_real(bi, a.real);
    return turned == JINJA_LESS ? JINJA_GREATER : turned == JINJA_GREATER ? JINJA_LESS : turned;
}

static jinja_order compare_texts(jinja *j, jinja_value a, jinja_value b)
{
    jinja_step(j, ink_least(a.size, b.size) / 32);
    const int order = ink_bytes_compare(a.text, a.size, b.text, b.size);
    return compare_of(order < 0, order > 0);
}

static bool compare_equal_lists(jinja *j, const jinja_list *a, const jinja_list *b)
{
    bool equal = a->count == b->count;
    jinja_deeper(j);
    for (size_t i = 0; equal && i < a->count; i++)
        equal = jinja_equal(j, a->at[i], b->at[i]);
    jinja_shallower(j);
    return equal;
}

static bool compare_equal_dicts(jinja *j, const jinja_dict *a, const jinja_dict *b)
{
    bool equal = a->count == b->count;
    jinja_deeper(j);
    for (size_t i = 0; equal && i < a->count; i++) {
        const jinja_value *other = jinja_dict_find(j, b, a->keys[i]);
        equal = other && jinja_equal(j, a->values[i], *other);
    }
    jinja_shallower(j);
    return equal;
}

bool jinja_equal(jinja *j, jinja_value a, jinja_value b)
{
    jinja_step(j, 1);
    if (jinja_is_number(a) && jinja_is_number(b))
        return compare_numbers(a, b) == JINJA_EQUAL;
    if (a.type != b.type)
        return false;
    switch (a.type) {
    case JINJA_NONE:
    case JINJA_UNDEFINED:
        return true;
    case JINJA_TEXT:
        return a.size == b.size && compare_texts(j, a, b) == JINJA_EQUAL;
    case JINJA_LIST:
    case JINJA_TUPLE:
    case JINJA_RANGE:
        return a.list == b.list || compare_equal_lists(j, a.list, b.list);
    case JINJA_DICT:
        return a.dict == b.dict || compare_equal_dicts(j, a.dict, b.dict);
    default:
        return a.list == b.list; /* whatever the pointer is, it is the identity */
    }
}

static jinja_order compare_sequences(jinja *j, jinja_value a, jinja_value b, const char *op)
{
    size_t n = a.list->count < b.list->count ? a.list->count : b.list->count;
    jinja_order order = compare_of(a.list->count < b.list->count, a.list->count > b.list->count);
    jinja_deeper(j);
    for (size_t i = 0; i < n; i++)
        if (!jinja_equal(j, a.list->at[i], b.list->at[i])) {
            order = jinja_compare(j, a.list->at[i], b.list->at[i], op);
            break;
        }
    jinja_shallower(j);
    return order;
}

jinja_order jinja_compare(jinja *j, jinja_value a, jinja_value b, const char *op)
{
    jinja_step(j, 1);
    if (jinja_is_number(a) && jinja_is_number(b))
        return compare_numbers(a, b);
    if (a.type == JINJA_TEXT && b.type == JINJA_TEXT)
        return compare_texts(j, a, b);
    if (a.type == b.type && (a.type == JINJA_LIST || a.type == JINJA_TUPLE))
        return compare_sequences(j, a, b, op);
    if (a.type == JINJA_UNDEFINED || b.type == JINJA_UNDEFINED)
        jinja_fail(j, INK_E_FORMAT, "%s", a.type == JINJA_UNDEFINED ? a.text : b.text);
    jinja_fail(j, INK_E_FORMAT, "%s does not compare a value of type %s with one of type %s", op, jinja_type_name(a), jinja_type_name(b));
}

bool jinja_contains(jinja *j, jinja_value in, jinja_value v)
{
    if (in.type == JINJA_DICT)
        return jinja_dict_find(j, in.dict, v) != NULL;
    if (in.type == JINJA_TEXT) {
        if (v.type != JINJA_TEXT)
            jinja_fail(j, INK_E_FORMAT, "in looks for text in text, not for a value of type %s", jinja_type_name(v));
        jinja_step(j, in.size / 32);
        return jinja_find(in, v, 0) != SIZE_MAX;
    }
    const jinja_list *items = jinja_items(j, in);
    for (size_t i = 0; i < items->count; i++)
        if (jinja_equal(j, items->at[i], v))
            return true;
    return false;
}

/* One run of a merge sort: [from, middle) and [middle, to) of order[] into spare[]. */
static void compare_merge(jinja *j, const jinja_list *keys, const size_t *order, size_t *spare, size_t from, size_t middle, size_t to, bool reverse)
{
    size_t a = from, b = middle;
    for (size_t i = from; i < to; i++) {
        bool second = a == middle;
        if (!second && b < to) { /* the second goes first only when it must: equal ones keep their order */
            jinja_value x = keys->at[order[a]], y = keys->at[order[b]];
            second = jinja_compare(j, reverse ? x : y, reverse ? y : x, "<") == JINJA_LESS;
        }
        spare[i] = second ? order[b++] : order[a++];
    }
}

void jinja_sort(jinja *j, jinja_list *keys, jinja_list *items, bool reverse)
{
    size_t n = keys->count;
    size_t *order = jinja_array(j, n, sizeof *order), *spare = jinja_array(j, n, sizeof *spare);
    jinja_value *sorted = jinja_array(j, n, sizeof *sorted), *sorted_keys = jinja_array(j, n, sizeof *sorted_keys);
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t from = 0; from < n; from += 2 * width) {
            size_t middle = from + width < n ? from + width : n, to = from + 2 * width < n ? from + 2 * width : n;
            compare_merge(j, keys, order, spare, from, middle, to, reverse);
        }
        size_t *swap = order;
        order = spare;
        spare = swap;
    }
    for (size_t i = 0; i < n; i++) {
        sorted[i] = items->at[order[i]];
        sorted_keys[i] = keys->at[order[i]];
    }
    items->at = sorted;
    keys->at = sorted_keys;
}
