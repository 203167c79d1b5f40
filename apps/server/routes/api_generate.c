/* POST /api/generate: an answer to one prompt, as Ollama writes it: through the model's template, unless raw. */
#include "server/ollama.h"
#include "server/steer.h"

#include <string.h>

typedef struct generate_fields {
    ollama_fields common;
    bool raw;
} generate_fields;

static const ink_param generate_params[] = {
    { .name = "Ollama", .type = INK_PARAM_TABLE, .at = offsetof(generate_fields, common), .table = ollama_params },
    { .name = "raw", .type = INK_PARAM_BOOL, .at = offsetof(generate_fields, raw), .help = "the prompt goes to the model as it is" },
    { 0 },
};

static void generate_add(ink_json *list, const char *role, const ink_json *content)
{
    ink_json *m = ink_json_new_object();
    ink_json_set(m, "role", ink_json_new_text(role, strlen(role)));
    ink_json_share(m, "content", content);
    ink_json_append(list, m);
}

/* The prompt, and what steers its answer. */
static ink_status generate_ids(srv_call *c, const srv_model *m, const ink_steer *steer, ink_generate_options *o, ink_ids *ids, ink_err *err)
{
    const ink_json *prompt = ink_json_get(c->json, "prompt"), *system = ink_json_get(c->json, "system");
    bool plain = !m->tokenizer || (!ink_tokenizer_template(m->tokenizer) && !ink_json_get(m->made, "template"));
    if (((const generate_fields *)c->params)->raw || plain) {
        INK_TRY(srv_prompt_ids(m, prompt, ids, err));
        return srv_steer(c, m, steer, NULL, o, err);
    }
    ink_json *messages = ink_json_new_array();
    if (*ink_json_string(system, ""))
        generate_add(messages, "system", system);
    generate_add(messages, "user", prompt);
    const srv_tools said = { .messages = messages };
    ink_status status = srv_prompt_chat_ids(m, &said, NULL, ids, err);
    if (!status)
        status = srv_steer(c, m, steer, &said, o, err);
    ink_json_free(messages);
    return status;
}

static ink_status generate_run(srv_call *c, ink_err *err)
{
    const generate_fields *f = c->params;
    srv_model *m;
    srv_text *text;
    ink_ids ids = { 0 };
    ink_generate_options o;
    ink_steer steer;
    INK_TRY(ollama_take(c, f->common.model, &m, err));
    if (!*ink_json_string(ink_json_get(c->json, "prompt"), "")) {
        ollama_nothing(c, m->name, false, m->keep >= 0 && m->keep <= 0 ? "unload" : "load");
        srv_model_give(c->server, m);
        return INK_OK;
    }
    ink_status status = ollama_options(c, &o, &steer, err);
    if (!status)
        status = generate_ids(c, m, &steer, &o, &ids, err);
    if (status) {
        ink_ids_clear(&ids);
        srv_model_give(c->server, m);
        return status;
    }
    INK_TRY(srv_text_start(c, m, &ids, 1, &o, &text, err));
    return ollama_write(c, text, f->common.stream, false, !f->raw, false, err);
}

static const srv_field generate_more[] = {
    { "prompt", "string", "the text" },
    { "system", "string", "the system message" },
    { "options", "object", "temperature, num_predict, stop and all settings of sampling and steering" },
    { "keep_alive", NULL, "how long the model stays loaded: 5m, seconds, -1 for good" },
    { 0 },
};

extern const srv_route srv_route_api_generate;
const srv_route srv_route_api_generate = {
    .method = "POST", .paths = (const char *const[]){ "/api/generate", NULL }, .params = generate_params, .size = sizeof(generate_fields), .fields = generate_more, .about = "An answer to a prompt (Ollama).",
    .error = srv_error_ollama, .run = generate_run,
};
