#include "server/models.h"

#include <ink/about.h>
#include <ink/memory.h>
#include <ink/voice.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { MODELS_MOST = 64, MODELS_ROOM = 65536, MODELS_SEEN = 256 };

struct srv_models {
    srv_server *server;
    pthread_mutex_t lock;
    pthread_cond_t moved;  /* something was loaded, or given back */
    bool loading;
    srv_model *list[MODELS_MOST];
    size_t count;
    char *path;            /* of -m; NULL: none */
    pthread_mutex_t seeing;
    struct {
        char *path;
        srv_kind kind;
    } seen[MODELS_SEEN];   /* files that were looked at */
    size_t seen_count;
};

/* ---- one ---- */

static void model_close(srv_model *m)
{
    if (!m)
        return;
    ink_scheduler_close(m->scheduler);
    ink_llm_close(m->llm);
    if (!m->base)
        ink_model_close(m->model);
    ink_json_free(m->made);
    free(m->name);
    free(m->path);
    free(m->adapter);
    free(m);
}

static double model_kv_bytes(const ink_model *model)
{
    const ink_model_info *i = ink_model_describe(model);
    return 2.0 * (double)i->layers * (double)i->kv_heads * (double)i->head_dim * (i->float32 ? 4 : 2);
}

/* Tokens of all conversations together: what a quarter of the free memory holds, within reason, and at least one context. */
static size_t model_room(const srv_options *o, const ink_model *model, size_t context)
{
    double fit = (double)ink_memory_read().available / 4 / model_kv_bytes(model);
    size_t room = o->room ? (size_t)o->room : fit < MODELS_ROOM ? (size_t)fit : MODELS_ROOM;
    const size_t least = ink_model_describe(model)->reads ? 2 * context : context; /* what is read has room beside what is written */
    return room > least ? room : least;
}

static ink_status model_load(srv_server *s, srv_model *m, ink_err *err)
{
    const srv_options *o = srv_settings(s);
    double began = srv_now();
    if (m->base)
        m->model = m->base->model;
    else
        INK_TRY(ink_model_open(m->path, &m->model, err));
    size_t wanted = o->ctx ? (size_t)o->ctx : (size_t)ink_json_integer(ink_json_get(ink_json_get(m->made, "parameters"), "num_ctx"), 0),
           context = wanted ? wanted : ink_model_describe(m->model)->usual;
    size_t worn = o->adapters.count;
    const char **adapters = calloc(worn + 2, sizeof *adapters), *own = ink_json_string(ink_json_get(m->made, "adapter"), NULL);
    if (!adapters)
        return ink_fail(err, INK_E_MEMORY, "no memory for a model");
    for (size_t i = 0; i < worn; i++)
        adapters[i] = o->adapters.at[i];
    if (own)
        adapters[worn++] = own;
    if (m->adapter)
        adapters[worn++] = m->adapter;
    const ink_llm_options lo = { .threads = (size_t)o->threads, .context = context, .tokens = model_room(o, m->model, context), .kv = (ink_llm_kv)o->kv,
                                 .adapters = adapters, .adapter_count = worn, .states = o->contrastive, .base = m->base ? m->base->llm : NULL };
    const ink_scheduler_options so = { .active = (size_t)o->active, .queue = (size_t)o->queue, .cached_tokens = lo.tokens / 2, .turn = srv_turn, .user = s };
    srv_turn(s, true);
    ink_status status = ink_llm_open(m->model, &lo, &m->llm, err);
    srv_turn(s, false);
    free(adapters);
    INK_TRY(status);
    INK_TRY(ink_scheduler_open(m->llm, &so, &m->scheduler, err));
    if (ink_model_tokenizer(m->model, &m->tokenizer, err))
        m->tokenizer = NULL;
    m->bytes = (m->base ? 0 : (double)ink_weights_bytes(ink_model_weights(m->model))) + model_kv_bytes(m->model) * (double)lo.tokens;
    m->load_seconds = srv_now() - began;
    srv_log(s, "%s is loaded: %.1f s", m->name, m->load_seconds);
    return INK_OK;
}

