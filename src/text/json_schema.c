/* Schemas, what they refer to, and their alternatives. */
#include "text/json_schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TYPE_NULL = 1, TYPE_BOOL = 2, TYPE_WHOLE = 4, TYPE_REAL = 8, TYPE_STRING = 16, TYPE_ARRAY = 32, TYPE_OBJECT = 64, TYPE_ANY = 127 };
enum { SCHEMA_MEMO = 1 << 14, SCHEMA_SEARCH = 1 << 16 };

struct ink_schema_memo {
    ink_schema_all all;
    uint32_t rule;
};

ink_status ink_schema_refuse(const ink_schema *s, ink_status status, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return ink_fail(s->err, status, "%s: %s", s->where, text);
}

/* ---- keywords ---- */

/* What is understood, and what says nothing about validity. The rest is refused. */
static const char *const schema_understood[] = {
    "type", "enum", "const", "properties", "required", "additionalProperties", "patternProperties", "minProperties", "maxProperties", "items", "prefixItems",
    "minItems", "maxItems", "minLength", "maxLength", "pattern", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "anyOf", "oneOf", "allOf", "$ref",
    "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "$schema", "$id", "$comment", "$defs", "definitions", "$anchor", "$dynamicAnchor",
    "contentEncoding", "contentMediaType", "contentSchema",
};

static ink_status schema_keywords(ink_schema *s, const ink_json *schema)
{
    const char *key;
    const ink_json *value;
    for (void *it = NULL; (it = ink_json_next(schema, it, &key, &value)) != NULL;) {
        size_t i = 0;
        while (i < sizeof schema_understood / sizeof *schema_understood && strcmp(key, schema_understood[i]))
            i++;
        if (i == sizeof schema_understood / sizeof *schema_understood && strcmp(key, "uniqueItems"))
            return ink_schema_refuse(s, INK_E_UNSUPPORTED, "the keyword \"%.80s\" is not done; docs/constraints.md lists what is", key);
        if (!strcmp(key, "uniqueItems") && ink_json_bool(value, 1))
            return ink_schema_refuse(s, INK_E_UNSUPPORTED, "the keyword \"uniqueItems\" is not done; docs/constraints.md lists what is");
        if (!strcmp(key, "$id") && schema != s->root)
            return ink_schema_refuse(s, INK_E_UNSUPPORTED, "\"$id\" below the root is not done");
    }
    return INK_OK;
}

/* ---- references ---- */

/* The next name of a JSON pointer (RFC 6901), percent signs read; the byte after it. */
static const char *schema_pointer_name(const char *at, char *name, size_t size)
{
    size_t n = 0;
    for (at++; *at && *at != '/' && n + 1 < size; n++) {
        unsigned byte;
        if (*at == '%' && sscanf(at + 1, "%2x", &byte) == 1 && at[1] && at[2]) {
            name[n] = (char)byte;
            at += 3;
        } else {
            name[n] = *at++;
        }
        if (name[n] == '~' && (*at == '0' || *at == '1'))
            name[n] = *at++ == '0' ? '~' : '/';
    }
    name[n] = 0;
    return at;
}

static ink_status schema_pointer(ink_schema *s, const char *pointer, const ink_json **out)
{
    char name[256];
    const ink_json *at = s->root;
    for (const char *p = pointer; *p && at;) {
        if (*p != '/')
            return ink_schema_refuse(s, INK_E_NOT_FOUND, "\"$ref\": \"#%.200s\" is nowhere in it", pointer);
        if (at != s->root && ink_json_string(ink_json_get(at, "$id"), NULL))
            return ink_schema_refuse(s, INK_E_UNSUPPORTED, "\"$id\" below the root is not done");
        p = schema_pointer_name(p, name, sizeof name);
        at = ink_json_kind(at) == INK_JSON_ARRAY ? ink_json_at(at, strtoul(name, NULL, 10)) : ink_json_get(at, name);
    }
    *out = at;
    return at ? INK_OK : ink_schema_refuse(s, INK_E_NOT_FOUND, "\"$ref\": \"#%.200s\" is nowhere in it", pointer);
}

