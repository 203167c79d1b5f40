/* Filters that make text of text. Whatever is no text is printed first, as Jinja does it. */
#include "text/jinja.h"
#include "text/unicode.h"

#include <string.h>

static jinja_value text_upper(jinja *j, jinja_value v, const jinja_args *a) { (void)a; return jinja_recase(j, jinja_to_text(j, v), JINJA_AS_UPPER); }
static jinja_value text_lower(jinja *j, jinja_value v, const jinja_args *a) { (void)a; return jinja_recase(j, jinja_to_text(j, v), JINJA_AS_LOWER); }
static jinja_value text_capitalize(jinja *j, jinja_value v, const jinja_args *a) { (void)a; return jinja_recase(j, jinja_to_text(j, v), JINJA_AS_CAPITAL); }
static jinja_value text_string(jinja *j, jinja_value v, const jinja_args *a) { (void)a; return jinja_to_text(j, v); }

/* Words begin after white space, hyphens and opening brackets; unlike str.title(), not after digits or quotes. */
static jinja_value text_title(jinja *j, jinja_value v, const jinja_args *a)
{
    (void)a;
    jinja_value s = jinja_to_text(j, v);
    jinja_build b = { .j = j };
    const char *end = s.text + s.size;
    for (const char *at = s.text, *word = at; at < end;) {
        const char *after = at;
        uint32_t c = ink_utf8_next(&after, end);
        bool parts = c == '-' || c == '(' || c == '{' || c == '[' || c == '<' || (ink_unicode_traits(c) & INK_UNICODE_SPACE);
        jinja_value one = jinja_recase(j, jinja_view(at, (size_t)(after - at)), at == word ? JINJA_AS_UPPER : JINJA_AS_LOWER);
        jinja_add(&b, one.text, one.size);
        at = after;
        word = parts ? after : word;
    }
    return jinja_built(&b);
}

static jinja_value text_trim(jinja *j, jinja_value v, const jinja_args *a)
{
    bool white = !jinja_given(a, 0) || a->at[0].type == JINJA_NONE;
    if (!white)
        jinja_want_text(j, a->at[0], "what to trim");
    return jinja_strip(jinja_to_text(j, v), white ? NULL : &a->at[0], true, true);
}

static jinja_value text_replace(jinja *j, jinja_value v, const jinja_args *a)
{
    int64_t most = a->at[2].type == JINJA_NONE ? -1 : jinja_arg_int(j, a, 2, -1);
    jinja_value old = jinja_to_text(j, a->at[0]), fresh = jinja_to_text(j, a->at[1]);
    return jinja_replace(j, jinja_to_text(j, v), old, fresh, most);
}

static jinja_value text_indent(jinja *j, jinja_value v, const jinja_args *a)
{
    jinja_value by = a->at[0].type == JINJA_TEXT ? a->at[0] : jinja_center(j, JINJA_NAME(""), jinja_arg_int(j, a, 0, 4), JINJA_NAME(" "));
    jinja_list *lines = jinja_lines(j, jinja_sum(j, v, JINJA_NAME("\n")), false);
    jinja_build b = { .j = j };
    for (size_t i = 0; i < lines->count; i++) {
        if (i)
            jinja_add_char(&b, '\n');
        if (i ? lines->at[i].size || jinja_arg_true(j, a, 2) : jinja_arg_true(j, a, 1))
            jinja_add(&b, by.text, by.size);
        jinja_add(&b, lines->at[i].text, lines->at[i].size);
    }
    return jinja_built(&b);
}

static jinja_value text_center(jinja *j, jinja_value v, const jinja_args *a)
{
    return jinja_center(j, jinja_to_text(j, v), jinja_arg_int(j, a, 0, 80), JINJA_NAME(" "));
}

static jinja_value text_truncate(jinja *j, jinja_value v, const jinja_args *a)
{
    jinja_value tail = jinja_arg_text(j, a, 2, "...");
    int64_t length = jinja_arg_int(j, a, 0, 255), leeway = a->at[3].type == JINJA_NONE ? 5 : jinja_arg_int(j, a, 3, 5);
    int64_t keep = length - (int64_t)jinja_length(j, tail);
    if (keep < 0 || leeway < 0)
        jinja_fail(j, INK_E_FORMAT, "truncate needs a length that holds what it ends with");
    if ((int64_t)jinja_length(j, v) - leeway <= length)
        return v;
    jinja_value s = jinja_slice(j, jinja_want_text(j, v, "what to truncate"), jinja_none(), jinja_int(keep), jinja_none());
    const char *space = jinja_arg_true(j, a, 1) ? NULL : memchr(s.text, ' ', s.size);
    for (const char *next = space; next; next = memchr(next + 1, ' ', (size_t)(s.text + s.size - next - 1)))
        space = next;
    return jinja_sum(j, space ? jinja_view(s.text, (size_t)(space - s.text)) : s, tail);
}

