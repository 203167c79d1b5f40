#include "server/format.h"
#include "server/prompt.h"

#include <stdlib.h>
#include <string.h>

/* What makes an answer is not the server's fault when it cannot be made. */
static ink_status format_new(const srv_model *m, const ink_constraint_spec *spec, ink_constraint **out, ink_err *err)
{
    INK_TRY(srv_needs_tokenizer(m, err));
    ink_status status = ink_constraint_new(m->tokenizer, ink_model_describe(m->model)->vocab, spec, out, err);
    if (status == INK_E_UNSUPPORTED)
        err->status = status = INK_E_ARGUMENT;
    return status;
}

static ink_status format_text(const srv_model *m, ink_constraint_kind kind, const char *where, const ink_json *v, ink_constraint **out, ink_err *err)
{
    size_t n;
    const char *text = ink_json_text(v, &n);
    if (!text)
        return ink_fail(err, INK_E_ARGUMENT, "%s is a text", where);
    return format_new(m, &(ink_constraint_spec){ .kind = kind, .where = where, .text = text, .n = n }, out, err);
}

/* A schema, as an object or as its text; true: any object. */
static ink_status format_schema(const srv_model *m, const char *where, const ink_json *v, ink_constraint **out, ink_err *err)
{
    ink_buf text;
    if (ink_json_kind(v) == INK_JSON_STRING)
        return format_text(m, INK_CONSTRAINT_JSON_SCHEMA, where, v, out, err);
    if (ink_json_kind(v) != INK_JSON_OBJECT && ink_json_kind(v) != INK_JSON_TRUE)
        return ink_fail(err, INK_E_ARGUMENT, "%s is a JSON schema: an object", where);
    ink_buf_init(&text, 0);
    if (ink_json_kind(v) == INK_JSON_OBJECT)
        ink_json_dump(v, 0, &text);
    else
        ink_buf_text(&text, "{\"type\": \"object\"}");
    ink_status status = ink_buf_check(&text, where, err);
    if (!status)
        status = format_new(m, &(ink_constraint_spec){ .kind = INK_CONSTRAINT_JSON_SCHEMA, .where = where, .text = text.data, .n = text.len }, out, err);
    ink_buf_clear(&text);
    return status;
}

static ink_status format_any_object(const srv_model *m, const char *where, ink_constraint **out, ink_err *err)
{
    ink_json *yes = ink_json_new_bool(1);
    ink_status status = format_schema(m, where, yes, out, err);
    ink_json_free(yes);
    return status;
}

/* {"type": "text" | "json_object" | "json_schema" | "regex" | "grammar", …}: OpenAI's two places, and what llama.cpp's server adds. */
static ink_status format_typed(const srv_model *m, const char *where, const ink_json *f, ink_constraint **out, ink_err *err)
{
    const char *type = ink_json_string(ink_json_get(f, "type"), "");
    const ink_json *inner = ink_json_get(f, "json_schema"), *schema = ink_json_get(f, "schema");
    if (inner)
        schema = ink_json_get(inner, "schema") ? ink_json_get(inner, "schema") : inner;
    if (!strcmp(type, "text"))
        return INK_OK;
    if (!strcmp(type, "json_object"))
        return schema ? format_schema(m, where, schema, out, err) : format_any_object(m, where, out, err);
    if (!strcmp(type, "json_schema"))
        return format_schema(m, where, schema, out, err);
    return ink_fail(err, INK_E_ARGUMENT, "%s is of type \"%.40s\"; there are text, json_object and json_schema", where, type);
}

static ink_status format_choices(const srv_model *m, const ink_json *list, ink_constraint **out, ink_err *err)
{
    size_t n = ink_json_kind(list) == INK_JSON_ARRAY ? ink_json_size(list) : 0;
    const char **texts = calloc(n + 1, sizeof *texts);
    ink_status status = texts ? INK_OK : ink_fail(err, INK_E_MEMORY, "no memory for %zu choices", n);
    for (size_t i = 0; i < n && !status; i++)
        if (!(texts[i] = ink_json_string(ink_json_at(list, i), NULL)))
            status = ink_fail(err, INK_E_ARGUMENT, "guided_choice is a list of texts");
    if (!status)
        status = format_new(m, &(ink_constraint_spec){ .kind = INK_CONSTRAINT_CHOICE, .where = "guided_choice", .choices = { texts, n } }, out, err);
    free(texts);
    return status;
}

static ink_status format_gbnf(const srv_model *m, const char *where, const ink_json *v, ink_constraint **out, ink_err *err)
{
    return *ink_json_string(v, "") ? format_text(m, INK_CONSTRAINT_GBNF, where, v, out, err) : INK_OK; /* llama.cpp's clients send an empty one */
}