/* The schema with that anchor, wherever schemas may stand; *looked bounds the search. */
static const ink_json *schema_anchor(const ink_json *at, const char *name, unsigned depth, size_t *looked)
{
    static const char *const data[] = { "enum", "const", "default", "examples" };
    const char *key;
    const ink_json *value, *found = NULL;
    if (++*looked > SCHEMA_SEARCH || depth > INK_SCHEMA_DEEP)
        return NULL;
    for (size_t i = 0; ink_json_kind(at) == INK_JSON_ARRAY && i < ink_json_size(at) && !found; i++)
        found = schema_anchor(ink_json_at(at, i), name, depth + 1, looked);
    if (ink_json_kind(at) != INK_JSON_OBJECT)
        return found;
    if (!strcmp(ink_json_string(ink_json_get(at, "$anchor"), ""), name) || !strcmp(ink_json_string(ink_json_get(at, "$dynamicAnchor"), ""), name))
        return at;
    for (void *it = NULL; !found && (it = ink_json_next(at, it, &key, &value)) != NULL;) {
        bool skip = false;
        for (size_t i = 0; i < sizeof data / sizeof *data; i++)
            skip = skip || !strcmp(key, data[i]);
        found = skip ? NULL : schema_anchor(value, name, depth + 1, looked);
    }
    return found;
}

static ink_status schema_reference(ink_schema *s, const char *ref, const ink_json **out)
{
    const char *id = ink_json_string(ink_json_get(s->root, "$id"), ""), *mark = strchr(ref, '#');
    const size_t n = mark ? (size_t)(mark - ref) : strlen(ref), own = strcspn(id, "#");
    size_t looked = 0;
    if (n && (n != own || memcmp(ref, id, n)))
        return ink_schema_refuse(s, INK_E_UNSUPPORTED, "\"$ref\": \"%.200s\" lies outside of it; only references that begin with # are followed", ref);
    if (!mark || !mark[1] || mark[1] == '/')
        return schema_pointer(s, mark ? mark + 1 : "", out);
    *out = schema_anchor(s->root, mark + 1, 0, &looked);
    return *out ? INK_OK : ink_schema_refuse(s, INK_E_NOT_FOUND, "\"$ref\": \"%.200s\" is nowhere in it", ref);
}

ink_status ink_schema_add(ink_schema *s, ink_schema_all *all, const ink_json *schema)
{
    const ink_json_type kind = ink_json_kind(schema);
    if (kind == INK_JSON_TRUE || kind == INK_JSON_FALSE) {
        all->never = all->never || kind == INK_JSON_FALSE;
        return INK_OK;
    }
    if (kind != INK_JSON_OBJECT)
        return ink_schema_refuse(s, INK_E_FORMAT, "a schema is an object, true or false");
    for (size_t i = 0; i < all->count; i++)
        if (all->at[i].schema == schema)
            return INK_OK;
    INK_TRY(schema_keywords(s, schema));
    if (all->count == INK_SCHEMA_PARTS)
        return ink_schema_refuse(s, INK_E_LIMIT, "more than %d schemas hold for one value", INK_SCHEMA_PARTS);
    all->at[all->count++].schema = schema;
    const ink_json *ref = ink_json_get(schema, "$ref"), *every = ink_json_get(schema, "allOf"), *to;
    if (ref) {
        INK_TRY(schema_reference(s, ink_json_string(ref, "?"), &to));
        INK_TRY(ink_schema_add(s, all, to));
    }
    if (every && ink_json_kind(every) != INK_JSON_ARRAY)
        return ink_schema_refuse(s, INK_E_FORMAT, "\"allOf\" wants a list of schemas");
    for (size_t i = 0; i < ink_json_size(every); i++)
        INK_TRY(ink_schema_add(s, all, ink_json_at(every, i)));
    return INK_OK;
}

/* ---- types and values ---- */

static const struct {
    const char *name;
    unsigned bits;
} schema_names[] = { { "null", TYPE_NULL }, { "boolean", TYPE_BOOL }, { "integer", TYPE_WHOLE }, { "number", TYPE_WHOLE | TYPE_REAL },
                     { "string", TYPE_STRING }, { "array", TYPE_ARRAY }, { "object", TYPE_OBJECT } };

