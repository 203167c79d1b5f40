/* POST /api/show: what is known of a model, as Ollama tells it. */
#include "server/about.h"
#include "server/made.h"
#include "server/shapes.h"

#include <ink/modelfile.h>
#include <ink/store.h>
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

/* Text of one value, or of a list, a line each. */
static void show_text(ink_jot *j, const char *key, const ink_json *v, const char *usual)
{
    ink_buf text;
    ink_buf_init(&text, 0);
    for (size_t i = 0; ink_json_kind(v) == INK_JSON_ARRAY && i < ink_json_size(v); i++)
        ink_buf_format(&text, "%s%s", i ? "\n" : "", ink_json_string(ink_json_at(v, i), ""));
    ink_jot_text(j, key, text.len ? text.data : ink_json_string(v, usual ? usual : ""));
    ink_buf_clear(&text);
}

static void show_made(ink_jot *j, const ink_json *made, const srv_known *m, const ink_about *a)
{
    ink_json *from = ink_json_new_object(), *alone = ink_json_new_object();
    ink_buf file, parameters;
    ink_buf_init(&file, 0);
    ink_buf_init(&parameters, 0);
    ink_json_set(from, "from", ink_json_new_text(m->name, strlen(m->name)));
    ink_modelfile_print(made ? made : from, &file);
    if (ink_json_get(made, "parameters"))
        ink_json_share(alone, "parameters", ink_json_get(made, "parameters"));
    ink_modelfile_print(alone, &parameters);
    show_text(j, "license", ink_json_get(made, "license"), a->licence);
    ink_jot_bytes(j, "modelfile", file.data ? file.data : "", file.len);
    ink_jot_bytes(j, "parameters", parameters.data ? parameters.data : "", parameters.len);
    show_text(j, "template", ink_json_get(made, "template"), a->chat_template);
    if (ink_json_get(made, "system"))
        show_text(j, "system", ink_json_get(made, "system"), "");
    if (ink_json_get(made, "messages"))
        srv_jot_json(j, "messages", ink_json_get(made, "messages"));
    ink_buf_clear(&file);
    ink_buf_clear(&parameters);
    ink_json_free(from);
    ink_json_free(alone);
}

static ink_status show_run(srv_call *c, ink_err *err)
{
    const show_fields *f = c->params;
    const srv_known *m;
    ink_about a;
    INK_TRY(srv_models_resolve(c->server, f->model ? f->model : f->name, c->arena, &m, err));
    ink_json *made = NULL;
    INK_TRY(srv_about(m->path, c->arena, &a, err));
    if (m->stored)
        INK_TRY(ink_store_made(m->stored, &made, err));
    ink_jot j = srv_jot(&c->out);
    ink_jot_object(&j, NULL);
    show_made(&j, made, m, &a);
    ink_json_free(made);
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
