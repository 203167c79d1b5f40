/* Strings: their lengths, patterns and formats (json_schema_format.c), alone or several at once. */
#include "text/json_schema.h"
#include "text/places.h"

#include "text/unicode.h"

#include <stdlib.h>
#include <string.h>

enum { STRING_FACETS = 8, STRING_PAIRS = 1 << 14 };

typedef struct string_facet { /* a demand: a pattern, or a length when it is NULL */
    const char *pattern;
    uint32_t min, max;
} string_facet;

/* ---- characters ---- */

/* One of them, by \u too where that makes no half of a pair. */
static ink_expression string_character(ink_grammar *g)
{
    static const ink_points plain = { .count = 3, .low = { 0x20, '"' + 1, '\\' + 1 }, .high = { '"' - 1, '\\' - 1, INK_POINT_LAST } };
    ink_points hex = { .count = 3, .low = { '0', 'A', 'a' }, .high = { '9', 'F', 'f' } }, low = { .count = 3, .low = { '0', 'A', 'a' }, .high = { '9', 'C', 'c' } };
    ink_points_add(&low, 'E', 'F');
    ink_points_add(&low, 'e', 'f');
    ink_expression digit = ink_grammar_set(g, &hex), escape = 0;
    ink_expression d = ink_grammar_then(g, ink_grammar_or(g, ink_grammar_byte(g, 'd', 'd'), ink_grammar_byte(g, 'D', 'D')), ink_grammar_byte(g, '0', '7'));
    ink_expression code = ink_grammar_or(g, ink_grammar_then(g, ink_grammar_set(g, &low), digit), d);
    code = ink_grammar_then(g, ink_grammar_then(g, ink_grammar_byte(g, 'u', 'u'), code), ink_grammar_repeat(g, digit, 2, 2));
    for (const char *c = "\"\\/bfnrt"; *c; c++)
        escape = ink_grammar_or(g, escape, ink_grammar_byte(g, (uint8_t)*c, (uint8_t)*c));
    return ink_grammar_or(g, ink_grammar_set(g, &plain), ink_grammar_then(g, ink_grammar_byte(g, '\\', '\\'), ink_grammar_or(g, escape, code)));
}

static ink_expression string_quoted(ink_grammar *g, ink_expression inside)
{
    return ink_grammar_then(g, ink_grammar_then(g, ink_grammar_byte(g, '"', '"'), inside), ink_grammar_byte(g, '"', '"'));
}

ink_expression ink_schema_literal(ink_schema *s, const ink_json *value)
{
    ink_buf text;
    ink_buf_init(&text, INK_GRAMMAR_BYTES);
    ink_json_dump(value, 0, &text);
    ink_expression out = ink_grammar_text(s->g, text.data ? text.data : "", text.len);
    s->g->failed = s->g->failed || text.failed;
    ink_buf_clear(&text);
    return out;
}

ink_expression ink_schema_text(ink_schema *s, const char *text, size_t n)
{
    ink_json *value = ink_json_new_text(text, n);
    ink_expression out = ink_schema_literal(s, value);
    ink_json_free(value);
    return out;
}

/* ---- one demand ---- */

static ink_status string_facet_make(const ink_schema *s, ink_grammar *g, const string_facet *f, ink_expression *out)
{
    if (f->pattern)
        return ink_grammar_regex(g, f->pattern, strlen(f->pattern), INK_REGEX_JSON, s->where, out, s->err);
    *out = ink_grammar_repeat(g, string_character(g), f->min, f->max);
    return INK_OK;
}

static ink_status string_places(const ink_schema *s, const string_facet *f, ink_places *p)
{
    ink_grammar g = { 0 };
    ink_expression all = 0;
    uint32_t rule = ink_grammar_rule_new(&g);
    ink_status status = string_facet_make(s, &g, f, &all);
    if (!status) {
        ink_grammar_define(&g, rule, all);
        status = ink_grammar_compile(&g, s->where, s->err);
    }
    if (!status)
        status = ink_places_make(p, &g, s->where, s->err);
    ink_grammar_clear(&g);
    return status;
}

/* ---- several at once: places of each, walked side by side ---- */

typedef struct string_pairs {
    ink_schema *s;
    ink_places of[STRING_FACETS];
    size_t facets;
    uint32_t (*at)[STRING_FACETS]; /* a place in each */
    uint32_t *rules;
    size_t count;
    uint32_t *slots;               /* a hash table: index + 1 */
} string_pairs;

