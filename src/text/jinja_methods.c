/* The methods of text. Offsets count code points, as in Python. */
#define _GNU_SOURCE
#include "text/jinja.h"
#include "text/unicode.h"

#include <string.h>

static const jinja_value *methods_chars(jinja *j, const jinja_args *a)
{
    if (a->at[0].type == JINJA_ABSENT || a->at[0].type == JINJA_NONE)
        return NULL;
    jinja_want_text(j, a->at[0], "what to strip");
    return &a->at[0];
}

static jinja_value methods_strip(jinja *j, jinja_value s, const jinja_args *a) { return jinja_strip(s, methods_chars(j, a), true, true); }
static jinja_value methods_lstrip(jinja *j, jinja_value s, const jinja_args *a) { return jinja_strip(s, methods_chars(j, a), true, false); }
static jinja_value methods_rstrip(jinja *j, jinja_value s, const jinja_args *a) { return jinja_strip(s, methods_chars(j, a), false, true); }
static jinja_value methods_upper(jinja *j, jinja_value s, const jinja_args *a) { (void)a; return jinja_recase(j, s, JINJA_AS_UPPER); }
static jinja_value methods_lower(jinja *j, jinja_value s, const jinja_args *a) { (void)a; return jinja_recase(j, s, JINJA_AS_LOWER); }
static jinja_value methods_title(jinja *j, jinja_value s, const jinja_args *a) { (void)a; return jinja_recase(j, s, JINJA_AS_TITLE); }
static jinja_value methods_capitalize(jinja *j, jinja_value s, const jinja_args *a) { (void)a; return jinja_recase(j, s, JINJA_AS_CAPITAL); }
static jinja_value methods_swapcase(jinja *j, jinja_value s, const jinja_args *a) { (void)a; return jinja_recase(j, s, JINJA_AS_SWAPPED); }

/* ---- splitting ---- */

static int64_t methods_most(jinja *j, const jinja_args *a)
{
    int64_t most = jinja_arg_int(j, a, 1, -1);
    return most < 0 ? INT64_MAX : most;
}

static bool methods_space_at(const char *at, const char *end)
{
    return at < end && (ink_unicode_traits(ink_utf8_next(&at, end)) & INK_UNICODE_SPACE);
}

static const char *methods_word(const char *at, const char *end)
{
    while (at < end && !methods_space_at(at, end))
        ink_utf8_next(&at, end);
    return at;
}

static jinja_value methods_split_words(jinja *j, jinja_value s, int64_t most)
{
    jinja_list *list = jinja_list_new(j, 0);
    for (jinja_value rest = jinja_strip(s, NULL, true, false); rest.size; most--) {
        const char *end = rest.text + rest.size, *to = most > 0 ? methods_word(rest.text, end) : end;
        jinja_list_add(j, list, jinja_view(rest.text, (size_t)(to - rest.text)));
        if (most <= 0)
            break;
        rest = jinja_strip(jinja_view(to, (size_t)(end - to)), NULL, true, false);
    }
    return jinja_of_list(JINJA_LIST, list);
}

static jinja_value methods_separator(jinja *j, const jinja_args *a)
{
    jinja_value by = jinja_want_text(j, a->at[0], "the separator");
    if (!by.size)
        jinja_fail(j, INK_E_FORMAT, "the separator is empty");
    return by;
}

static jinja_value methods_split(jinja *j, jinja_value s, const jinja_args *a)
{
    int64_t most = methods_most(j, a);
    if (a->at[0].type == JINJA_ABSENT || a->at[0].type == JINJA_NONE)
        return methods_split_words(j, s, most);
    jinja_value by = methods_separator(j, a);
    jinja_list *list = jinja_list_new(j, 0);
    size_t from = 0;
    for (size_t at; most-- > 0 && (at = jinja_find(s, by, from)) != SIZE_MAX; from = at + by.size)
        jinja_list_add(j, list, jinja_view(s.text + from, at - from));
    jinja_list_add(j, list, jinja_view(s.text + from, s.size - from));
    return jinja_of_list(JINJA_LIST, list);
}

