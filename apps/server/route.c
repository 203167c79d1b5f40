/* From a method and a path to a route, from a body to its parameters, from a failure to an answer. */
#include "server/made.h"
#include "server/shapes.h"

#include <stdlib.h>
#include <string.h>

#define INK_ROUTE(name) extern const srv_route srv_route_##name;
#include "server/routes.def"
#undef INK_ROUTE
const srv_route *const srv_routes[] = {
#define INK_ROUTE(name) &srv_route_##name,
#include "server/routes.def"
#undef INK_ROUTE
    NULL,
};

/* The tail of a path that this one leads to; NULL: it leads elsewhere. */
static const char *route_match(const char *pattern, const char *path)
{
    size_t n = strlen(pattern);
    if (n > 1 && pattern[n - 1] == '/') /* but for the root, which is only itself */
        return !strncmp(pattern, path, n) && path[n] ? path + n : NULL;
    return strcmp(pattern, path) ? NULL : path + n;
}

const srv_route *srv_route_find(const char *method, const char *path, const char **tail, bool *other_method)
{
    *other_method = false;
    for (size_t i = 0; srv_routes[i]; i++)
        for (size_t p = 0; srv_routes[i]->paths[p]; p++) {
            *tail = route_match(srv_routes[i]->paths[p], path);
            if (*tail && !strcmp(method, srv_routes[i]->method))
                return srv_routes[i];
            *other_method |= *tail != NULL;
        }
    return NULL;
}

int srv_status_of(ink_status status)
{
    static const int codes[] = {
        [INK_OK] = 200, [INK_E_IO] = 500, [INK_E_FORMAT] = 400, [INK_E_LIMIT] = 400, [INK_E_MEMORY] = 503, [INK_E_ARGUMENT] = 400, [INK_E_NOT_FOUND] = 404,
        [INK_E_UNSUPPORTED] = 400, [INK_E_STOPPED] = 499, [INK_E_BUSY] = 503,
    };
    return codes[status];
}

void srv_fail(srv_call *c, int status, const ink_err *err)
{
    if (c->close)
        c->close(c->state);
    c->pull = NULL;
    c->close = NULL;
    ink_buf_reset(&c->out);
    c->type = NULL;
    c->status = status;
    (c->route && c->route->error ? c->route->error : srv_error_openai)(c, status, err);
}

/* ---- parameters ---- */

/* An object for a list of texts is a list of KEY=VALUE: OpenAI's logit_bias. */
static ink_json *route_pairs(const ink_json *object)
{
    ink_json *list = ink_json_new_array();
    const char *key;
    const ink_json *value;
    for (void *it = NULL; (it = ink_json_next(object, it, &key, &value));) {
        char text[128];
        int n = snprintf(text, sizeof text, "%.80s=%.9g", key, ink_json_number(value, 0));
        ink_json_append(list, ink_json_new_text(text, (size_t)n));
    }
    return list;
}

/* The members of the body that the table knows: the others may be large, and are read by the route. */
static ink_json *route_known(const ink_param *params, const ink_json *body)
{
    ink_json *known = ink_json_new_object();
    for (ink_param_walk w = ink_param_first(params); w.param; ink_param_next(&w)) {
        const ink_json *v = ink_json_get(body, w.param->name);
        if (v && w.param->type == INK_PARAM_TEXTS && ink_json_kind(v) == INK_JSON_OBJECT)
            ink_json_set(known, w.param->name, route_pairs(v));
        else if (v)
            ink_json_share(known, w.param->name, v);
    }
    return known;
}

static ink_status route_body_params(srv_call *c, ink_err *err)
{
    ink_buf text;
    ink_json *known = route_known(c->route->params, c->json);
    ink_buf_init(&text, 0);
    ink_json_dump(known, 0, &text);
    ink_json_free(known);
    ink_status status = ink_buf_check(&text, "the body", err);
    if (!status)
        status = ink_param_json(c->route->params, text.data, text.len, c->arena, c->params, err);
    ink_buf_clear(&text);
    return status;
}

static ink_status route_query_params(srv_call *c, ink_err *err)
{
    for (ink_param_walk w = ink_param_first(c->route->params); w.param; ink_param_next(&w)) {
        const char *v = srv_query(c, w.param->name);
        if (v)
            INK_TRY(ink_param_set(c->route->params, w.param->name, v, c->arena, c->params, err));
    }
    return INK_OK;
}

static ink_status route_parse(srv_call *c, ink_err *err)
{
    if (c->body.len && !c->route->raw) {
        INK_TRY(ink_json_parse(c->body.data, c->body.len, "the body", &c->json, err));
        if (ink_json_kind(c->json) != INK_JSON_OBJECT)
            return ink_fail(err, INK_E_FORMAT, "the body is a JSON object, not something else");
    } else if (!c->body.len && c->route->params && strcmp(c->method, "GET") && strcmp(c->method, "DELETE"))
        return ink_fail(err, INK_E_FORMAT, "the body is empty; a JSON object is expected");
    return INK_OK;
}

static ink_status route_params(srv_call *c, ink_err *err)
{
    c->params = ink_arena_alloc(c->arena, c->route->size);
    if (!c->params)
        return ink_arena_refused(c->arena, c->route->size, err);
    ink_param_defaults(c->route->params, c->params);
    INK_TRY(route_query_params(c, err));
    return c->json ? route_body_params(c, err) : INK_OK;
}

void srv_answer(srv_call *c)
{
    ink_err err = { 0 };
    ink_status status = route_parse(c, &err);
    if (status) {
        srv_fail(c, 400, &err);
        return;
    }
    if (c->route->params && ((status = srv_made_fill(c, &err)) || (status = route_params(c, &err)))) {
        srv_fail(c, status == INK_E_ARGUMENT ? 422 : srv_status_of(status), &err);
        return;
    }
    status = c->route->run(c, &err);
    if (!status)
        status = ink_buf_check(&c->out, "the answer", &err);
    if (status)
        srv_fail(c, srv_status_of(status), &err);
}