/* base: a loaded model of the same weights, which stays; NULL: none. */
static ink_status model_new(srv_server *s, const srv_known *k, srv_model *base, srv_model **out, ink_err *err)
{
    srv_model *m = calloc(1, sizeof *m);
    if (m)
        *m = (srv_model){ .name = strdup(k->name), .path = strdup(k->path), .adapter = k->adapter ? strdup(k->adapter) : NULL, .base = base, .keep = -1, .used = srv_now(), .since = srv_time() };
    ink_status status = m && m->name && m->path && !m->adapter == !k->adapter ? INK_OK : ink_fail(err, INK_E_MEMORY, "no memory for a model");
    if (!status && k->stored)
        status = ink_store_made(k->stored, &m->made, err);
    if (!status)
        status = model_load(s, m, err);
    if (status)
        model_close(m);
    else
        *out = m;
    return status;
}

/* ---- the list ---- */

const char *const srv_kinds[] = { "text", "voice", "encoder" };

static srv_kind models_look(const char *path)
{
    ink_weights *w;
    ink_arena *arena;
    srv_kind kind = SRV_WRITER;
    if (ink_weights_open(path, &w, NULL))
        return SRV_WRITER; /* whoever asks for it hears what is wrong */
    if (ink_voice_is(w))
        kind = SRV_VOICE;
    else if (!ink_arena_new("about", 64 << 20, &arena, NULL)) {
        const ink_about about = ink_about_read(w, arena);
        kind = about.architecture && !about.decoder ? SRV_ENCODER : SRV_WRITER;
        ink_arena_free(arena);
    }
    ink_weights_close(w);
    return kind;
}

/* What a file is, looked at once: a path of the store never changes what it holds. */
static srv_kind models_kind(srv_models *l, const char *path)
{
    pthread_mutex_lock(&l->seeing);
    size_t i = 0;
    while (i < l->seen_count && strcmp(l->seen[i].path, path))
        i++;
    srv_kind kind = i < l->seen_count ? l->seen[i].kind : models_look(path);
    if (i == l->seen_count && i < MODELS_SEEN && (l->seen[i].path = strdup(path))) {
        l->seen[i].kind = kind;
        l->seen_count++;
    }
    pthread_mutex_unlock(&l->seeing);
    return kind;
}

static const char *model_given_name(const char *model)
{
    const char *slash = strrchr(model, '/');
    return slash && slash[1] ? slash + 1 : model;
}

/* NAME=PATH[:SCALE], which was looked at when the server began. */
static srv_known models_offer(srv_server *s, const char *offer, ink_arena *arena)
{
    const char *is = strchr(offer, '=');
    return (srv_known){ .name = ink_arena_text(arena, offer, (size_t)(is - offer)), .path = srv_models_of(s)->path, .adapter = is + 1, .stored = srv_settings(s)->model };
}

ink_status srv_models_known(srv_server *s, ink_arena *arena, srv_known **list, size_t *count, ink_err *err)
{
    const srv_options *o = srv_settings(s);
    srv_models *l = srv_models_of(s);
    ink_store_list all = { 0 };
    ink_status status = ink_store_list_read(&all, err);
    *count = 0;
    *list = status ? NULL : ink_arena_array(arena, all.count + o->offers.count + 1, sizeof **list);
    if (!status && !*list)
        status = ink_arena_refused(arena, all.count * sizeof **list, err);
    if (!status && o->model)
        (*list)[(*count)++] = (srv_known){ .name = model_given_name(o->model), .path = l->path, .kind = models_kind(l, l->path), .stored = o->model };
    for (size_t i = 0; !status && o->model && i < o->offers.count; i++)
        (*list)[(*count)++] = models_offer(s, o->offers.at[i], arena);
    for (size_t i = 0; !status && i < all.count; i++) {
        const ink_store_item *it = &all.at[i];
        if (it->path && (!o->model || models_kind(l, it->path) != SRV_WRITER))
            (*list)[(*count)++] = (srv_known){ .name = ink_arena_text(arena, it->name, strlen(it->name)), .path = ink_arena_text(arena, it->path, strlen(it->path)),
                                               .bytes = it->bytes, .kind = models_kind(l, it->path) },
            (*list)[*count - 1].stored = (*list)[*count - 1].name;
    }
    ink_store_list_clear(&all);
    return status;
}