/* The last place of part that ends at or before `end`. */
static size_t methods_find_last(jinja *j, jinja_value s, jinja_value part, size_t end)
{
    for (size_t at = end >= part.size ? end - part.size + 1 : 0; at-- > 0;) {
        jinja_step(j, part.size / 32 + (at % 32 == 0));
        if (!memcmp(s.text + at, part.text, part.size))
            return at;
    }
    return SIZE_MAX;
}

static jinja_list *methods_reversed(jinja *j, const jinja_list *list)
{
    jinja_list *turned = jinja_list_new(j, list->count);
    for (size_t i = list->count; i--;)
        jinja_list_add(j, turned, list->at[i]);
    return turned;
}

static jinja_value methods_rsplit_words(jinja *j, jinja_value s, int64_t most)
{
    jinja_list *list = jinja_list_new(j, 0);
    for (jinja_value rest = jinja_strip(s, NULL, false, true); rest.size; most--) {
        const char *from = rest.text + rest.size;
        for (const char *before = from; most > 0 && from > rest.text; from = before) {
            while (before > rest.text && ((unsigned char)*--before & 0xc0) == 0x80)
                ;
            if (methods_space_at(before, from))
                break;
        }
        from = most > 0 ? from : rest.text;
        jinja_list_add(j, list, jinja_view(from, (size_t)(rest.text + rest.size - from)));
        if (most <= 0)
            break;
        rest = jinja_strip(jinja_view(rest.text, (size_t)(from - rest.text)), NULL, false, true);
    }
    return jinja_of_list(JINJA_LIST, methods_reversed(j, list));
}

static jinja_value methods_rsplit(jinja *j, jinja_value s, const jinja_args *a)
{
    int64_t most = methods_most(j, a);
    if (a->at[0].type == JINJA_ABSENT || a->at[0].type == JINJA_NONE)
        return methods_rsplit_words(j, s, most);
    jinja_value by = methods_separator(j, a);
    jinja_list *list = jinja_list_new(j, 0);
    size_t end = s.size;
    for (size_t at; most-- > 0 && (at = methods_find_last(j, s, by, end)) != SIZE_MAX; end = at)
        jinja_list_add(j, list, jinja_view(s.text + at + by.size, end - at - by.size));
    jinja_list_add(j, list, jinja_view(s.text, end));
    return jinja_of_list(JINJA_LIST, methods_reversed(j, list));
}

static jinja_value methods_splitlines(jinja *j, jinja_value s, const jinja_args *a)
{
    return jinja_of_list(JINJA_LIST, jinja_lines(j, s, jinja_arg_true(j, a, 0)));
}

static jinja_value methods_three(jinja *j, jinja_value a, jinja_value b, jinja_value c)
{
    jinja_value v = jinja_pair(j, a, b);
    jinja_list_add(j, v.list, c);
    return v;
}

static jinja_value methods_parted(jinja *j, jinja_value s, jinja_value by, size_t at)
{
    return methods_three(j, jinja_view(s.text, at), by, jinja_view(s.text + at + by.size, s.size - at - by.size));
}

static jinja_value methods_partition(jinja *j, jinja_value s, const jinja_args *a)
{
    jinja_value by = methods_separator(j, a), none = JINJA_NAME("");
    size_t at = jinja_find(s, by, 0);
    return at == SIZE_MAX ? methods_three(j, s, none, none) : methods_parted(j, s, by, at);
}

static jinja_value methods_rpartition(jinja *j, jinja_value s, const jinja_args *a)
{
    jinja_value by = methods_separator(j, a), none = JINJA_NAME("");
    size_t at = methods_find_last(j, s, by, s.size);
    return at == SIZE_MAX ? methods_three(j, none, none, s) : methods_parted(j, s, by, at);
}

/* ---- searching ---- */

/* The part of s from code point a to code point b of arguments 1 and 2; *from is where it begins. ABSENT: they cross. */
static jinja_value methods_window(jinja *j, jinja_value s, const jinja_args *a, int64_t *from)
{
    int64_t n = (int64_t)jinja_length(j, s), start = jinja_given(a, 1) && a->at[1].type != JINJA_NONE ? jinja_arg_int(j, a, 1, 0) : 0;
    int64_t end = jinja_given(a, 2) && a->at[2].type != JINJA_NONE ? jinja_arg_int(j, a, 2, n) : n;
    start = start < -n ? 0 : start < 0 ? start + n : start;
    end = end < -n ? 0 : end < 0 ? end + n : end > n ? n : end;
    *from = start;
    if (start > end)
        return (jinja_value){ .type = JINJA_ABSENT };
    return jinja_slice(j, s, jinja_int(start), jinja_int(end), jinja_none());
}

