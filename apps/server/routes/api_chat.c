/* POST /api/chat: an answer to messages, as Ollama writes it. */
#include "server/ollama.h"
#include "server/steer.h"

static ink_status api_chat_start(srv_call *c, srv_model *m, srv_tools *tools, srv_text **text, ink_err *err)
{
    ink_generate_options o;
    ink_steer steer;
    ink_ids ids = { 0 };
    ink_status status = ollama_options(c, &o, &steer, err);
    if (!status)
        status = srv_tools_make(m, ink_json_get(c->json, "messages"), ink_json_get(c->json, "tools"), NULL, tools, err);
    if (!status)
        status = srv_prompt_chat_ids(m, tools, NULL, &ids, err);
    if (!status)
        status = srv_steer(c, m, &steer, tools, &o, err);
    if (status) {
        ink_ids_clear(&ids);
        srv_model_give(c->server, m);
        return status;
    }
    o.constraint = srv_tools_take(tools);
    return srv_text_start(c, m, &ids, 1, &o, text, err);
}

static ink_status api_chat_run(srv_call *c, ink_err *err)
{
    const ollama_fields *f = c->params;
    srv_tools tools = { 0 };
    srv_model *m;
    srv_text *text;
    const ink_json *messages = ink_json_get(c->json, "messages");
    INK_TRY(ollama_take(c, f->model, &m, err));
    if (ink_json_kind(messages) == INK_JSON_ABSENT || (ink_json_kind(messages) == INK_JSON_ARRAY && !ink_json_size(messages))) { /* only to have it loaded, or put away */
        ollama_nothing(c, m->name, true, m->keep >= 0 && m->keep <= 0 ? "unload" : "load");
        srv_model_give(c->server, m);
        return INK_OK;
    }
    ink_status status = api_chat_start(c, m, &tools, &text, err);
    srv_tools_clear(&tools);
    return status ? status : ollama_write(c, text, f->stream, true, true, tools.read, err);
}

static const srv_field api_chat_more[] = {
    { "messages", "array", "what was said" },
    { "tools", "array", "functions that may be called" },
    { "options", "object", "temperature, num_predict, stop and all settings of sampling and steering" },
    { "keep_alive", NULL, "how long the model stays loaded: 5m, seconds, -1 for good" },
    { 0 },
};

extern const srv_route srv_route_api_chat;
const srv_route srv_route_api_chat = {
    .method = "POST", .paths = (const char *const[]){ "/api/chat", NULL }, .params = ollama_params, .size = sizeof(ollama_fields), .fields = api_chat_more, .about = "An answer to messages (Ollama).",
    .error = srv_error_ollama, .run = api_chat_run,
};
