#include "server/tools.h"
#include "server/format.h"

#include <string.h>

/* ---- templates that know nothing of tools ---- */

static void tools_add_text(ink_json *message, const ink_buf *text)
{
    ink_json_set(message, "content", ink_json_new_text(text->data ? text->data : "", text->len));
}

static void tools_describe(const ink_json *tools, const ink_json *system, ink_json *out)
{
    ink_buf text;
    size_t n;
    const char *said = ink_json_text(ink_json_get(system, "content"), &n);
    ink_buf_init(&text, 0);
    if (said) {
        ink_buf_add(&text, said, n);
        ink_buf_text(&text, "\n\n");
    }
    ink_buf_text(&text, "You can call functions. These are their descriptions, one on each line:\n<tools>\n");
    for (size_t i = 0; i < ink_json_size(tools); i++) {
        ink_json_dump(ink_json_at(tools, i), 0, &text);
        ink_buf_char(&text, '\n');
    }
    ink_buf_text(&text, "</tools>\nTo call one, write its name and its arguments as JSON, like this:\n<tool_call>\n{\"name\": \"function\", \"arguments\": {\"argument\": \"value\"}}\n</tool_call>");
    ink_json_set(out, "role", ink_json_new_text("system", 6));
    tools_add_text(out, &text);
    ink_buf_clear(&text);
}

static void tools_plain_call(const ink_json *call, ink_buf *text)
{
    const ink_json *f = ink_json_get(call, "function"), *arguments = ink_json_get(f, "arguments");
    size_t n;
    const char *said = ink_json_text(arguments, &n);
    ink_buf_format(text, "\n<tool_call>\n{\"name\": \"%s\", \"arguments\": ", ink_json_string(ink_json_get(f, "name"), ""));
    if (said)
        ink_buf_add(text, said, n);
    else if (arguments)
        ink_json_dump(arguments, 0, text);
    ink_buf_text(text, "}\n</tool_call>");
}

/* A message with calls or results as text; others as they are. */
static ink_json *tools_plain(const ink_json *message)
{
    ink_json *out = ink_json_new_object();
    const ink_json *calls = ink_json_get(message, "tool_calls");
    bool result = !strcmp(ink_json_string(ink_json_get(message, "role"), ""), "tool");
    ink_buf text;
    size_t n;
    ink_json_update(out, message);
    if (!result && !ink_json_size(calls))
        return out;
    const char *said = ink_json_text(ink_json_get(message, "content"), &n);
    ink_buf_init(&text, 0);
    ink_buf_text(&text, result ? "<tool_response>\n" : "");
    ink_buf_add(&text, said ? said : "", said ? n : 0);
    ink_buf_text(&text, result ? "\n</tool_response>" : "");
    for (size_t i = 0; !result && i < ink_json_size(calls); i++)
        tools_plain_call(ink_json_at(calls, i), &text);
    tools_add_text(out, &text);
    if (result)
        ink_json_set(out, "role", ink_json_new_text("user", 4));
    else
        ink_json_set(out, "tool_calls", ink_json_new_null());
    ink_buf_clear(&text);
    return out;
}

static void tools_as_text(srv_tools *t)
{
    const ink_json *first = ink_json_at(t->messages, 0);
    const char *role = ink_json_string(ink_json_get(first, "role"), "");
    bool system = !strcmp(role, "system") || !strcmp(role, "developer");
    ink_json *head = ink_json_new_object();
    t->own = ink_json_new_array();
    ink_json_append(t->own, head);
    tools_describe(t->tools, system ? first : NULL, head);
    for (size_t i = system; i < ink_json_size(t->messages); i++)
        ink_json_append(t->own, tools_plain(ink_json_at(t->messages, i)));
    t->messages = t->own;
    t->tools = NULL;
}

/* ---- choices ---- */