static ink_status schema_type_named(ink_schema *s, const ink_json *name, unsigned *bits)
{
    const char *text = ink_json_string(name, "");
    for (size_t i = 0; i < sizeof schema_names / sizeof *schema_names; i++)
        if (!strcmp(text, schema_names[i].name)) {
            *bits |= schema_names[i].bits;
            return INK_OK;
        }
    return ink_schema_refuse(s, INK_E_FORMAT, "there is no type \"%.60s\"", text);
}

static ink_status schema_types(ink_schema *s, const ink_schema_all *all, unsigned *bits)
{
    *bits = all->never ? 0 : TYPE_ANY;
    for (size_t i = 0; i < all->count; i++) {
        const ink_json *type = ink_json_get(all->at[i].schema, "type");
        unsigned own = 0;
        if (!type)
            continue;
        if (ink_json_kind(type) != INK_JSON_ARRAY)
            INK_TRY(schema_type_named(s, type, &own));
        for (size_t k = 0; k < ink_json_size(type); k++)
            INK_TRY(schema_type_named(s, ink_json_at(type, k), &own));
        *bits &= own;
    }
    return INK_OK;
}

static unsigned schema_value_type(const ink_json *v)
{
    static const unsigned bits[] = { [INK_JSON_OBJECT] = TYPE_OBJECT, [INK_JSON_ARRAY] = TYPE_ARRAY, [INK_JSON_STRING] = TYPE_STRING, [INK_JSON_INTEGER] = TYPE_WHOLE,
                                     [INK_JSON_REAL] = TYPE_REAL, [INK_JSON_TRUE] = TYPE_BOOL, [INK_JSON_FALSE] = TYPE_BOOL, [INK_JSON_NULL] = TYPE_NULL, [INK_JSON_ABSENT] = 0 };
    const double n = ink_json_number(v, 0.5);
    return ink_json_kind(v) == INK_JSON_REAL && n > -1e15 && n < 1e15 && (double)(int64_t)n == n ? TYPE_WHOLE : bits[ink_json_kind(v)];
}

/* Equal as JSON schema has it: numbers by value, members in any order. */
static bool schema_equal(const ink_json *a, const ink_json *b)
{
    const unsigned type = schema_value_type(a);
    if (type != schema_value_type(b) || ink_json_size(a) != ink_json_size(b))
        return false;
    if (type & (TYPE_WHOLE | TYPE_REAL))
        return ink_json_kind(a) == INK_JSON_INTEGER && ink_json_kind(b) == INK_JSON_INTEGER ? ink_json_integer(a, 0) == ink_json_integer(b, 1)
                                                                                          : ink_json_number(a, 0) == ink_json_number(b, 1);
    if (type == TYPE_STRING) {
        size_t n, m;
        const char *x = ink_json_text(a, &n), *y = ink_json_text(b, &m);
        return n == m && !memcmp(x, y, n);
    }
    for (size_t i = 0; type == TYPE_ARRAY && i < ink_json_size(a); i++)
        if (!schema_equal(ink_json_at(a, i), ink_json_at(b, i)))
            return false;
    const char *key;
    const ink_json *value;
    for (void *it = NULL; type == TYPE_OBJECT && (it = ink_json_next(a, it, &key, &value)) != NULL;)
        if (!ink_json_get(b, key) || !schema_equal(value, ink_json_get(b, key)))
            return false;
    return type != TYPE_BOOL || ink_json_kind(a) == ink_json_kind(b);
}

/* Whether a value is among those of one schema's enum or const; one without either has every value. */
static bool schema_lists(const ink_json *schema, const ink_json *value)
{
    const ink_json *list = ink_json_get(schema, "enum"), *only = ink_json_get(schema, "const");
    bool found = !list;
    for (size_t i = 0; i < ink_json_size(list) && !found; i++)
        found = schema_equal(ink_json_at(list, i), value);
    return found && (!only || schema_equal(only, value));
}

typedef struct schema_values { /* the values that are listed, of the first schema that lists any */
    const ink_schema_all *all;
    const ink_json *list; /* NULL: `only` */
    const ink_json *only;
    unsigned types;
} schema_values;

