#define _GNU_SOURCE
#include "server/loads.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct srv_loaded {
    char *name;
    pthread_mutex_t lock; /* one caller at a time */
    void *what;
    const srv_loads_kind *kind;
};

struct srv_loads {
    const srv_loads_kind *kind;
    pthread_mutex_t lock;
    size_t count;
    srv_loaded *list[]; /* [kind->most] */
};

ink_status srv_loads_open(const srv_loads_kind *kind, srv_loads **out, ink_err *err)
{
    srv_loads *l = calloc(1, sizeof *l + kind->most * sizeof *l->list);
    if (!l)
        return ink_fail(err, INK_E_MEMORY, "no memory for %s", kind->many);
    l->kind = kind;
    pthread_mutex_init(&l->lock, NULL);
    *out = l;
    return INK_OK;
}

static void loads_close_one(srv_loaded *e)
{
    if (e->what)
        e->kind->close(e->what);
    pthread_mutex_destroy(&e->lock);
    free(e->name);
    free(e);
}

void srv_loads_close(srv_loads *l)
{
    if (!l)
        return;
    while (l->count)
        loads_close_one(l->list[--l->count]);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

static ink_status loads_new(const srv_loads_kind *kind, srv_server *s, const srv_known *known, srv_loaded **out, ink_err *err)
{
    srv_loaded *e = calloc(1, sizeof *e);
    if (!e)
        return ink_fail(err, INK_E_MEMORY, "no memory for %s", kind->one);
    e->kind = kind;
    pthread_mutex_init(&e->lock, NULL);
    e->name = strdup(known->name);
    ink_status status = e->name ? kind->open(s, known, &e->what, err) : ink_fail(err, INK_E_MEMORY, "no memory for %s", kind->one);
    if (status)
        loads_close_one(e);
    else
        *out = e;
    return status;
}

/* Under the lock of the list, so that nothing is loaded twice. */
static ink_status loads_find(srv_loads *l, srv_server *s, const srv_known *known, srv_loaded **out, ink_err *err)
{
    for (size_t i = 0; i < l->count; i++)
        if (!strcmp(l->list[i]->name, known->name)) {
            *out = l->list[i];
            return INK_OK;
        }
    if (l->count == l->kind->most)
        return ink_fail(err, INK_E_LIMIT, "%zu %s are loaded, and no more can be", l->kind->most, l->kind->many);
    INK_TRY(loads_new(l->kind, s, known, out, err));
    l->list[l->count++] = *out;
    return INK_OK;
}

ink_status srv_loads_take(srv_loads *l, srv_server *s, const srv_known *known, srv_loaded **out, void **what, ink_err *err)
{
    pthread_mutex_lock(&l->lock);
    ink_status status = loads_find(l, s, known, out, err);
    pthread_mutex_unlock(&l->lock);
    INK_TRY(status);
    pthread_mutex_lock(&(*out)->lock);
    *what = (*out)->what;
    return INK_OK;
}

void srv_loads_give(srv_loaded *e)
{
    pthread_mutex_unlock(&e->lock);
}
