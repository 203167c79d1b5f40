/* Arrays and objects: what holds for each item and member. */
#include "text/json_schema.h"

#include <stdlib.h>
#include <string.h>

static ink_expression parts_wrap(ink_schema *s, char open, ink_expression inside, char close)
{
    ink_grammar *g = s->g;
    ink_expression all = ink_grammar_then(g, ink_grammar_byte(g, (uint8_t)open, (uint8_t)open), ink_schema_space(s));
    all = ink_grammar_then(g, ink_grammar_then(g, all, inside), ink_schema_space(s));
    return ink_grammar_then(g, all, ink_grammar_byte(g, (uint8_t)close, (uint8_t)close));
}

static ink_expression parts_comma(ink_schema *s)
{
    return ink_grammar_then(s->g, ink_grammar_byte(s->g, ',', ','), ink_schema_space(s));
}

/* ---- arrays ---- */

/* The schemas of item i; beyond all lists i is the greatest. */
static ink_status array_item(ink_schema *s, const ink_schema_all *all, size_t i, ink_expression *out)
{
    ink_schema_all item = { 0 };
    for (size_t k = 0; k < all->count; k++) {
        const ink_json *first = ink_json_get(all->at[k].schema, "prefixItems"), *rest = ink_json_get(all->at[k].schema, "items");
        const ink_json *own = i < ink_json_size(first) ? ink_json_at(first, i) : rest;
        if (ink_json_kind(rest) == INK_JSON_ARRAY)
            return ink_schema_refuse(s, INK_E_UNSUPPORTED, "a list as \"items\" is not 2020-12; write \"prefixItems\"");
        if (own)
            INK_TRY(ink_schema_add(s, &item, own));
    }
    return ink_schema_expression(s, &item, out);
}

/* From behind: what may follow the first i items, each with its own schema. */
ink_status ink_schema_array(ink_schema *s, const ink_schema_all *all, ink_expression *out)
{
    ink_grammar *g = s->g;
    uint32_t min, max;
    size_t own = 0;
    ink_expression item;
    INK_TRY(ink_schema_count(s, all, "minItems", true, 0, &min));
    INK_TRY(ink_schema_count(s, all, "maxItems", false, INK_GRAMMAR_FAR, &max));
    for (size_t k = 0; k < all->count; k++) {
        size_t n = ink_json_size(ink_json_get(all->at[k].schema, "prefixItems"));
        own = n > own ? n : own;
    }
    own = own > max ? max : own;
    *out = 0;
    if (min > max)
        return INK_OK;
    INK_TRY(array_item(s, all, SIZE_MAX, &item));
    const uint32_t from = min > own ? min - (uint32_t)own : 0, to = max == INK_GRAMMAR_FAR ? max : max - (uint32_t)own;
    ink_expression rest;
    if (own) {
        rest = ink_grammar_repeat(g, ink_grammar_then(g, parts_comma(s), item), from, to);
    } else if (to) {
        rest = ink_grammar_then(g, item, ink_grammar_repeat(g, ink_grammar_then(g, parts_comma(s), item), from ? from - 1 : 0, to == INK_GRAMMAR_FAR ? to : to - 1));
        rest = from ? rest : ink_grammar_maybe(g, rest);
    } else {
        rest = ink_grammar_empty(g);
    }
    for (size_t i = own; i--;) {
        INK_TRY(array_item(s, all, i, &item));
        rest = ink_grammar_then(g, i ? ink_grammar_then(g, parts_comma(s), item) : item, rest);
        rest = ink_grammar_share(g, i < min ? rest : ink_grammar_maybe(g, rest));
    }
    *out = parts_wrap(s, '[', rest, ']');
    return INK_OK;
}

/* ---- objects ---- */

typedef struct object_names {
    const char *at[INK_SCHEMA_NAMES];
    bool required[INK_SCHEMA_NAMES];
    size_t count;
    bool declared;          /* some schema has properties */
    bool open;              /* some schema says what other members are, and none forbids them */
    const char *pattern;    /* the only one of patternProperties */
    size_t patterns;
} object_names;

