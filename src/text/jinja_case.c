/* Text turned into text: case, stripping, replacing, splitting and joining, shared by filters and methods. */
#define _GNU_SOURCE
#include "text/jinja.h"
#include "text/unicode.h"

#include <string.h>

static void case_upper(jinja_build *b, uint32_t c)
{
    const char *several = ink_unicode_upper_text(c);
    if (several)
        jinja_add_text(b, several);
    else
        jinja_add_point(b, ink_unicode_upper(c));
}

/* Whether a sigma at `at` ends a word: a letter before it, none after. */
static bool case_final(const char *text, const char *at, const char *after, const char *end)
{
    const char *before = at;
    while (before > text && ((unsigned char)*--before & 0xc0) == 0x80)
        ;
    bool letter = at > text && (ink_unicode_traits(ink_utf8_next(&before, end)) & INK_UNICODE_LETTER);
    return letter && !(after < end && (ink_unicode_traits(ink_utf8_next(&after, end)) & INK_UNICODE_LETTER));
}

static void case_lower(jinja_build *b, uint32_t c, const char *text, const char *at, const char *after, const char *end)
{
    if (c == 0x3a3)
        jinja_add_point(b, case_final(text, at, after, end) ? 0x3c2 : 0x3c3);
    else if (c == 0x130)
        jinja_add_text(b, "i\xcc\x87");
    else
        jinja_add_point(b, ink_unicode_lower(c));
}

static bool case_cased(uint32_t c)
{
    return (ink_unicode_traits(c) & (INK_UNICODE_UPPER | INK_UNICODE_LOWER | INK_UNICODE_TITLE)) != 0;
}

jinja_value jinja_recase(jinja *j, jinja_value text, jinja_case to)
{
    jinja_build b = { .j = j };
    bool inside = false; /* a letter came just before */
    for (const char *at = text.text, *end = at + text.size, *after = at; at < end; at = after) {
        uint32_t c = ink_utf8_next(&after, end);
        bool first = to == JINJA_AS_CAPITAL ? at == text.text : !inside;
        bool title = first && (to == JINJA_AS_TITLE || to == JINJA_AS_CAPITAL);
        bool upper = to == JINJA_AS_UPPER || (to == JINJA_AS_SWAPPED && (ink_unicode_traits(c) & INK_UNICODE_LOWER));
        if (upper)
            case_upper(&b, c);
        else if (title)
            jinja_add_point(&b, ink_unicode_title(c));
        else
            case_lower(&b, c, text.text, at, after, end);
        inside = case_cased(c);
    }
    return jinja_built(&b);
}

jinja_value jinja_is_cased(jinja *j, jinja_value text, unsigned wanted)
{
    bool any = false;
    jinja_step(j, text.size / 32);
    for (const char *at = text.text, *end = at + text.size; at < end;) {
        unsigned traits = ink_unicode_traits(ink_utf8_next(&at, end));
        if (traits & ((INK_UNICODE_UPPER | INK_UNICODE_LOWER | INK_UNICODE_TITLE) & ~wanted))
            return jinja_bool(false);
        any = any || (traits & wanted);
    }
    return jinja_bool(any);
}

static bool case_strips(const jinja_value *chars, uint32_t c)
{
    if (!chars)
        return (ink_unicode_traits(c) & INK_UNICODE_SPACE) != 0;
    for (const char *at = chars->text, *end = at + chars->size; at < end;)
        if (ink_utf8_next(&at, end) == c)
            return true;
    return false;
}

jinja_value jinja_strip(jinja_value text, const jinja_value *chars, bool left, bool right)
{
    const char *from = text.text, *to = from + text.size;
    for (const char *next = from; left && from < to; from = next)
        if (!case_strips(chars, ink_utf8_next(&next, to)))
            break;
    while (right && to > from) {
        const char *last = to;
        while (last > from && ((unsigned char)*--last & 0xc0) == 0x80)
            ;
        const char *at = last;
        if (!case_strips(chars, ink_utf8_next(&at, to)))
            break;
        to = last;
    }
    return jinja_view(from, (size_t)(to - from));
}

size_t jinja_find(jinja_value text, jinja_value part, size_t from)
{
    if (from > text.size || part.size > text.size - from)
        return SIZE_MAX;
    const char *at = part.size ? memmem(text.text + from, text.size - from, part.text, part.size) : text.text + from;
    return at ? (size_t)(at - text.text) : SIZE_MAX;
}

/* Between every two code points, and at both ends. */
static jinja_value case_interleave(jinja *j, jinja_value text, jinja_value fresh, int64_t most)
{
    jinja_build b = { .j = j };
    const char *at = text.text, *end = at + text.size;
    for (;;) {
        if (most)
            jinja_add(&b, fresh.text, fresh.size);
        most -= most > 0;
        if (at == end)
            return jinja_built(&b);
        const char *from = at;
        ink_utf8_next(&at, end);
        jinja_add(&b, from, (size_t)(at - from));
    }
}

jinja_value jinja_replace(jinja *j, jinja_value text, jinja_value old, jinja_value fresh, int64_t most)
{
    jinja_build b = { .j = j };
    size_t from = 0;
    if (!old.size)
        return case_interleave(j, text, fresh, most);
    for (; most; most -= most > 0) {
        size_t at = jinja_find(text, old, from);
        if (at == SIZE_MAX)
            break;
        jinja_step(j, 1);
        jinja_add(&b, text.text + from, at - from);
        jinja_add(&b, fresh.text, fresh.size);
        from = at + old.size;
    }
    jinja_add(&b, text.text + from, text.size - from);
    return jinja_built(&b);
}

jinja_value jinja_center(jinja *j, jinja_value text, int64_t width, jinja_value fill)
{
    jinja_build b = { .j = j };
    int64_t pad = width - (int64_t)jinja_length(j, text);
    if (pad <= 0)
        return text;
    jinja_step(j, (size_t)pad / 32);
    int64_t left = pad / 2 + (pad & width & 1);
    for (int64_t i = 0; i < left; i++)
        jinja_add(&b, fill.text, fill.size);
    jinja_add(&b, text.text, text.size);
    for (int64_t i = left; i < pad; i++)
        jinja_add(&b, fill.text, fill.size);
    return jinja_built(&b);
}

static bool case_breaks(uint32_t c)
{
    return (c >= 10 && c <= 13) || (c >= 0x1c && c <= 0x1e) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

jinja_list *jinja_lines(jinja *j, jinja_value text, bool keep_ends)
{
    jinja_list *lines = jinja_list_new(j, 0);
    const char *line = text.text, *end = line + text.size;
    for (const char *at = line; at < end;) {
        const char *before = at;
        uint32_t c = ink_utf8_next(&at, end);
        if (!case_breaks(c))
            continue;
        at += c == '\r' && at < end && *at == '\n';
        jinja_list_add(j, lines, jinja_view(line, (size_t)((keep_ends ? at : before) - line)));
        line = at;
    }
    if (line < end)
        jinja_list_add(j, lines, jinja_view(line, (size_t)(end - line)));
    return lines;
}

jinja_value jinja_join(jinja *j, jinja_value between, const jinja_list *items, bool any_type)
{
    jinja_build b = { .j = j };
    for (size_t i = 0; i < items->count; i++) {
        if (i)
            jinja_add(&b, between.text, between.size);
        jinja_add_value(&b, any_type ? items->at[i] : jinja_want_text(j, items->at[i], "an item to join"));
        jinja_step(j, 1);
    }
    return jinja_built(&b);
}