static int64_t methods_place(jinja *j, jinja_value s, const jinja_args *a, bool last)
{
    int64_t from;
    jinja_value part = jinja_want_text(j, a->at[0], "what to look for"), window = methods_window(j, s, a, &from);
    if (window.type == JINJA_ABSENT)
        return -1;
    jinja_step(j, window.size / 32);
    size_t at = last ? methods_find_last(j, window, part, window.size) : jinja_find(window, part, 0);
    return at == SIZE_MAX ? -1 : from + (int64_t)ink_utf8_count(window.text, at);
}

static jinja_value methods_find(jinja *j, jinja_value s, const jinja_args *a) { return jinja_int(methods_place(j, s, a, false)); }
static jinja_value methods_rfind(jinja *j, jinja_value s, const jinja_args *a) { return jinja_int(methods_place(j, s, a, true)); }

static jinja_value methods_must_find(jinja *j, int64_t place)
{
    if (place < 0)
        jinja_fail(j, INK_E_FORMAT, "index does not find the text");
    return jinja_int(place);
}

static jinja_value methods_index(jinja *j, jinja_value s, const jinja_args *a) { return methods_must_find(j, methods_place(j, s, a, false)); }
static jinja_value methods_rindex(jinja *j, jinja_value s, const jinja_args *a) { return methods_must_find(j, methods_place(j, s, a, true)); }

static jinja_value methods_count(jinja *j, jinja_value s, const jinja_args *a)
{
    int64_t count = 0, from;
    jinja_value part = jinja_want_text(j, a->at[0], "what to count"), window = methods_window(j, s, a, &from);
    if (window.type == JINJA_ABSENT)
        return jinja_int(0);
    jinja_step(j, window.size / 32);
    if (!part.size)
        return jinja_int((int64_t)ink_utf8_count(window.text, window.size) + 1);
    for (size_t at = 0; (at = jinja_find(window, part, at)) != SIZE_MAX; at += part.size)
        count++;
    return jinja_int(count);
}

static bool methods_has_end(jinja *j, jinja_value s, jinja_value part, bool start)
{
    jinja_want_text(j, part, "what to look for");
    return part.size <= s.size && !memcmp(start ? s.text : s.text + s.size - part.size, part.text, part.size);
}

static jinja_value methods_end(jinja *j, jinja_value s, const jinja_args *a, bool start)
{
    int64_t from;
    jinja_value window = methods_window(j, s, a, &from), what = a->at[0];
    if (window.type == JINJA_ABSENT)
        return jinja_bool(false);
    if (what.type != JINJA_TUPLE)
        return jinja_bool(methods_has_end(j, window, what, start));
    for (size_t i = 0; i < what.list->count; i++)
        if (methods_has_end(j, window, what.list->at[i], start))
            return jinja_bool(true);
    return jinja_bool(false);
}

static jinja_value methods_startswith(jinja *j, jinja_value s, const jinja_args *a) { return methods_end(j, s, a, true); }
static jinja_value methods_endswith(jinja *j, jinja_value s, const jinja_args *a) { return methods_end(j, s, a, false); }

static jinja_value methods_removeprefix(jinja *j, jinja_value s, const jinja_args *a)
{
    return methods_has_end(j, s, a->at[0], true) ? jinja_view(s.text + a->at[0].size, s.size - a->at[0].size) : s;
}

static jinja_value methods_removesuffix(jinja *j, jinja_value s, const jinja_args *a)
{
    return methods_has_end(j, s, a->at[0], false) ? jinja_view(s.text, s.size - a->at[0].size) : s;
}

/* ---- making ---- */

static jinja_value methods_replace(jinja *j, jinja_value s, const jinja_args *a)
{
    jinja_value old = jinja_arg_text(j, a, 0, NULL), fresh = jinja_arg_text(j, a, 1, NULL);
    return jinja_replace(j, s, old, fresh, jinja_arg_int(j, a, 2, -1));
}