ink_status srv_models_resolve(srv_server *s, const char *name, ink_arena *arena, const srv_known **found, ink_err *err)
{
    srv_known *list;
    size_t count, n = strlen(name ? name : ""), used = 0;
    char names[400] = "";
    INK_TRY(srv_models_known(s, arena, &list, &count, err));
    *found = list;
    for (size_t i = 0; i < count && name && srv_settings(s)->model; i++) /* the model of -m under any name, but for those of its adapters */
        if (list[i].adapter && !strcmp(list[i].name, name))
            *found = &list[i];
    if (srv_settings(s)->model)
        return INK_OK;
    if (!name)
        return ink_fail(err, INK_E_ARGUMENT, "say which model: the body lacks one");
    /* Ollama's :latest says nothing. */
    if (n > 7 && !strcmp(name + n - 7, ":latest"))
        n -= 7;
    for (size_t i = 0; i < count; i++) {
        if (list[i].kind != SRV_WRITER)
            continue;
        if (strlen(list[i].name) == n && !strncmp(list[i].name, name, n)) {
            *found = &list[i];
            return INK_OK;
        }
        if (used < sizeof names - 80)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%.60s", used ? ", " : "", list[i].name);
    }
    return ink_fail(err, INK_E_NOT_FOUND, "there is no model \"%.100s\"; %s%s", name, used ? "there are " : "there is none yet: inkstone pull smollm2 fetches one", names);
}

static srv_model *models_find(srv_models *l, const char *name, size_t n)
{
    srv_model *latest = NULL;
    for (size_t i = 0; i < l->count; i++) {
        if (name && strlen(l->list[i]->name) == n && !strncmp(l->list[i]->name, name, n))
            return l->list[i];
        if (!latest || (!latest->stays && (l->list[i]->stays || l->list[i]->used > latest->used)))
            latest = l->list[i];
    }
    return name ? NULL : latest;
}

static void models_drop(srv_models *l, size_t i)
{
    srv_log(l->server, "%s is put away", l->list[i]->name);
    if (l->list[i]->base)
        l->list[i]->base->lent--;
    model_close(l->list[i]);
    l->list[i] = l->list[--l->count];
}

static bool models_idle(const srv_model *m)
{
    return !m->users && !m->stays && !m->lent && !ink_scheduler_look(m->scheduler).active;
}

/* Those whose time is up. The lock is held. */
static void models_expire(srv_models *l)
{
    double now = srv_now();
    for (size_t i = 0; i < l->count;)
        if (models_idle(l->list[i]) && l->list[i]->keep >= 0 && now - l->list[i]->used >= l->list[i]->keep)
            models_drop(l, i);
        else
            i++;
}

/* A loaded model whose weights are those of another; NULL: none. By path what -m names, which need not be of the store. The lock is held. */
static srv_model *models_lender(const srv_models *l, const srv_known *known, const char *digest)
{
    for (size_t i = 0; i < l->count; i++)
        if (!l->list[i]->base && (!strcmp(l->list[i]->path, known->path) || (*digest && !strcmp(l->list[i]->digest, digest))))
            return l->list[i];
    return NULL;
}

