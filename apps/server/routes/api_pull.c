/* POST /api/pull: fetches a model, telling how far it is, as Ollama does it. A thread fetches; the call's own sends what it says. */
#include "server/models.h"
#include "server/shapes.h"

#include <ink/store.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

typedef struct pull_fields {
    const char *model, *name;
    bool stream;
} pull_fields;

static const ink_param pull_params[] = {
    { .name = "model", .type = INK_PARAM_TEXT, .at = offsetof(pull_fields, model), .help = "a catalogue name, or hf:user/repo[:quant]" },
    { .name = "name", .type = INK_PARAM_TEXT, .at = offsetof(pull_fields, name), .help = "the same, as older clients say it" },
    { .name = "stream", .type = INK_PARAM_BOOL, .at = offsetof(pull_fields, stream), .def = 1, .help = "a line of JSON for each step" },
    { 0 },
};

typedef struct pull_work { /* in the call's arena */
    srv_call *call;
    char name[300];
    pthread_t thread;
    bool started;
    pthread_mutex_t lock;
    pthread_cond_t moved;
    ink_buf lines;
    double told;          /* when the last progress was written */
    bool done;
    atomic_bool gone;
    ink_status status;
    ink_err err;
} pull_work;

static ink_jot pull_line(pull_work *w, const char *status)
{
    ink_jot j = srv_jot(&w->lines);
    ink_jot_object(&j, NULL);
    ink_jot_text(&j, "status", status);
    return j;
}

static void pull_line_end(pull_work *w, ink_jot *j)
{
    ink_jot_end(j);
    ink_buf_char(&w->lines, '\n');
    pthread_cond_signal(&w->moved);
}

static void pull_say(void *user, const char *sentence)
{
    pull_work *w = user;
    pthread_mutex_lock(&w->lock);
    ink_jot j = pull_line(w, sentence);
    pull_line_end(w, &j);
    pthread_mutex_unlock(&w->lock);
}

static void pull_progress(void *user, const char *what, uint64_t done, uint64_t total)
{
    pull_work *w = user;
    char status[300];
    pthread_mutex_lock(&w->lock);
    if (srv_now() - w->told > 0.1 || done == total) {
        w->told = srv_now();
        snprintf(status, sizeof status, "pulling %.200s", what);
        ink_jot j = pull_line(w, status);
        ink_jot_text(&j, "digest", what);
        ink_jot_integer(&j, "total", (int64_t)total);
        ink_jot_integer(&j, "completed", (int64_t)done);
        pull_line_end(w, &j);
    }
    pthread_mutex_unlock(&w->lock);
}

static bool pull_stop(void *user)
{
    const pull_work *w = user;
    return atomic_load(&w->gone) || srv_gone(w->call) || srv_stopping(w->call->server);
}

static void *pull_fetch(void *user)
{
    pull_work *w = user;
    const ink_store_hooks hooks = { .say = pull_say, .progress = pull_progress, .stop = pull_stop, .user = w };
    ink_status status = ink_store_pull(w->name, &hooks, NULL, &w->err);
    pthread_mutex_lock(&w->lock);
    w->status = status;
    w->done = true;
    pthread_cond_signal(&w->moved);
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

static void pull_last(pull_work *w)
{
    ink_jot j = srv_jot(&w->lines);
    ink_jot_object(&j, NULL);
    if (w->status)
        ink_jot_text(&j, "error", w->err.text);
    else
        ink_jot_text(&j, "status", "success");
    ink_jot_end(&j);
    ink_buf_char(&w->lines, '\n');
}

static bool pull_pull(void *state, ink_buf *out)
{
    pull_work *w = state;
    pthread_mutex_lock(&w->lock);
    while (!w->lines.len && !w->done)
        pthread_cond_wait(&w->moved, &w->lock);
    bool done = w->done;
    if (done)
        pull_last(w);
    ink_buf_add(out, w->lines.data, w->lines.len);
    ink_buf_reset(&w->lines);
    pthread_mutex_unlock(&w->lock);
    return !done;
}

static void pull_close(void *state)
{
    pull_work *w = state;
    atomic_store(&w->gone, true);
    if (w->started)
        pthread_join(w->thread, NULL);
    ink_buf_clear(&w->lines);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->moved);
}

static ink_status pull_run(srv_call *c, ink_err *err)
{
    const pull_fields *f = c->params;
    const char *name = f->model ? f->model : f->name;
    pull_work *w = ink_arena_alloc(c->arena, sizeof *w);
    if (!w)
        return ink_arena_refused(c->arena, sizeof *w, err);
    if (!name || strchr(name, '/') != strrchr(name, '/') || strstr(name, "..") || (strchr(name, '/') && strncmp(name, "hf:", 3)) || strlen(name) >= sizeof w->name)
        return ink_fail(err, INK_E_ARGUMENT, "model is a catalogue name, or hf:user/repo[:quant]");
    size_t n = strlen(name) - (strlen(name) > 7 && !strcmp(name + strlen(name) - 7, ":latest") ? 7 : 0);
    w->call = c;
    snprintf(w->name, sizeof w->name, "%.*s", (int)n, name);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->moved, NULL);
    ink_buf_init(&w->lines, 0);
    c->state = w;
    c->close = pull_close;
    if (!f->stream) {
        pull_fetch(w);
        if (w->status) {
            *err = w->err;
            return w->status;
        }
        ink_buf_reset(&w->lines);
        pull_last(w);
        ink_buf_add(&c->out, w->lines.data, w->lines.len);
        return INK_OK;
    }
    w->started = !pthread_create(&w->thread, NULL, pull_fetch, w);
    if (!w->started)
        return ink_fail(err, INK_E_MEMORY, "the system refuses another thread");
    c->type = "application/x-ndjson";
    c->pull = pull_pull;
    return INK_OK;
}

extern const srv_route srv_route_api_pull;
const srv_route srv_route_api_pull = {
    .method = "POST", .paths = (const char *const[]){ "/api/pull", NULL }, .params = pull_params, .size = sizeof(pull_fields), .about = "Fetches a model (Ollama).",
    .error = srv_error_ollama, .run = pull_run,
};