static size_t string_pair(string_pairs *p, const uint32_t at[STRING_FACETS])
{
    uint64_t h = 0;
    for (size_t i = 0; i < p->facets; i++)
        h = (h ^ at[i]) * 0x9E3779B97F4A7C15u ^ h >> 29;
    size_t i = (h >> 20) & (2 * STRING_PAIRS - 1);
    for (; p->slots[i]; i = (i + 1) & (2 * STRING_PAIRS - 1))
        if (!memcmp(p->at[p->slots[i] - 1], at, p->facets * sizeof *at))
            return p->slots[i] - 1;
    if (p->count == STRING_PAIRS)
        return STRING_PAIRS;
    memcpy(p->at[p->count], at, p->facets * sizeof *at);
    p->rules[p->count] = ink_grammar_rule_new(p->s->g);
    p->slots[i] = (uint32_t)p->count + 1;
    return p->count++;
}

static bool string_pair_step(string_pairs *p, size_t index, uint8_t byte, uint32_t to[STRING_FACETS])
{
    for (size_t i = 0; i < p->facets; i++) {
        to[i] = ink_places_step(&p->of[i], p->at[index][i], byte);
        if (to[i] == INK_PLACE_NONE)
            return false;
    }
    return true;
}

/* The rule of a place in all: bytes that all can read, and the rule of where they lead. */
static ink_status string_pair_rule(string_pairs *p, size_t index)
{
    ink_grammar *g = p->s->g;
    bool ends = true;
    ink_expression all = 0;
    for (size_t i = 0; i < p->facets; i++)
        ends = ends && p->of[i].list[p->at[index][i]].ends;
    for (unsigned from = 0, b; from < 256; from = b) {
        uint32_t to[STRING_FACETS], next[STRING_FACETS];
        const bool some = string_pair_step(p, index, (uint8_t)from, to);
        for (b = from + 1; b < 256 && string_pair_step(p, index, (uint8_t)b, next) == some && (!some || !memcmp(to, next, p->facets * sizeof *to)); b++)
            ;
        size_t pair = some ? string_pair(p, to) : 0;
        if (pair == STRING_PAIRS)
            return ink_schema_refuse(p->s, INK_E_LIMIT, "a string's pattern, format and length together come to more than %d places; count less far", STRING_PAIRS);
        if (some)
            all = ink_grammar_or(g, all, ink_grammar_then(g, ink_grammar_byte(g, (uint8_t)from, (uint8_t)(b - 1)), ink_grammar_call(g, p->rules[pair])));
    }
    ink_grammar_define(g, p->rules[index], ends ? ink_grammar_or(g, all, ink_grammar_empty(g)) : all);
    return INK_OK;
}

static ink_status string_pairs_run(string_pairs *p, const string_facet *facets, ink_expression *out)
{
    uint32_t start[STRING_FACETS];
    for (size_t i = 0; i < p->facets; i++) {
        INK_TRY(string_places(p->s, &facets[i], &p->of[i]));
        start[i] = INK_PLACE_START;
    }
    string_pair(p, start);
    for (size_t i = 0; i < p->count && !p->s->g->failed; i++)
        INK_TRY(string_pair_rule(p, i));
    for (size_t i = 0; i < p->facets; i++)
        if (p->of[i].full)
            return ink_schema_refuse(p->s, INK_E_LIMIT, "a string's pattern, format and length together are too much to follow");
    *out = ink_grammar_call(p->s->g, p->rules[0]);
    return ink_grammar_check(p->s->g, p->s->where, p->s->err);
}

static ink_status string_several(ink_schema *s, const string_facet *facets, size_t count, ink_expression *out)
{
    string_pairs p = { .s = s, .facets = count, .at = calloc(STRING_PAIRS, sizeof *p.at), .rules = calloc(STRING_PAIRS, sizeof *p.rules), .slots = calloc(2 * STRING_PAIRS, sizeof *p.slots) };
    ink_status status = p.at && p.rules && p.slots ? string_pairs_run(&p, facets, out) : ink_schema_refuse(s, INK_E_MEMORY, "no memory for its strings");
    for (size_t i = 0; i < count; i++)
        ink_places_clear(&p.of[i]);
    free(p.at);
    free(p.rules);
    free(p.slots);
    return status;
}

/* ---- what the schemas say ---- */

static ink_status string_facet_add(const ink_schema *s, string_facet *facets, size_t *count, const char *pattern)
{
    if (*count == STRING_FACETS)
        return ink_schema_refuse(s, INK_E_LIMIT, "more than %d patterns for one string", STRING_FACETS - 1);
    facets[(*count)++].pattern = pattern;
    return INK_OK;
}