/* The longest unused go until it fits beside the others. The lock is held. */
static ink_status models_make_room(srv_models *l, const srv_known *known, const srv_model *lender, ink_err *err)
{
    const srv_options *o = srv_settings(l->server);
    double budget = o->memory > 0 ? o->memory * 1e9 : 0.75 * (double)ink_memory_read().total, need = (lender ? 0 : 1.2 * (double)known->bytes) + 64e6;
    for (;;) {
        double have = 0;
        size_t oldest = l->count;
        for (size_t i = 0; i < l->count; i++) {
            have += l->list[i]->bytes;
            if (models_idle(l->list[i]) && (oldest == l->count || l->list[i]->used < l->list[oldest]->used))
                oldest = i;
        }
        if (have + need <= budget && l->count < MODELS_MOST && (!o->models || l->count < (size_t)o->models))
            return INK_OK;
        if (oldest == l->count)
            return ink_fail(err, l->count ? INK_E_BUSY : INK_E_MEMORY, "%.100s does not fit: it needs %.1f GB, and of %.1f GB for models %.1f are in use", known->name, need / 1e9,
                            budget / 1e9, have / 1e9);
        models_drop(l, oldest);
    }
}

/* The lock is held, but for the loading. */
static ink_status models_load_on(srv_models *l, const srv_known *known, srv_model *lender, srv_model **out, ink_err *err)
{
    INK_TRY(models_make_room(l, known, lender, err));
    l->loading = true;
    pthread_mutex_unlock(&l->lock);
    ink_status status = model_new(l->server, known, lender, out, err);
    pthread_mutex_lock(&l->lock);
    l->loading = false;
    pthread_cond_broadcast(&l->moved);
    return status;
}

/* Loads it, one at a time, on weights that are there already if any are its own. */
static ink_status models_load(srv_models *l, const srv_known *known, srv_model **out, ink_err *err)
{
    char digest[INK_STORE_DIGEST];
    if (!known->stored || ink_store_digest(known->stored, digest, NULL))
        *digest = 0;
    srv_model *lender = models_lender(l, known, digest);
    if (lender)
        lender->lent++; /* from now on: it must not go to make room */
    ink_status status = models_load_on(l, known, lender, out, err);
    if (status && lender)
        lender->lent--;
    INK_TRY(status);
    memcpy((*out)->digest, digest, sizeof digest);
    l->list[l->count++] = *out;
    return INK_OK;
}

static ink_status models_take(srv_models *l, const srv_known *known, const char *name, srv_model **out, ink_err *err)
{
    ink_status status = INK_OK;
    pthread_mutex_lock(&l->lock);
    while (l->loading)
        pthread_cond_wait(&l->moved, &l->lock);
    models_expire(l);
    *out = models_find(l, known ? known->name : name, strlen(known ? known->name : name ? name : ""));
    if (!*out && known)
        status = models_load(l, known, out, err);
    else if (!*out)
        status = ink_fail(err, INK_E_NOT_FOUND, "say which model: none is loaded yet; /v1/models lists them");
    if (!status) {
        (*out)->users++;
        (*out)->used = srv_now();
    }
    pthread_mutex_unlock(&l->lock);
    return status;
}

ink_status srv_model_take(srv_server *s, const char *name, srv_model **out, ink_err *err)
{
    const srv_known *known = NULL;
    ink_arena *arena;
    if (!name || !*name || (srv_settings(s)->model && !srv_settings(s)->offers.count))
        return models_take(srv_models_of(s), NULL, NULL, out, err);
    INK_TRY(ink_arena_new("models", 64 << 20, &arena, err));
    ink_status status = srv_models_resolve(s, name, arena, &known, err);
    if (!status)
        status = models_take(srv_models_of(s), known, name, out, err);
    ink_arena_free(arena);
    return status;
}

void srv_model_give(srv_server *s, srv_model *m)
{
    srv_models *l = srv_models_of(s);
    if (!m)
        return;
    pthread_mutex_lock(&l->lock);
    m->users--;
    m->used = srv_now();
    models_expire(l);
    pthread_mutex_unlock(&l->lock);
}

void srv_model_keep(srv_server *s, srv_model *m, double seconds)
{
    srv_models *l = srv_models_of(s);
    pthread_mutex_lock(&l->lock);
    m->keep = srv_settings(s)->model ? -1 : seconds;
    pthread_mutex_unlock(&l->lock);
}

