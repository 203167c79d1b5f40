/* The types that schemas allow, and the values that they list. */
#include "text/json_schema.h"

#include <string.h>

static const struct {
    const char *name;
    unsigned bits;
} schema_names[] = { { "null", INK_SCHEMA_NULL }, { "boolean", INK_SCHEMA_BOOL }, { "integer", INK_SCHEMA_WHOLE }, { "number", INK_SCHEMA_WHOLE | INK_SCHEMA_REAL },
                     { "string", INK_SCHEMA_STRING }, { "array", INK_SCHEMA_ARRAY }, { "object", INK_SCHEMA_OBJECT } };

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

ink_status ink_schema_types(ink_schema *s, const ink_schema_all *all, unsigned *bits)
{
    *bits = all->never ? 0 : INK_SCHEMA_ANY;
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
    static const unsigned bits[] = { [INK_JSON_OBJECT] = INK_SCHEMA_OBJECT, [INK_JSON_ARRAY] = INK_SCHEMA_ARRAY, [INK_JSON_STRING] = INK_SCHEMA_STRING, [INK_JSON_INTEGER] = INK_SCHEMA_WHOLE,
                                     [INK_JSON_REAL] = INK_SCHEMA_REAL, [INK_JSON_TRUE] = INK_SCHEMA_BOOL, [INK_JSON_FALSE] = INK_SCHEMA_BOOL, [INK_JSON_NULL] = INK_SCHEMA_NULL, [INK_JSON_ABSENT] = 0 };
    const double n = ink_json_number(v, 0.5);
    return ink_json_kind(v) == INK_JSON_REAL && n > -1e15 && n < 1e15 && (double)(int64_t)n == n ? INK_SCHEMA_WHOLE : bits[ink_json_kind(v)];
}

bool ink_schema_equal(const ink_json *a, const ink_json *b)
{
    const unsigned type = schema_value_type(a);
    if (type != schema_value_type(b) || ink_json_size(a) != ink_json_size(b))
        return false;
    if (type & (INK_SCHEMA_WHOLE | INK_SCHEMA_REAL))
        return ink_json_kind(a) == INK_JSON_INTEGER && ink_json_kind(b) == INK_JSON_INTEGER ? ink_json_integer(a, 0) == ink_json_integer(b, 1)
                                                                                          : ink_json_number(a, 0) == ink_json_number(b, 1);
    if (type == INK_SCHEMA_STRING) {
        size_t n, m;
        const char *x = ink_json_text(a, &n), *y = ink_json_text(b, &m);
        return n == m && !memcmp(x, y, n);
    }
    for (size_t i = 0; type == INK_SCHEMA_ARRAY && i < ink_json_size(a); i++)
        if (!ink_schema_equal(ink_json_at(a, i), ink_json_at(b, i)))
            return false;
    const char *key;
    const ink_json *value;
    for (void *it = NULL; type == INK_SCHEMA_OBJECT && (it = ink_json_next(a, it, &key, &value)) != NULL;)
        if (!ink_json_get(b, key) || !ink_schema_equal(value, ink_json_get(b, key)))
            return false;
    return type != INK_SCHEMA_BOOL || ink_json_kind(a) == ink_json_kind(b);
}

/* Whether a value is among those of one schema's enum or const; one without either has every value. */
static bool schema_lists(const ink_json *schema, const ink_json *value)
{
    const ink_json *list = ink_json_get(schema, "enum"), *only = ink_json_get(schema, "const");
    bool found = !list;
    for (size_t i = 0; i < ink_json_size(list) && !found; i++)
        found = ink_schema_equal(ink_json_at(list, i), value);
    return found && (!only || ink_schema_equal(only, value));
}

bool ink_schema_listed(ink_schema *s, const ink_schema_all *all, ink_schema_values *v)
{
    *v = (ink_schema_values){ .all = all };
    for (size_t i = 0; i < all->count && !v->list && !v->only; i++) {
        v->list = ink_json_get(all->at[i].schema, "enum");
        v->only = v->list ? NULL : ink_json_get(all->at[i].schema, "const");
    }
    return (v->list || v->only) && !ink_schema_types(s, all, &v->types);
}

const ink_json *ink_schema_listed_at(const ink_schema_values *v, size_t i, bool *fits)
{
    const ink_json *value = v->list ? ink_json_at(v->list, i) : i ? NULL : v->only;
    *fits = value && (schema_value_type(value) & v->types);
    for (size_t k = 0; k < v->all->count && *fits; k++)
        *fits = schema_lists(v->all->at[k].schema, value);
    return value;
}

/* Beside enum and const only `type` may stand: nothing else is checked of the values listed. */
ink_status ink_schema_literals(ink_schema *s, const ink_schema_values *v, ink_expression *out)
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
    for (size_t i = 0; (value = ink_schema_listed_at(v, i, &fits)) != NULL; i++)
        if (fits)
            *out = ink_grammar_or(s->g, *out, ink_schema_literal(s, value));
    return INK_OK;
}