static ink_status string_facets(ink_schema *s, const ink_schema_all *all, string_facet *facets, size_t *count)
{
    uint32_t min, max;
    INK_TRY(ink_schema_count(s, all, "minLength", true, 0, &min));
    INK_TRY(ink_schema_count(s, all, "maxLength", false, INK_GRAMMAR_FAR, &max));
    for (size_t i = 0; i < all->count; i++) {
        const ink_json *pattern = ink_json_get(all->at[i].schema, "pattern"), *format = ink_json_get(all->at[i].schema, "format");
        if (pattern && !ink_json_string(pattern, NULL))
            return ink_schema_refuse(s, INK_E_FORMAT, "\"pattern\" wants a text");
        if (pattern)
            INK_TRY(string_facet_add(s, facets, count, ink_json_string(pattern, NULL)));
        if (format) {
            const char *of;
            INK_TRY(ink_schema_format(s, ink_json_string(format, ""), &of));
            INK_TRY(string_facet_add(s, facets, count, of));
        }
    }
    if (!*count || min || max != INK_GRAMMAR_FAR) {
        INK_TRY(string_facet_add(s, facets, count, NULL));
        facets[*count - 1].min = min;
        facets[*count - 1].max = max;
    }
    return INK_OK;
}

ink_status ink_schema_string(ink_schema *s, const ink_schema_all *all, ink_expression *out)
{
    string_facet facets[STRING_FACETS] = { 0 };
    size_t count = 0;
    INK_TRY(string_facets(s, all, facets, &count));
    *out = 0;
    if (!facets[count - 1].pattern && facets[count - 1].min > facets[count - 1].max)
        return INK_OK;
    if (count > 1)
        INK_TRY(string_several(s, facets, count, out));
    else
        INK_TRY(string_facet_make(s, s->g, facets, out));
    *out = string_quoted(s->g, *out);
    return INK_OK;
}

ink_status ink_schema_pattern(ink_schema *s, const char *pattern, ink_expression *out)
{
    const string_facet facet = { .pattern = pattern };
    INK_TRY(string_facet_make(s, s->g, &facet, out));
    *out = string_quoted(s->g, *out);
    return INK_OK;
}

ink_status ink_schema_fits(ink_schema *s, const char *pattern, const char *text, bool *fits)
{
    ink_grammar g = { 0 };
    ink_places p = { 0 };
    ink_expression all = 0;
    uint32_t rule = ink_grammar_rule_new(&g), at = INK_PLACE_START;
    ink_status status = ink_grammar_regex(&g, pattern, strlen(pattern), INK_REGEX_FIND, s->where, &all, s->err);
    ink_grammar_define(&g, rule, all);
    if (!status)
        status = ink_grammar_compile(&g, s->where, s->err);
    if (!status)
        status = ink_places_make(&p, &g, s->where, s->err);
    for (; !status && *text && at != INK_PLACE_NONE; text++)
        at = ink_places_step(&p, at, (uint8_t)*text);
    *fits = !status && p.list[at].ends;
    ink_grammar_clear(&g);
    ink_places_clear(&p);
    return status;
}

/* ---- names that are none of some ---- */

static int string_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What may follow the first n bytes that these names (in order) share, to be none of them. */
static ink_expression string_other(ink_schema *s, const char *const *names, size_t count, size_t n)
{
    ink_grammar *g = s->g;
    static const ink_points plain = { .count = 3, .low = { 0x20, '"' + 1, '\\' + 1 }, .high = { '"' - 1, '\\' - 1, INK_POINT_LAST } };
    ink_points other = plain;
    ink_expression all = names[0][n] ? ink_grammar_empty(g) : 0; /* the name that ends here is first */
    for (size_t i = names[0][n] ? 0 : 1; i < count;) {
        const char *at = names[i] + n, *end = at + strlen(at);
        size_t last = i + 1;
        const uint32_t point = ink_utf8_next(&at, end);
        const size_t size = (size_t)(at - names[i]) - n;
        while (last < count && !memcmp(names[last], names[i], n + size))
            last++;
        ink_points_minus(&other, point, point);
        if (point >= 0x20 && point != '"' && point != '\\' && n < 200) /* others are not written without an escape; long names only by what they begin with */
            all = ink_grammar_or(g, all, ink_grammar_then(g, ink_grammar_points(g, point, point), string_other(s, names + i, last - i, n + size)));
        i = last;
    }
    return ink_grammar_or(g, all, ink_grammar_then(g, ink_grammar_set(g, &other), ink_grammar_repeat(g, ink_grammar_set(g, &plain), 0, INK_GRAMMAR_FAR)));
}

ink_expression ink_schema_other_text(ink_schema *s, const char *const *names, size_t count)
{
    const char *sorted[INK_SCHEMA_NAMES];
    static const ink_points plain = { .count = 3, .low = { 0x20, '"' + 1, '\\' + 1 }, .high = { '"' - 1, '\\' - 1, INK_POINT_LAST } };
    memcpy(sorted, names, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, string_order);
    return string_quoted(s->g, count ? string_other(s, sorted, count, 0) : ink_grammar_repeat(s->g, ink_grammar_set(s->g, &plain), 0, INK_GRAMMAR_FAR));
}