void srv_models_each(srv_server *s, void (*each)(void *user, const srv_model *m), void *user)
{
    srv_models *l = srv_models_of(s);
    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < l->count; i++)
        each(user, l->list[i]);
    pthread_mutex_unlock(&l->lock);
}

size_t srv_models_forget(srv_server *s, const char *name)
{
    srv_models *l = srv_models_of(s);
    size_t users = 0;
    pthread_mutex_lock(&l->lock);
    for (size_t i = l->count; i-- > 0;) /* from the end: what takes its place was looked at */
        if (l->list[i]->base && !strcmp(l->list[i]->base->name, name) && models_idle(l->list[i]))
            models_drop(l, i);
    for (size_t i = 0; i < l->count; i++)
        if (!strcmp(l->list[i]->name, name)) {
            users = l->list[i]->users + l->list[i]->lent + ink_scheduler_look(l->list[i]->scheduler).active;
            if (!users)
                models_drop(l, i);
            break;
        }
    pthread_mutex_unlock(&l->lock);
    return users;
}

ink_status srv_model_new_name(srv_server *s, const char *name, char out[SRV_NAME], ink_err *err)
{
    size_t n = name ? strlen(name) : 0;
    if (srv_settings(s)->model)
        return ink_fail(err, INK_E_ARGUMENT, "this server serves one model, and makes no others");
    if (!n || n >= SRV_NAME)
        return ink_fail(err, INK_E_ARGUMENT, "say what the model is to be called, in at most %d letters", SRV_NAME - 1);
    snprintf(out, SRV_NAME, "%s", name);
    if (n > 7 && !strcmp(out + n - 7, ":latest"))
        out[n - 7] = 0;
    return srv_models_forget(s, out) ? ink_fail(err, INK_E_BUSY, "%s is being used; make it anew when nobody does", out) : INK_OK;
}

static ink_status models_check_offers(const srv_options *o, ink_err *err)
{
    for (size_t i = 0; i < o->offers.count; i++) {
        const char *is = strchr(o->offers.at[i], '=');
        if (!o->model)
            return ink_fail(err, INK_E_ARGUMENT, "--offer puts an adapter on the model of -m, and there is none");
        if (!is || is == o->offers.at[i] || !is[1])
            return ink_fail(err, INK_E_ARGUMENT, "--offer wants NAME=PATH[:SCALE], not \"%.60s\"", o->offers.at[i]);
    }
    return INK_OK;
}

ink_status srv_models_open(srv_server *s, srv_models **out, ink_err *err)
{
    const char *model = srv_settings(s)->model;
    INK_TRY(models_check_offers(srv_settings(s), err));
    srv_models *l = calloc(1, sizeof *l);
    if (!l)
        return ink_fail(err, INK_E_MEMORY, "no memory for the list of models");
    l->server = s;
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->moved, NULL);
    pthread_mutex_init(&l->seeing, NULL);
    ink_status status = model ? ink_store_resolve(model, &l->path, err) : INK_OK;
    if (!status && model && models_kind(l, l->path) == SRV_WRITER) { /* others are loaded when they are asked for */
        status = model_new(s, &(srv_known){ .name = model_given_name(model), .path = l->path, .stored = model }, NULL, &l->list[0], err);
        l->count = status ? 0 : 1;
        if (!status)
            l->list[0]->stays = true;
    }
    if (status)
        srv_models_close(l);
    else
        *out = l;
    return status;
}

void srv_models_close(srv_models *l)
{
    if (!l)
        return;
    for (size_t i = l->count; i-- > 0;)
        if (l->list[i]->base) /* before those whose weights they use */
            models_drop(l, i);
    while (l->count)
        models_drop(l, l->count - 1);
    while (l->seen_count)
        free(l->seen[--l->seen_count].path);
    free(l->path);
    pthread_mutex_destroy(&l->seeing);
    pthread_mutex_destroy(&l->lock);
    pthread_cond_destroy(&l->moved);
    free(l);
}