static jinja_value text_wordcount(jinja *j, jinja_value v, const jinja_args *a)
{
    (void)a;
    jinja_value s = jinja_to_text(j, v);
    int64_t count = 0;
    bool inside = false;
    jinja_step(j, s.size / 32);
    for (const char *at = s.text, *end = at + s.size; at < end;) {
        uint32_t c = ink_utf8_next(&at, end);
        bool word = c == '_' || (ink_unicode_traits(c) & (INK_UNICODE_LETTER | INK_UNICODE_NUMBER));
        count += word && !inside;
        inside = word;
    }
    return jinja_int(count);
}

static jinja_value text_escape(jinja *j, jinja_value v, const jinja_args *a)
{
    static const struct {
        char c;
        const char *entity;
    } table[] = { { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '\'', "&#39;" }, { '"', "&#34;" } };
    (void)a;
    jinja_value s = jinja_to_text(j, v);
    jinja_build b = { .j = j };
    for (size_t i = 0; i < s.size; i++) {
        const char *entity = NULL;
        for (size_t k = 0; k < sizeof table / sizeof *table; k++)
            entity = table[k].c == s.text[i] ? table[k].entity : entity;
        if (entity)
            jinja_add_text(&b, entity);
        else
            jinja_add_char(&b, s.text[i]);
    }
    return jinja_built(&b);
}

static jinja_value text_format(jinja *j, jinja_value v, const jinja_args *a)
{
    jinja_list *list = jinja_list_new(j, 0);
    jinja_dict *d = jinja_dict_new(j, 0);
    for (size_t i = 0; i < a->count; i++)
        jinja_list_add(j, list, a->at[i]);
    for (size_t i = 0; i < a->named_count; i++)
        jinja_dict_set(j, d, a->names[i], a->named[i]);
    return jinja_percent(j, jinja_to_text(j, v), d->count ? jinja_of_dict(d) : jinja_of_list(JINJA_TUPLE, list));
}

static bool text_safe_in_url(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || strchr("_.-~/", c);
}

static void text_add_url(jinja_build *b, jinja_value v, bool query)
{
    jinja_value s = jinja_to_text(b->j, v);
    for (size_t i = 0; i < s.size; i++)
        if (query && s.text[i] == ' ')
            jinja_add_char(b, '+');
        else if (s.text[i] && text_safe_in_url(s.text[i]) && !(query && s.text[i] == '/'))
            jinja_add_char(b, s.text[i]);
        else
            jinja_add_format(b, "%%%02X", (unsigned char)s.text[i]);
}

static jinja_value text_urlencode(jinja *j, jinja_value v, const jinja_args *a)
{
    (void)a;
    jinja_build b = { .j = j };
    const jinja_list *items = v.type == JINJA_TEXT || !jinja_iterable(v) ? NULL : jinja_items(j, v);
    if (!items)
        text_add_url(&b, v, false);
    for (size_t i = 0; items && i < items->count; i++) {
        const jinja_list *pair = v.type == JINJA_DICT ? NULL : jinja_items(j, items->at[i]);
        if (pair && pair->count != 2)
            jinja_fail(j, INK_E_FORMAT, "urlencode takes text, a mapping or pairs, not %zu values", pair->count);
        if (i)
            jinja_add_char(&b, '&');
        text_add_url(&b, pair ? pair->at[0] : items->at[i], true);
        jinja_add_char(&b, '=');
        text_add_url(&b, pair ? pair->at[1] : v.dict->values[i], true);
    }
    return jinja_built(&b);
}

const jinja_function jinja_text_filters[] = {
    { "trim", text_trim, "chars", 0 },
    { "upper", text_upper, "", 0 },
    { "lower", text_lower, "", 0 },
    { "title", text_title, "", 0 },
    { "capitalize", text_capitalize, "", 0 },
    { "string", text_string, "", 0 },
    { "safe", text_string, "", 0 }, /* nothing is escaped unasked, so nothing needs to be told to stay */
    { "replace", text_replace, "old new count", 2 },
    { "indent", text_indent, "width first blank", 0 },
    { "center", text_center, "width", 0 },
    { "truncate", text_truncate, "length killwords end leeway", 0 },
    { "wordcount", text_wordcount, "", 0 },
    { "e", text_escape, "", 0 },
    { "escape", text_escape, "", 0 },
    { "forceescape", text_escape, "", 0 },
    { "format", text_format, NULL, 0 },
    { "urlencode", text_urlencode, "", 0 },
    { "tojson", jinja_to_json, "ensure_ascii indent separators sort_keys", 0 },
    { 0 },
};