static ink_status object_name(const ink_schema *s, object_names *n, const char *name, bool required)
{
    size_t i = 0;
    while (i < n->count && strcmp(n->at[i], name))
        i++;
    if (i == INK_SCHEMA_NAMES)
        return ink_schema_refuse(s, INK_E_LIMIT, "an object has more than %d members", INK_SCHEMA_NAMES);
    n->at[i] = name;
    n->required[i] = n->required[i] || required;
    n->count += i == n->count;
    return INK_OK;
}

static ink_status object_read(const ink_schema *s, const ink_schema_all *all, object_names *n)
{
    const char *key;
    const ink_json *value;
    for (size_t k = 0; k < all->count; k++) {
        const ink_json *schema = all->at[k].schema, *own = ink_json_get(schema, "properties"), *patterns = ink_json_get(schema, "patternProperties");
        if (ink_json_get(schema, "additionalProperties"))
            n->open = true;
        n->declared = n->declared || own;
        for (void *it = NULL; (it = ink_json_next(own, it, &key, &value)) != NULL;)
            INK_TRY(object_name(s, n, key, false));
        for (void *it = NULL; (it = ink_json_next(patterns, it, &n->pattern, &value)) != NULL;)
            n->patterns++;
    }
    for (size_t k = 0; k < all->count; k++) {
        const ink_json *list = ink_json_get(all->at[k].schema, "required");
        for (size_t i = 0; i < ink_json_size(list); i++)
            INK_TRY(object_name(s, n, ink_json_string(ink_json_at(list, i), ""), true));
    }
    if (n->patterns > 1)
        return ink_schema_refuse(s, INK_E_UNSUPPORTED, "more than one pattern in \"patternProperties\" is not done");
    if (!n->patterns) /* the walk above left it at the end of a table */
        n->pattern = NULL;
    return INK_OK;
}

/* What holds for a member of that name; NULL: for one that no schema names and no pattern fits. */
static ink_status object_member(ink_schema *s, const ink_schema_all *all, const char *name, ink_schema_all *out)
{
    for (size_t k = 0; k < all->count; k++) {
        const ink_json *schema = all->at[k].schema, *own = name ? ink_json_get(ink_json_get(schema, "properties"), name) : NULL;
        const ink_json *other = ink_json_get(schema, "additionalProperties"), *patterned;
        const char *pattern;
        bool covered = own != NULL;
        if (own)
            INK_TRY(ink_schema_add(s, out, own));
        for (void *it = NULL; name && (it = ink_json_next(ink_json_get(schema, "patternProperties"), it, &pattern, &patterned)) != NULL;) {
            bool fits;
            INK_TRY(ink_schema_fits(s, pattern, name, &fits));
            if (fits)
                INK_TRY(ink_schema_add(s, out, patterned));
            covered = covered || fits;
        }
        if (!covered && other)
            INK_TRY(ink_schema_add(s, out, other));
    }
    return INK_OK;
}

/* What holds for members whose names fit the one pattern and are not declared. */
static ink_status object_patterned(ink_schema *s, const ink_schema_all *all, ink_schema_all *out)
{
    for (size_t k = 0; k < all->count; k++) {
        const ink_json *patterns = ink_json_get(all->at[k].schema, "patternProperties"), *other = ink_json_get(all->at[k].schema, "additionalProperties"), *own;
        const char *pattern;
        void *it = ink_json_next(patterns, NULL, &pattern, &own);
        if (it || other)
            INK_TRY(ink_schema_add(s, out, it ? own : other));
    }
    return INK_OK;
}

static ink_expression object_pair(ink_schema *s, ink_expression name, ink_expression value)
{
    ink_grammar *g = s->g;
    ink_expression colon = ink_grammar_then(g, ink_grammar_byte(g, ':', ':'), ink_grammar_maybe(g, ink_grammar_byte(g, ' ', ' ')));
    return ink_grammar_then(g, ink_grammar_then(g, name, colon), value);
}