static const char *tools_name(const ink_json *tools, size_t i)
{
    return ink_json_string(ink_json_get(ink_json_get(ink_json_at(tools, i), "function"), "name"), NULL);
}

static bool tools_named(const ink_json *tools, const char *name)
{
    for (size_t i = 0; i < ink_json_size(tools); i++)
        if (!strcmp(tools_name(tools, i), name))
            return true;
    return false;
}

/* A call as the model's family writes it: what stands before it is put into the model's mouth, and the rest can only be a call; name NULL: of any. */
static ink_status tools_force(srv_tools *t, const srv_model *m, const char *source, const char *name, ink_err *err)
{
    t->forced = strstr(source, "[TOOL_CALLS]") ? "[TOOL_CALLS][" : strstr(source, "<tool_call>") || !strstr(source, "tools") ? "<tool_call>\n" : "";
    return srv_format_call(m, t->tools, name, !*t->forced && strstr(source, "\"parameters\"") ? "parameters" : "arguments", &t->constraint, err);
}

static ink_status tools_choose(srv_tools *t, const srv_model *m, const char *source, const ink_json *choice, ink_err *err)
{
    bool object = ink_json_kind(choice) == INK_JSON_OBJECT;
    const char *word = ink_json_string(object ? ink_json_get(choice, "type") : choice, "auto");
    const char *name = ink_json_string(ink_json_get(ink_json_get(choice, "function"), "name"), ink_json_string(ink_json_get(choice, "name"), NULL));
    if (!strcmp(word, "auto"))
        return INK_OK;
    if (!strcmp(word, "required") || !strcmp(word, "any"))
        return tools_force(t, m, source, NULL, err);
    if (!object || !name)
        return ink_fail(err, INK_E_ARGUMENT, "tool_choice is auto, none, required, or {\"type\": \"function\", \"function\": {\"name\": …}}");
    if (!tools_named(t->tools, name))
        return ink_fail(err, INK_E_ARGUMENT, "tool_choice names \"%.100s\", which is none of the tools", name);
    return tools_force(t, m, source, name, err);
}

static ink_status tools_check(const ink_json *tools, ink_err *err)
{
    if (ink_json_kind(tools) != INK_JSON_ARRAY)
        return ink_fail(err, INK_E_ARGUMENT, "tools is a list");
    for (size_t i = 0; i < ink_json_size(tools); i++) {
        const char *name = tools_name(tools, i);
        if (!name || !*name || strlen(name) > 128 || strpbrk(name, "\"\\"))
            return ink_fail(err, INK_E_ARGUMENT, "tool %zu lacks a function with a name of 1 to 128 letters", i + 1);
    }
    return INK_OK;
}

ink_status srv_tools_make(const srv_model *m, const ink_json *messages, const ink_json *tools, const ink_json *choice, srv_tools *t, ink_err *err)
{
    const char *source = m->tokenizer ? ink_tokenizer_template(m->tokenizer) : NULL;
    *t = (srv_tools){ .messages = messages };
    if (ink_json_kind(tools) == INK_JSON_ABSENT || ink_json_kind(tools) == INK_JSON_NULL)
        return INK_OK;
    INK_TRY(tools_check(tools, err));
    if (!ink_json_size(tools) || !strcmp(ink_json_string(choice, ""), "none"))
        return INK_OK;
    t->tools = tools;
    t->read = true;
    INK_TRY(tools_choose(t, m, source ? source : "", choice, err));
    if (source && !strstr(source, "tools") && ink_json_kind(messages) == INK_JSON_ARRAY)
        tools_as_text(t);
    return INK_OK;
}

void srv_tools_clear(srv_tools *t)
{
    ink_json_free(t->own);
    ink_constraint_free(t->constraint);
    t->own = NULL;
    t->constraint = NULL;
}

ink_constraint *srv_tools_take(srv_tools *t)
{
    ink_constraint *c = t->constraint;
    t->constraint = NULL;
    return c;
}
