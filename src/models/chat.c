/* ink/chat.h: what a chat template is given. */
#include <ink/chat.h>

#include "text/template.h"

#include <string.h>

/* `text`, a JSON array, as variables[name]; NULL becomes null. */
static ink_status chat_add_array(ink_json *variables, const char *name, const char *text, size_t n, ink_err *err)
{
    ink_json *v = NULL;
    if (text) {
        INK_TRY(ink_json_parse(text, n, name, &v, err));
        if (ink_json_kind(v) != INK_JSON_ARRAY) {
            ink_json_free(v);
            return ink_fail(err, INK_E_ARGUMENT, "%s: a JSON array is expected", name);
        }
    }
    ink_json_set(variables, name, v ? v : ink_json_new_null());
    return INK_OK;
}

static ink_status chat_check_messages(const ink_json *messages, ink_err *err)
{
    for (size_t i = 0; i < ink_json_size(messages); i++) {
        const ink_json *message = ink_json_at(messages, i);
        if (ink_json_kind(message) != INK_JSON_OBJECT)
            return ink_fail(err, INK_E_ARGUMENT, "messages: entry %zu is no object with a role and a content", i + 1);
        if (ink_json_kind(ink_json_get(message, "role")) != INK_JSON_STRING)
            return ink_fail(err, INK_E_ARGUMENT, "messages: entry %zu has no role (system, user or assistant)", i + 1);
    }
    return INK_OK;
}

static void chat_add_token(ink_json *variables, const char *name, const ink_tokenizer *t, int32_t id)
{
    if (id < 0)
        return;
    ink_text spelling = ink_token_display(t, id, true, true);
    ink_json_set(variables, name, ink_json_new_text(spelling.data ? spelling.data : "", spelling.size));
}

/* The caller's own, over whatever has the name. */
static ink_status chat_add_variables(ink_json *variables, const char *text, ink_err *err)
{
    ink_json *given;
    INK_TRY(ink_json_parse(text, strlen(text), "variables", &given, err));
    ink_status status = INK_OK;
    if (ink_json_kind(given) == INK_JSON_OBJECT)
        ink_json_update(variables, given);
    else
        status = ink_fail(err, INK_E_ARGUMENT, "variables: a JSON object is expected");
    ink_json_free(given);
    return status;
}

static ink_status chat_variables(const ink_tokenizer *t, const char *messages, size_t n, const ink_chat_options *o, ink_json *variables, ink_err *err)
{
    INK_TRY(chat_add_array(variables, "messages", messages, n, err));
    INK_TRY(chat_check_messages(ink_json_get(variables, "messages"), err));
    INK_TRY(chat_add_array(variables, "tools", o->tools_json, o->tools_json ? strlen(o->tools_json) : 0, err));
    INK_TRY(chat_add_array(variables, "documents", o->documents_json, o->documents_json ? strlen(o->documents_json) : 0, err));
    ink_json_set(variables, "add_generation_prompt", ink_json_new_bool(!o->no_generation_prompt));
    chat_add_token(variables, "bos_token", t, ink_tokenizer_bos(t));
    chat_add_token(variables, "eos_token", t, ink_tokenizer_eos(t));
    return o->variables_json ? chat_add_variables(variables, o->variables_json, err) : INK_OK;
}

ink_status ink_chat_render(const ink_tokenizer *t, const char *messages_json, size_t n, const ink_chat_options *options, char **out, size_t *out_size,
                           ink_err *err)
{
    static const ink_chat_options defaults = { 0 };
    const ink_chat_options *o = options ? options : &defaults;
    const char *source = o->template_source ? o->template_source : ink_tokenizer_template(t);
    ink_template *template;
    if (!source)
        return ink_fail(err, INK_E_NOT_FOUND, "the model has no chat template: a base model continues text, which is what `inkstone generate` does; "
                                              "for a conversation all the same, give --chat-template FILE");
    INK_TRY(ink_template_parse(source, strlen(source), &template, err));
    ink_json *variables = ink_json_new_object();
    ink_status status = chat_variables(t, messages_json, n, o, variables, err);
    if (!status)
        status = ink_template_render_with(template, variables, NULL, out, out_size, err);
    ink_json_free(variables);
    ink_template_free(template);
    return status;
}
