/* POST /slots/0?action=save or restore: a prompt's keys and values kept in a file, so that a long one is computed once and for all. llama.cpp's
   server saves what a slot holds; here the body says which prompt: messages, or prompt. */
#include "server/prompt.h"

#include <string.h>

typedef struct slots_fields {
    const char *model, *filename, *action;
} slots_fields;

static const ink_param slots_params[] = {
    { .name = "model", .type = INK_PARAM_TEXT, .at = offsetof(slots_fields, model), .help = "the model's name" },
    { .name = "filename", .type = INK_PARAM_TEXT, .at = offsetof(slots_fields, filename), .help = "a name of letters, digits, dots and dashes" },
    { .name = "action", .type = INK_PARAM_TEXT, .at = offsetof(slots_fields, action), .help = "save or restore, in the query" },
    { 0 },
};

/* INKSTONE_HOME/prompts/KEY-NAME: what one key saved no other finds. */
static ink_status slots_path(srv_call *c, const char *name, char *path, size_t size, ink_err *err)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    char folder[3800], owner[20];
    if (!name || !*name || *name == '.' || strlen(name) > 100 || strspn(name, allowed) != strlen(name))
        return ink_fail(err, INK_E_ARGUMENT, "filename is a name of at most 100 letters, digits, dots and dashes, not a path");
    INK_TRY(srv_folder("prompts", folder, sizeof folder, err));
    srv_owner(c, owner);
    snprintf(path, size, "%s/%s%s%s", folder, owner, *owner ? "-" : "", name);
    return INK_OK;
}

/* The prompt's ids, and the prompt computed: by an answer of one token, which nobody reads. */
static ink_status slots_compute(srv_call *c, srv_model *m, ink_ids *ids, ink_err *err)
{
    const ink_json *messages = ink_json_get(c->json, "messages");
    srv_tools tools = { .messages = messages };
    ink_request *r;
    ink_generate_options o = { .most = 1 };
    INK_TRY(messages ? srv_prompt_chat_ids(m, &tools, NULL, ids, err) : srv_prompt_ids(m, ink_json_get(c->json, "prompt"), ids, err));
    ink_param_defaults(ink_sampling_params, &o.sampling);
    INK_TRY(ink_scheduler_submit(m->scheduler, ids->at, ids->count, c->owner, &o, NULL, &r, err));
    ink_status status = ink_request_wait(r, err);
    ink_request_free(r);
    return status;
}

static ink_status slots_do(srv_call *c, srv_model *m, const char *path, size_t *tokens, ink_err *err)
{
    const slots_fields *f = c->params;
    ink_ids ids = { 0 };
    if (!f->action || (strcmp(f->action, "save") && strcmp(f->action, "restore")))
        return ink_fail(err, INK_E_ARGUMENT, "action is save or restore");
    if (!strcmp(f->action, "restore"))
        return ink_scheduler_restore(m->scheduler, c->owner, path, tokens, err);
    ink_status status = slots_compute(c, m, &ids, err);
    if (!status)
        status = ink_scheduler_save(m->scheduler, c->owner, ids.at, ids.count, path, tokens, err);
    ink_ids_clear(&ids);
    return status;
}

static ink_status slots_run(srv_call *c, ink_err *err)
{
    const slots_fields *f = c->params;
    char path[4096];
    srv_model *m;
    size_t tokens = 0;
    double began = srv_now();
    INK_TRY(slots_path(c, f->filename, path, sizeof path, err));
    INK_TRY(srv_model_take(c->server, f->model, &m, err));
    ink_status status = slots_do(c, m, path, &tokens, err);
    srv_model_give(c->server, m);
    INK_TRY(status);
    bool save = !strcmp(f->action, "save");
    ink_jot j = srv_jot(&c->out);
    ink_jot_object(&j, NULL);
    ink_jot_integer(&j, "id_slot", 0);
    ink_jot_text(&j, "filename", f->filename);
    ink_jot_integer(&j, save ? "n_saved" : "n_restored", (int64_t)tokens);
    ink_jot_object(&j, "timings");
    ink_jot_number(&j, save ? "save_ms" : "restore_ms", 1e3 * (srv_now() - began));
    ink_jot_end(&j);
    ink_jot_end(&j);
    return INK_OK;
}

static const srv_field slots_more[] = { { "messages", "array", "save: the prompt as messages" }, { "prompt", NULL, "save: or as a text or token ids" }, { 0 } };

extern const srv_route srv_route_slots_action;
const srv_route srv_route_slots_action = {
    .method = "POST", .paths = (const char *const[]){ "/slots/", NULL }, .params = slots_params, .size = sizeof(slots_fields), .fields = slots_more,
    .about = "Keeps a prompt's keys and values in a file, or takes them from it.", .run = slots_run,
};
