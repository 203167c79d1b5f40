/* Schemas as rules: alternatives, values by type, and a rule for each conjunction of schemas. */
#include "text/json_schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCHEMA_MEMO = 1 << 14 };

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

static ink_status schema_by_type(ink_schema *s, const ink_schema_all *all, ink_expression *out)
{
    unsigned types;
    ink_expression one;
    INK_TRY(ink_schema_types(s, all, &types));
    *out = 0;
    if (types & INK_SCHEMA_OBJECT) {
        INK_TRY(ink_schema_object(s, all, &one));
        *out = ink_grammar_or(s->g, *out, one);
    }
    if (types & INK_SCHEMA_ARRAY) {
        INK_TRY(ink_schema_array(s, all, &one));
        *out = ink_grammar_or(s->g, *out, one);
    }
    if (types & INK_SCHEMA_STRING) {
        INK_TRY(ink_schema_string(s, all, &one));
        *out = ink_grammar_or(s->g, *out, one);
    }
    if (types & INK_SCHEMA_WHOLE) {
        INK_TRY(ink_schema_number(s, all, !(types & INK_SCHEMA_REAL), &one));
        *out = ink_grammar_or(s->g, *out, one);
    }
    if (types & INK_SCHEMA_BOOL)
        *out = ink_grammar_or(s->g, *out, ink_grammar_or(s->g, ink_grammar_text(s->g, "true", 4), ink_grammar_text(s->g, "false", 5)));
    if (types & INK_SCHEMA_NULL)
        *out = ink_grammar_or(s->g, *out, ink_grammar_text(s->g, "null", 4));
    return INK_OK;
}

/* ---- alternatives ---- */

/* Whether no value is listed by both. */
static bool schema_lists_apart(ink_schema *s, const ink_schema_all *a, const ink_schema_all *b)
{
    ink_schema_values v, w;
    const ink_json *x, *y;
    bool fits, too;
    if (!ink_schema_listed(s, a, &v) || !ink_schema_listed(s, b, &w))
        return false;
    for (size_t i = 0; (x = ink_schema_listed_at(&v, i, &fits)) != NULL; i++)
        for (size_t k = 0; fits && (y = ink_schema_listed_at(&w, k, &too)) != NULL; k++)
            if (too && ink_schema_equal(x, y))
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
    ink_schema_values v;
    INK_TRY(ink_schema_types(s, a, &x));
    INK_TRY(ink_schema_types(s, b, &y));
    if (ink_schema_listed(s, a, &v) && schema_lists_apart(s, a, b)) {
        *apart = true;
        return INK_OK;
    }
    *apart = !(x & y) || ((x & y) == INK_SCHEMA_OBJECT && schema_members_apart(s, a, b));
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
    ink_schema_values values;
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
    return ink_schema_listed(s, all, &values) ? ink_schema_literals(s, &values, out) : schema_by_type(s, all, out);
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