static bool schema_listed(ink_schema *s, const ink_schema_all *all, schema_values *v)
{
    *v = (schema_values){ .all = all };
    for (size_t i = 0; i < all->count && !v->list && !v->only; i++) {
        v->list = ink_json_get(all->at[i].schema, "enum");
        v->only = v->list ? NULL : ink_json_get(all->at[i].schema, "const");
    }
    return (v->list || v->only) && !schema_types(s, all, &v->types);
}

/* The i-th, or NULL when it is beyond the last; *fits: whether all schemas' types and lists have it. */
static const ink_json *schema_listed_at(const schema_values *v, size_t i, bool *fits)
{
    const ink_json *value = v->list ? ink_json_at(v->list, i) : i ? NULL : v->only;
    *fits = value && (schema_value_type(value) & v->types);
    for (size_t k = 0; k < v->all->count && *fits; k++)
        *fits = schema_lists(v->all->at[k].schema, value);
    return value;
}

/* Beside enum and const only `type` may stand: nothing else is checked of the values listed. */
static ink_status schema_literals(ink_schema *s, const schema_values *v, ink_expression *out)
{
    static const char *const beside[] = { "properties", "required", "additionalProperties", "patternProperties", "minProperties", "maxProperties", "items", "prefixItems", "minItems",
                                          "maxItems", "minLength", "maxLength", "pattern", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum" };
    const ink_json *value;
    bool fits;
    for (size_t i = 0; i < v->all->count; i++)
        for (size_t k = 0; k < sizeof beside / sizeof *beside; k++)
            if (ink_json_get(v->all->at[i].schema, beside[k]))
                return ink_schema_refuse(s, INK_E_UNSUPPORTED, "\"%s\" beside \"enum\" or \"const\" is not done; leave the values that it rules out away", beside[k]);
    *out = 0;
    for (size_t i = 0; (value = schema_listed_at(v, i, &fits)) != NULL; i++)
        if (fits)
            *out = ink_grammar_or(s->g, *out, ink_schema_literal(s, value));
    return INK_OK;
}

static ink_status schema_by_type(ink_schema *s, const ink_schema_all *all, ink_expression *out)
{
    unsigned types;
    ink_expression one;
    INK_TRY(schema_types(s, all, &types));
    *out = 0;
    if (types & TYPE_OBJECT) {
        INK_TRY(ink_schema_object(s, all, &one));
        *out = ink_grammar_or(s->g, *out, one);
    }
    if (types & TYPE_ARRAY) {
        INK_TRY(ink_schema_array(s, all, &one));
        *out = ink_grammar_or(s->g, *out, one);
    }
    if (types & TYPE_STRING) {
        INK_TRY(ink_schema_string(s, all, &one));
        *out = ink_grammar_or(s->g, *out, one);
    }
    if (types & TYPE_WHOLE) {
        INK_TRY(ink_schema_number(s, all, !(types & TYPE_REAL), &one));
        *out = ink_grammar_or(s->g, *out, one);
    }
    if (types & TYPE_BOOL)
        *out = ink_grammar_or(s->g, *out, ink_grammar_or(s->g, ink_grammar_text(s->g, "true", 4), ink_grammar_text(s->g, "false", 5)));
    if (types & TYPE_NULL)
        *out = ink_grammar_or(s->g, *out, ink_grammar_text(s->g, "null", 4));
    return INK_OK;
}

/* ---- alternatives ---- */

/* Whether no value is listed by both. */
static bool schema_lists_apart(ink_schema *s, const ink_schema_all *a, const ink_schema_all *b)
{
    schema_values v, w;
    const ink_json *x, *y;
    bool fits, too;
    if (!schema_listed(s, a, &v) || !schema_listed(s, b, &w))
        return false;
    for (size_t i = 0; (x = schema_listed_at(&v, i, &fits)) != NULL; i++)
        for (size_t k = 0; fits && (y = schema_listed_at(&w, k, &too)) != NULL; k++)
            if (too && schema_equal(x, y))
                return false;
    return true;
}

static bool schema_requires(const ink_schema_all *all, const char *name)
{
    for (size_t i = 0; i < all->count; i++) {
        const ink_json *list = ink_json_get(all->at[i].schema, "required");
        for (size_t k = 0; k < ink_json_size(list); k++)
            if (!strcmp(ink_json_string(ink_json_at(list, k), ""), name))
                return true;
    }
    return false;
}

/* A member that both require, with values that differ: objects are told apart by it. */
static bool schema_members_apart(ink_schema *s, const ink_schema_all *a, const ink_schema_all *b)
{
    for (size_t i = 0; i < a->count; i++) {
        const char *key;
        const ink_json *one, *other;
        for (void *it = NULL; (it = ink_json_next(ink_json_get(a->at[i].schema, "properties"), it, &key, &one)) != NULL;)
            for (size_t k = 0; k < b->count; k++) {
                ink_schema_all x = { 0 }, y = { 0 };
                other = ink_json_get(ink_json_get(b->at[k].schema, "properties"), key);
                if (other && schema_requires(a, key) && schema_requires(b, key) && !ink_schema_add(s, &x, one) && !ink_schema_add(s, &y, other) && schema_lists_apart(s, &x, &y))
                    return true;
            }
    }
    return false;
}

static ink_status schema_apart(ink_schema *s, const ink_schema_all *a, const ink_schema_all *b, bool *apart)
{
    unsigned x, y;
    schema_values v;
    INK_TRY(schema_types(s, a, &x));
    INK_TRY(schema_types(s, b, &y));
    if (schema_listed(s, a, &v) && schema_lists_apart(s, a, b)) {
        *apart = true;
        return INK_OK;
    }
    *apart = !(x & y) || ((x & y) == TYPE_OBJECT && schema_members_apart(s, a, b));
    return INK_OK;
}

/* One value in both of two branches would be valid for none: branches must be seen to be apart. */
static ink_status schema_exclusive(ink_schema *s, const ink_schema_all *base, const ink_json *branches)
{
    for (size_t i = 0; i < ink_json_size(branches); i++)
        for (size_t k = 0; k < i; k++) {
            ink_schema_all a = *base, b = *base;
            bool apart;
            INK_TRY(ink_schema_add(s, &a, ink_json_at(branches, i)));
            INK_TRY(ink_schema_add(s, &b, ink_json_at(branches, k)));
            INK_TRY(schema_apart(s, &a, &b, &apart));
            if (!apart)
                return ink_schema_refuse(s, INK_E_UNSUPPORTED, "\"oneOf\" whose branches %zu and %zu may both hold is not done; tell them apart by type or by a required member's const, or write anyOf", k + 1, i + 1);
        }
    return INK_OK;
}

static ink_status schema_branches(ink_schema *s, const ink_schema_all *base, const ink_json *branches, ink_expression *out)
{
    if (ink_json_kind(branches) != INK_JSON_ARRAY || !ink_json_size(branches))
        return ink_schema_refuse(s, INK_E_FORMAT, "\"anyOf\" and \"oneOf\" want a list of schemas");
    *out = 0;
    for (size_t i = 0; i < ink_json_size(branches); i++) {
        ink_schema_all all = *base;
        ink_expression one;
        INK_TRY(ink_schema_add(s, &all, ink_json_at(branches, i)));
        INK_TRY(ink_schema_expression(s, &all, &one));
        *out = ink_grammar_or(s->g, *out, one);
    }
    return INK_OK;
}

static ink_status schema_body(ink_schema *s, const ink_schema_all *all, ink_expression *out)
{
    ink_schema_all rest = *all;
    schema_values values;
    *out = 0;
    if (all->never)
        return INK_OK;
    for (size_t i = 0; i < all->count; i++) {
        const ink_json *any = ink_json_get(all->at[i].schema, "anyOf"), *one = ink_json_get(all->at[i].schema, "oneOf");
        if (any && !all->at[i].any_taken) {
            rest.at[i].any_taken = true;
            return schema_branches(s, &rest, any, out);
        }
        if (one && !all->at[i].one_taken) {
            rest.at[i].one_taken = true;
            INK_TRY(schema_exclusive(s, &rest, one));
            return schema_branches(s, &rest, one, out);
        }
    }
    return schema_listed(s, all, &values) ? schema_literals(s, &values, out) : schema_by_type(s, all, out);
}

/* ---- a rule for each conjunction ---- */

static bool schema_same(const ink_schema_all *a, const ink_schema_all *b)
{
    bool same = a->count == b->count && a->never == b->never;
    for (size_t i = 0; i < a->count && same; i++)
        same = a->at[i].schema == b->at[i].schema && a->at[i].any_taken == b->at[i].any_taken && a->at[i].one_taken == b->at[i].one_taken;
    return same;
}

ink_status ink_schema_expression(ink_schema *s, const ink_schema_all *all, ink_expression *out)
{
    for (size_t i = 0; i < s->memo_count; i++)
        if (schema_same(&s->memo[i].all, all)) {
            *out = ink_grammar_call(s->g, s->memo[i].rule);
            return INK_OK;
        }
    if (s->memo_count == SCHEMA_MEMO)
        return ink_schema_refuse(s, INK_E_LIMIT, "more than %d different schemas", SCHEMA_MEMO);
    if (s->memo_count == s->memo_room) {
        size_t room = s->memo_room ? 2 * s->memo_room : 16;
        struct ink_schema_memo *more = realloc(s->memo, room * sizeof *more);
        if (!more)
            return ink_schema_refuse(s, INK_E_MEMORY, "no memory for its schemas");
        s->memo = more;
        s->memo_room = room;
    }
    if (++s->depth > INK_SCHEMA_DEEP)
        return ink_schema_refuse(s, INK_E_LIMIT, "schemas are nested more than %d deep", INK_SCHEMA_DEEP);
    const uint32_t rule = ink_grammar_rule_new(s->g);
    ink_expression body;
    s->memo[s->memo_count++] = (struct ink_schema_memo){ *all, rule };
    INK_TRY(schema_body(s, all, &body));
    INK_TRY(ink_grammar_check(s->g, s->where, s->err));
    ink_grammar_define(s->g, rule, body);
    s->depth--;
    *out = ink_grammar_call(s->g, rule);
    return INK_OK;
}

ink_expression ink_schema_space(ink_schema *s) /* nothing, a space, or a new line and what indents it */
{
    ink_grammar *g = s->g;
    if (!s->space) {
        ink_expression line = ink_grammar_then(g, ink_grammar_byte(g, '\n', '\n'), ink_grammar_repeat(g, ink_grammar_byte(g, ' ', ' '), 0, 20));
        s->space = ink_grammar_share(g, ink_grammar_maybe(g, ink_grammar_or(g, ink_grammar_byte(g, ' ', ' '), line)));
    }
    return s->space;
}

ink_status ink_schema_count(ink_schema *s, const ink_schema_all *all, const char *keyword, bool greatest, uint32_t none, uint32_t *out)
{
    *out = none;
    for (size_t i = 0; i < all->count; i++) {
        const ink_json *v = ink_json_get(all->at[i].schema, keyword);
        const double n = ink_json_number(v, -1);
        if (!v)
            continue;
        if (n < 0 || n != (double)(int64_t)n)
            return ink_schema_refuse(s, INK_E_FORMAT, "\"%s\" wants a number that counts", keyword);
        if (n > INK_GRAMMAR_REPEAT)
            return ink_schema_refuse(s, INK_E_LIMIT, "\"%s\" counts to %d at most", keyword, INK_GRAMMAR_REPEAT);
        if (*out == none || (greatest ? (uint32_t)n > *out : (uint32_t)n < *out))
            *out = (uint32_t)n;
    }
    return INK_OK;
}

ink_status ink_grammar_from_schema(ink_grammar *g, const char *text, size_t n, const char *where, ink_err *err)
{
    ink_json *root;
    INK_TRY(ink_json_parse(text, n, where, &root, err));
    ink_schema s = { .g = g, .root = root, .where = where, .err = err };
    ink_schema_all all = { 0 };
    ink_expression body = 0;
    uint32_t rule = ink_grammar_rule_new(g);
    ink_status status = ink_schema_add(&s, &all, root);
    if (!status)
        status = ink_schema_expression(&s, &all, &body);
    ink_grammar_define(g, rule, body);
    free(s.memo);
    ink_json_free(root);
    return status;
}