static ink_status format_regex(const srv_model *m, const char *where, const ink_json *v, ink_constraint **out, ink_err *err)
{
    return format_text(m, INK_CONSTRAINT_REGEX, where, v, out, err);
}

static ink_status format_choice(const srv_model *m, const char *where, const ink_json *v, ink_constraint **out, ink_err *err)
{
    (void)where;
    return format_choices(m, v, out, err);
}

/* Ollama's: "json", or a schema. */
static ink_status format_ollama(const srv_model *m, const char *where, const ink_json *v, ink_constraint **out, ink_err *err)
{
    const char *word = ink_json_string(v, NULL);
    if (!word)
        return format_schema(m, where, v, out, err);
    if (!strcmp(word, "json"))
        return format_any_object(m, where, out, err);
    return *word ? ink_fail(err, INK_E_ARGUMENT, "format is \"json\", or a JSON schema") : INK_OK;
}

static const struct {
    const char *outer, *name; /* outer: the object that it is in; NULL: the body */
    ink_status (*make)(const srv_model *m, const char *where, const ink_json *v, ink_constraint **out, ink_err *err);
} format_ways[] = {
    { NULL, "response_format", format_typed }, { "text", "format", format_typed },      { NULL, "format", format_ollama },       { NULL, "json_schema", format_schema },
    { NULL, "grammar", format_gbnf },          { NULL, "guided_json", format_schema },  { NULL, "guided_regex", format_regex },  { NULL, "guided_choice", format_choice },
    { NULL, "guided_grammar", format_gbnf },
};

ink_status srv_format_make(const srv_model *m, const ink_json *body, ink_constraint **out, ink_err *err)
{
    const char *first = NULL;
    *out = NULL;
    for (size_t i = 0; i < sizeof format_ways / sizeof *format_ways; i++) {
        const ink_json *in = format_ways[i].outer ? ink_json_get(body, format_ways[i].outer) : body, *v = ink_json_get(in, format_ways[i].name);
        ink_constraint *made = NULL;
        if (ink_json_kind(v) == INK_JSON_ABSENT || ink_json_kind(v) == INK_JSON_NULL)
            continue;
        ink_status status = format_ways[i].make(m, format_ways[i].name, v, &made, err);
        if (!status && made && *out) {
            ink_constraint_free(made);
            status = ink_fail(err, INK_E_ARGUMENT, "%s and %s both say what the answer must be", first, format_ways[i].name);
        }
        if (status) {
            ink_constraint_free(*out);
            *out = NULL;
            return status;
        }
        *out = made ? made : *out;
        first = made ? format_ways[i].name : first;
    }
    return INK_OK;
}

/* ---- calls ---- */

static ink_json *format_const(const char *text)
{
    ink_json *c = ink_json_new_object();
    ink_json_set(c, "const", ink_json_new_text(text, strlen(text)));
    return c;
}

/* {"type":"object","properties":{"name":{"const":NAME},KEY:SCHEMA},"required":["name",KEY],"additionalProperties":false} */
static ink_json *format_one_call(const ink_json *function, const char *key)
{
    ink_json *call = ink_json_new_object(), *properties = ink_json_new_object(), *required = ink_json_new_array(), *any = ink_json_new_object();
    const ink_json *schema = ink_json_get(function, "parameters");
    ink_json_set(any, "type", ink_json_new_text("object", 6));
    ink_json_set(properties, "name", format_const(ink_json_string(ink_json_get(function, "name"), "")));
    ink_json_share(properties, key, ink_json_kind(schema) == INK_JSON_OBJECT ? schema : any);
    ink_json_append(required, ink_json_new_text("name", 4));
    ink_json_append(required, ink_json_new_text(key, strlen(key)));
    ink_json_set(call, "type", ink_json_new_text("object", 6));
    ink_json_set(call, "properties", properties);
    ink_json_set(call, "required", required);
    ink_json_set(call, "additionalProperties", ink_json_new_bool(0));
    ink_json_free(any);
    return call;
}

ink_status srv_format_call(const srv_model *m, const ink_json *tools, const char *name, const char *key, ink_constraint **out, ink_err *err)
{
    ink_json *any = ink_json_new_object(), *list = ink_json_new_array();
    for (size_t i = 0; i < ink_json_size(tools); i++) {
        const ink_json *function = ink_json_get(ink_json_at(tools, i), "function");
        if (!name || !strcmp(ink_json_string(ink_json_get(function, "name"), ""), name))
            ink_json_append(list, format_one_call(function, key));
    }
    ink_json_set(any, "anyOf", list);
    ink_status status = format_schema(m, "tools", any, out, err);
    ink_json_free(any);
    return status;
}
