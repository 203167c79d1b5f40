/* POST /apply-template: messages into the prompt that a model was taught with, as llama.cpp's server answers it. */
#include "server/prompt.h"

typedef struct template_fields {
    const char *model;
} template_fields;

static const ink_param template_params[] = {
    { .name = "model", .type = INK_PARAM_TEXT, .at = offsetof(template_fields, model), .help = "the model's name" },
    { 0 },
};

static ink_status template_run(srv_call *c, ink_err *err)
{
    const template_fields *f = c->params;
    srv_model *m;
    srv_tools tools;
    ink_buf text;
    INK_TRY(srv_model_take(c->server, f->model, &m, err));
    ink_buf_init(&text, 0);
    ink_status status = srv_tools_make(m, ink_json_get(c->json, "messages"), ink_json_get(c->json, "tools"), ink_json_get(c->json, "tool_choice"), &tools, err);
    if (!status)
        status = srv_prompt_chat(m, tools.messages, tools.tools, ink_json_get(c->json, "chat_template_kwargs"), true, &text, err);
    if (!status) {
        ink_jot j = srv_jot(&c->out);
        ink_jot_object(&j, NULL);
        ink_jot_bytes(&j, "prompt", text.data ? text.data : "", text.len);
        ink_jot_end(&j);
    }
    srv_tools_clear(&tools);
    ink_buf_clear(&text);
    srv_model_give(c->server, m);
    return status;
}

static const srv_field template_more[] = {
    { "messages", "array", "what was said" },
    { "tools", "array", "functions that may be called" },
    { "chat_template_kwargs", "object", "further variables of the chat template" },
    { 0 },
};

extern const srv_route srv_route_apply_template;
const srv_route srv_route_apply_template = {
    .method = "POST", .paths = (const char *const[]){ "/apply-template", NULL }, .params = template_params, .size = sizeof(template_fields), .fields = template_more,
    .about = "Messages into a prompt (llama.cpp).", .run = template_run,
};
