/* POST /api/show: what is known of a model, as Ollama tells it. */
#include "server/about.h"
#include "server/shapes.h"

#include <string.h>

typedef struct show_fields {
    const char *model, *name;
} show_fields;

static const ink_param show_params[] = {
    { .name = "model", .type = INK_PARAM_TEXT, .at = offsetof(show_fields, model), .help = "the model's name" },
    { .name = "name", .type = INK_PARAM_TEXT, .at = offsetof(show_fields, name), .help = "the same, as older clients say it" },
    { 0 },
};

static void show_number(ink_jot *j, const char *family, const char *name, size_t v)
{
    char key[160];
    snprintf(key, sizeof key, "%.100s.%s", family, name);
    if (v)
        ink_jot_integer(j, key, (int64_t)v);
}

static void show_info(ink_jot *j, const ink_about *a)
{
    const char *family = a->architecture ? a->architecture : "unknown";
    ink_jot_object(j, "model_info");
    ink_jot_text(j, "general.architecture", family);
    ink_jot_integer(j, "general.parameter_count", (int64_t)a->weights);
    show_number(j, family, "context_length", a->context);
    show_number(j, family, "embedding_length", a->width);
    show_number(j, family, "block_count", a->layers);
    show_number(j, family, "feed_forward_length", a->ffn);
    show_number(j, family, "attention.head_count", a->heads);
    show_number(j, family, "attention.head_count_kv", a->kv_heads);
    show_number(j, family, "vocab_size", a->vocab);
    ink_jot_end(j);
}

static ink_status show_run(srv_call *c, ink_err *err)
{
    const show_fields *f = c->params;
    const srv_known *m;
    ink_about a;
    INK_TRY(srv_models_resolve(c->server, f->model ? f->model : f->name, c->arena, &m, err));
    INK_TRY(srv_about(m->path, c->arena, &a, err));
    ink_jot j = srv_jot(&c->out);
    ink_jot_object(&j, NULL);
    ink_jot_text(&j, "license", a.licence ? a.licence : "");
    ink_jot_text(&j, "modelfile", "");
    ink_jot_text(&j, "parameters", "");
    ink_jot_text(&j, "template", a.chat_template ? a.chat_template : "");
    srv_about_details(&j, &a, m->kind == SRV_VOICE);
    show_info(&j, &a);
    ink_jot_array(&j, "capabilities");
    if (a.decoder) {
        ink_jot_text(&j, NULL, "completion");
        ink_jot_text(&j, NULL, "tools");
    }
    ink_jot_end(&j);
    ink_jot_end(&j);
    return INK_OK;
}

extern const srv_route srv_route_api_show;
const srv_route srv_route_api_show = {
    .method = "POST", .paths = (const char *const[]){ "/api/show", NULL }, .params = show_params, .size = sizeof(show_fields), .about = "What is known of a model (Ollama).",
    .error = srv_error_ollama, .run = show_run,
};
