/* Which schemas hold for a value at once: keywords that are understood, references that are followed, allOf that is gathered. */
#include "text/json_schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCHEMA_SEARCH = 1 << 16 };

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
