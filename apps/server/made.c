#include "server/made.h"

#include <ink/store.h>
#include <string.h>

/* The same thing in the words of several families; what is said under one of them is said. */
static const char *const made_words[][6] = { { "temperature", "temp" }, { "num_predict", "max_tokens", "max_completion_tokens", "max_output_tokens", "n_predict" }, { "stop", "stop_sequences" } };
enum { MADE_SAME = sizeof made_words / sizeof *made_words };

ink_status srv_made_of(srv_server *s, const char *name, ink_json **out, ink_err *err)
{
    char own[256];
    *out = NULL;
    name = srv_settings(s)->model ? srv_settings(s)->model : name;
    if (!name || strlen(name) >= sizeof own)
        return INK_OK;
    snprintf(own, sizeof own, "%s", name);
    size_t n = strlen(own);
    if (n > 7 && !strcmp(own + n - 7, ":latest")) /* Ollama's way to say nothing */
        own[n - 7] = 0;
    return ink_store_made(own, out, err);
}

static bool made_knows(const ink_param *params, const char *name)
{
    for (ink_param_walk w = ink_param_first(params); w.param; ink_param_next(&w))
        if (!strcmp(w.param->name, name))
            return true;
    return false;
}

static void made_field(ink_json *body, const ink_param *params, const char *name, const ink_json *value)
{
    const char *const alone[6] = { name }, *const *words = alone;
    for (size_t i = 0; i < MADE_SAME; i++)
        words = strcmp(made_words[i][0], name) ? words : made_words[i];
    for (size_t i = 0; words[i]; i++)
        if (ink_json_get(body, words[i]))
            return;
    if (words == made_words[1] && ink_json_number(value, 0) < 1)
        return; /* no limit, as it is */
    for (size_t i = 0; words[i]; i++)
        if (made_knows(params, words[i])) {
            ink_json_share(body, words[i], value);
            return;
        }
}

static bool made_has_options(const srv_route *r)
{
    size_t i = 0;
    while (r->fields && r->fields[i].name && strcmp(r->fields[i].name, "options"))
        i++;
    return r->fields && r->fields[i].name;
}

ink_status srv_made_fill(srv_call *c, ink_err *err)
{
    const char *key;
    const ink_json *value;
    ink_json *made;
    if (!c->json || !c->route->params || !made_knows(c->route->params, "model"))
        return INK_OK;
    INK_TRY(srv_made_of(c->server, ink_json_string(ink_json_get(c->json, "model"), NULL), &made, err));
    const ink_json *parameters = ink_json_get(made, "parameters");
    if (parameters && made_has_options(c->route)) {
        ink_json *options = ink_json_new_object();
        ink_json_update(options, parameters);
        ink_json_update(options, ink_json_get(c->json, "options"));
        ink_json_set(c->json, "options", options);
    } else
        for (void *it = NULL; (it = ink_json_next(parameters, it, &key, &value));)
            made_field(c->json, c->route->params, key, value);
    ink_json_free(made);
    return INK_OK;
}

void srv_made_before(const ink_json *made, const ink_json *first, ink_json *list)
{
    const ink_json *system = ink_json_get(made, "system"), *messages = ink_json_get(made, "messages");
    const char *role = ink_json_string(ink_json_get(first, "role"), "");
    if (*ink_json_string(system, "") && strcmp(role, "system") && strcmp(role, "developer")) {
        ink_json *m = ink_json_new_object();
        ink_json_set(m, "role", ink_json_new_text("system", 6));
        ink_json_share(m, "content", system);
        ink_json_append(list, m);
    }
    for (size_t i = 0; i < ink_json_size(messages); i++) {
        ink_json *m = ink_json_new_object();
        ink_json_update(m, ink_json_at(messages, i));
        ink_json_append(list, m);
    }
}