static jinja_value methods_join(jinja *j, jinja_value s, const jinja_args *a) { return jinja_join(j, s, jinja_items(j, a->at[0]), false); }

static jinja_value methods_fill(jinja *j, const jinja_args *a)
{
    jinja_value fill = jinja_arg_text(j, a, 1, " ");
    if (jinja_length(j, fill) != 1)
        jinja_fail(j, INK_E_FORMAT, "text is padded with one character, not %zu", jinja_length(j, fill));
    return fill;
}

static jinja_value methods_pad(jinja *j, jinja_value s, const jinja_args *a, bool left)
{
    jinja_value fill = methods_fill(j, a);
    jinja_build b = { .j = j };
    int64_t pad = jinja_arg_int(j, a, 0, 0) - (int64_t)jinja_length(j, s);
    jinja_step(j, pad > 0 ? (size_t)pad / 32 : 0);
    if (!left)
        jinja_add(&b, s.text, s.size);
    for (int64_t i = 0; i < pad; i++)
        jinja_add(&b, fill.text, fill.size);
    if (left)
        jinja_add(&b, s.text, s.size);
    return jinja_built(&b);
}

static jinja_value methods_ljust(jinja *j, jinja_value s, const jinja_args *a) { return methods_pad(j, s, a, false); }
static jinja_value methods_rjust(jinja *j, jinja_value s, const jinja_args *a) { return methods_pad(j, s, a, true); }
static jinja_value methods_center(jinja *j, jinja_value s, const jinja_args *a) { return jinja_center(j, s, jinja_arg_int(j, a, 0, 0), methods_fill(j, a)); }

static jinja_value methods_zfill(jinja *j, jinja_value s, const jinja_args *a)
{
    size_t sign = s.size && (*s.text == '-' || *s.text == '+');
    int64_t width = jinja_arg_int(j, a, 0, 0) - (int64_t)sign;
    jinja_value bound[JINJA_PARAMS] = { jinja_int(width), JINJA_NAME("0") };
    jinja_value rest = methods_pad(j, jinja_view(s.text + sign, s.size - sign), &(jinja_args){ .at = bound, .count = 2 }, true);
    return sign ? jinja_sum(j, jinja_view(s.text, 1), rest) : rest;
}

static jinja_value methods_format(jinja *j, jinja_value s, const jinja_args *a) { return jinja_braces(j, s, a); }

const jinja_function jinja_text_methods[] = {
    { "strip", methods_strip, "chars", 0 },
    { "lstrip", methods_lstrip, "chars", 0 },
    { "rstrip", methods_rstrip, "chars", 0 },
    { "split", methods_split, "sep maxsplit", 0 },
    { "rsplit", methods_rsplit, "sep maxsplit", 0 },
    { "splitlines", methods_splitlines, "keepends", 0 },
    { "partition", methods_partition, "sep", 1 },
    { "rpartition", methods_rpartition, "sep", 1 },
    { "startswith", methods_startswith, "prefix start end", 1 },
    { "endswith", methods_endswith, "suffix start end", 1 },
    { "removeprefix", methods_removeprefix, "prefix", 1 },
    { "removesuffix", methods_removesuffix, "suffix", 1 },
    { "replace", methods_replace, "old new count", 2 },
    { "find", methods_find, "sub start end", 1 },
    { "rfind", methods_rfind, "sub start end", 1 },
    { "index", methods_index, "sub start end", 1 },
    { "rindex", methods_rindex, "sub start end", 1 },
    { "count", methods_count, "sub start end", 1 },
    { "join", methods_join, "iterable", 1 },
    { "format", methods_format, NULL, 0 },
    { "upper", methods_upper, "", 0 },
    { "lower", methods_lower, "", 0 },
    { "title", methods_title, "", 0 },
    { "capitalize", methods_capitalize, "", 0 },
    { "swapcase", methods_swapcase, "", 0 },
    { "ljust", methods_ljust, "width fillchar", 1 },
    { "rjust", methods_rjust, "width fillchar", 1 },
    { "center", methods_center, "width fillchar", 1 },
    { "zfill", methods_zfill, "width", 1 },
    { 0 },
};