/* One member that no schema names; 0: there are none. */
static ink_status object_other(ink_schema *s, const ink_schema_all *all, const object_names *n, ink_expression *out)
{
    ink_schema_all other = { 0 };
    ink_expression name, value;
    *out = 0;
    for (size_t i = 0; n->pattern && i < n->count; i++) {
        bool fits;
        INK_TRY(ink_schema_fits(s, n->pattern, n->at[i], &fits));
        if (fits) /* others of its kind would have to be told from it */
            return INK_OK;
    }
    if (!n->pattern && !n->open && n->declared)
        return INK_OK;
    INK_TRY(n->pattern ? object_patterned(s, all, &other) : object_member(s, all, NULL, &other));
    if (other.never)
        return INK_OK;
    if (n->pattern)
        INK_TRY(ink_schema_pattern(s, n->pattern, &name));
    else
        name = ink_schema_other_text(s, n->at, n->count);
    INK_TRY(ink_schema_expression(s, &other, &value));
    *out = object_pair(s, name, value);
    return INK_OK;
}

/* Counts of members beyond what the names themselves promise would need names told apart. */
static ink_status object_counts(ink_schema *s, const ink_schema_all *all, const object_names *n, bool others, uint32_t *min, uint32_t *max)
{
    size_t required = 0;
    INK_TRY(ink_schema_count(s, all, "minProperties", true, 0, min));
    INK_TRY(ink_schema_count(s, all, "maxProperties", false, INK_GRAMMAR_FAR, max));
    for (size_t i = 0; i < n->count; i++)
        required += n->required[i];
    const bool few = *min <= required || (*min == 1 && !n->count), all_fit = *max >= n->count && (!others || *max == INK_GRAMMAR_FAR || !n->count);
    return few && all_fit ? INK_OK : ink_schema_refuse(s, INK_E_UNSUPPORTED, "\"minProperties\" and \"maxProperties\" are done where there are no optional members to count; name what is required instead");
}

/* Members that no schema names, as many as may be. */
static ink_expression object_others(ink_schema *s, ink_expression other, bool first, uint32_t min, uint32_t max)
{
    ink_grammar *g = s->g;
    if (!other)
        return min ? 0 : ink_grammar_empty(g);
    ink_expression next = ink_grammar_then(g, parts_comma(s), other);
    if (!first)
        return ink_grammar_repeat(g, next, 0, max);
    if (!max)
        return ink_grammar_empty(g);
    ink_expression some = ink_grammar_then(g, other, ink_grammar_repeat(g, next, min ? min - 1 : 0, max == INK_GRAMMAR_FAR ? max : max - 1));
    return min ? some : ink_grammar_maybe(g, some);
}

static ink_status object_build(ink_schema *s, const ink_schema_all *all, const object_names *n, ink_expression *out)
{
    ink_grammar *g = s->g;
    ink_expression other, first, next;
    uint32_t min, max;
    INK_TRY(object_other(s, all, n, &other));
    INK_TRY(object_counts(s, all, n, other != 0, &min, &max));
    first = object_others(s, other, true, n->count ? 0 : min, max); /* what may follow when no member stands yet, and when one does */
    next = object_others(s, other, false, 0, n->count ? INK_GRAMMAR_FAR : max);
    for (size_t i = n->count; i--;) {
        ink_schema_all member = { 0 };
        ink_expression value, pair;
        INK_TRY(object_member(s, all, n->at[i], &member));
        INK_TRY(ink_schema_expression(s, &member, &value));
        pair = ink_grammar_share(g, object_pair(s, ink_schema_text(s, n->at[i], strlen(n->at[i])), value));
        ink_expression one = ink_grammar_then(g, pair, next), more = ink_grammar_then(g, ink_grammar_then(g, parts_comma(s), pair), next);
        first = ink_grammar_share(g, n->required[i] ? one : ink_grammar_or(g, one, first));
        next = ink_grammar_share(g, n->required[i] ? more : ink_grammar_or(g, more, next));
    }
    *out = parts_wrap(s, '{', first, '}');
    return INK_OK;
}

ink_status ink_schema_object(ink_schema *s, const ink_schema_all *all, ink_expression *out)
{
    object_names *n = calloc(1, sizeof *n);
    if (!n)
        return ink_schema_refuse(s, INK_E_MEMORY, "no memory for an object's members");
    ink_status status = object_read(s, all, n);
    if (!status)
        status = object_build(s, all, n, out);
    free(n);
    return status;
}
