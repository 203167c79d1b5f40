/* Who may ask: a page of another site cannot (Origin), nor one that had its name point here (Host), nor who lacks the key. */
#include "server/http.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool guard_loopback(const char *host, size_t n)
{
    return (n == 9 && !strncasecmp(host, "localhost", 9)) || (n > 4 && !strncmp(host, "127.", 4) && strspn(host, "0123456789.") == n) || (n == 3 && !strncmp(host, "::1", 3)) ||
           (n == 5 && !strncmp(host, "[::1]", 5));
}

ink_status srv_guard_settings(const srv_options *o, ink_err *err)
{
    if (guard_loopback(o->host, strlen(o->host)) || o->keys.count)
        return INK_OK;
    return ink_fail(err, INK_E_ARGUMENT, "--host %.100s lets other machines in, so it needs a key: --api-key KEY or --api-key-file FILE", o->host);
}

static bool guard_listed(const ink_param_texts *list, const char *text, size_t n)
{
    for (size_t i = 0; i < list->count; i++)
        if (!strcmp(list->at[i], "*") || (strlen(list->at[i]) == n && !strncasecmp(list->at[i], text, n)))
            return true;
    return false;
}

/* With a key anybody may call this machine what they like; without one, it is called by its own names. */
static bool guard_host(const srv_call *c)
{
    const srv_options *o = srv_settings(c->server);
    const char *host = srv_header(c, "Host");
    if (!host || o->keys.count)
        return true;
    size_t n = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
    return guard_loopback(host, n) || guard_listed(&o->hosts, host, n);
}

static bool guard_same(const char *origin, const char *host)
{
    const char *at = strstr(origin, "://");
    return at && host && !strcasecmp(at + 3, host);
}

const char *srv_guard_origin(const srv_call *c)
{
    const char *origin = srv_header(c, "Origin");
    return origin && guard_listed(&srv_settings(c->server)->origins, origin, strlen(origin)) ? origin : NULL;
}

static bool guard_origin(const srv_call *c)
{
    const char *origin = srv_header(c, "Origin");
    return !origin || guard_same(origin, srv_header(c, "Host")) || srv_guard_origin(c);
}

/* In a time that does not depend on where they differ. */
static bool guard_equal(const char *key, const char *given)
{
    size_t n = strlen(key), m = strlen(given);
    unsigned char differ = n != m;
    for (size_t i = 0; i < n; i++)
        differ |= (unsigned char)(key[i] ^ given[m ? i % m : 0]);
    return !differ;
}

static bool guard_key(srv_call *c)
{
    const srv_options *o = srv_settings(c->server);
    const char *given = srv_header(c, "Authorization");
    bool right = false;
    if (!o->keys.count || (c->route && c->route->open) || !strcmp(c->method, "OPTIONS"))
        return c->anybody = true;
    given = given && !strncasecmp(given, "Bearer ", 7) ? given + 7 : srv_header(c, "x-api-key");
    for (size_t i = 0; given && i < o->keys.count; i++)
        if (guard_equal(o->keys.at[i], given)) {
            right = true;
            c->owner = i + 1;
        }
    return right;
}

static bool guard_refuse(srv_call *c, int status, const char *sentence, const char *what)
{
    ink_err err;
    ink_fail(&err, INK_E_ARGUMENT, sentence, what ? what : "");
    srv_fail(c, status, &err);
    return false;
}

bool srv_guard(srv_call *c)
{
    if (!guard_host(c))
        return guard_refuse(c, 403, "this server is not called %.100s; --allow-host lets it be", srv_header(c, "Host"));
    if (!guard_origin(c))
        return guard_refuse(c, 403, "pages of %.100s may not ask here; --allow-origin lets them", srv_header(c, "Origin"));
    if (!guard_key(c))
        return guard_refuse(c, 401, "a key is needed: send it as Authorization: Bearer KEY%s", NULL);
    return true;
}

void srv_owner(const srv_call *c, char out[20])
{
    uint64_t h = 14695981039346656037u;
    *out = 0;
    if (!c->owner)
        return;
    for (const char *k = srv_settings(c->server)->keys.at[c->owner - 1]; *k; k++)
        h = (h ^ (unsigned char)*k) * 1099511628211u;
    snprintf(out, 20, "%016llx", (unsigned long long)h);
}
