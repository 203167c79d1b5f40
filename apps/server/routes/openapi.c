/* GET /openapi.json: every endpoint, printed from the table of routes; docs/openapi.json is this. */
#include "server/call.h"

#include <string.h>

static void openapi_type(ink_jot *j, const ink_param *p)
{
    static const char *const types[] = { [INK_PARAM_BOOL] = "boolean", [INK_PARAM_INT] = "integer", [INK_PARAM_REAL] = "number", [INK_PARAM_TEXT] = "string", [INK_PARAM_PATH] = "string",
                                         [INK_PARAM_MODEL] = "string", [INK_PARAM_CHOICE] = "string", [INK_PARAM_INTS] = "array", [INK_PARAM_TEXTS] = "array" };
    ink_jot_text(j, "type", types[p->type]);
    if (p->type == INK_PARAM_INTS || p->type == INK_PARAM_TEXTS) {
        ink_jot_object(j, "items");
        ink_jot_text(j, "type", p->type == INK_PARAM_INTS ? "integer" : "string");
        ink_jot_end(j);
    }
    if (p->type == INK_PARAM_CHOICE) {
        ink_jot_array(j, "enum");
        for (size_t i = 0; p->choices[i]; i++)
            ink_jot_text(j, NULL, p->choices[i]);
        ink_jot_end(j);
    } else if (p->min < p->max) {
        ink_jot_number(j, "minimum", p->min);
        if (p->max < 1e15)
            ink_jot_number(j, "maximum", p->max);
    }
    ink_jot_text(j, "description", p->help);
}

static void openapi_body(ink_jot *j, const srv_route *r)
{
    ink_jot_object(j, "requestBody");
    ink_jot_object(j, "content");
    ink_jot_object(j, "application/json");
    ink_jot_object(j, "schema");
    ink_jot_text(j, "type", "object");
    ink_jot_object(j, "properties");
    for (ink_param_walk w = ink_param_first(r->params); w.param; ink_param_next(&w)) {
        ink_jot_object(j, w.param->name);
        openapi_type(j, w.param);
        ink_jot_end(j);
    }
    for (size_t i = 0; r->fields && r->fields[i].name; i++) {
        ink_jot_object(j, r->fields[i].name);
        if (r->fields[i].type)
            ink_jot_text(j, "type", r->fields[i].type);
        ink_jot_text(j, "description", r->fields[i].help);
        ink_jot_end(j);
    }
    ink_jot_end(j);
    ink_jot_end(j);
    ink_jot_end(j);
    ink_jot_end(j);
    ink_jot_end(j);
}

static void openapi_answer(ink_jot *j, const char *code, const char *says)
{
    ink_jot_object(j, code);
    ink_jot_text(j, "description", says);
    ink_jot_end(j);
}

static void openapi_route(ink_jot *j, const srv_route *r, bool tail)
{
    char method[16];
    size_t n = strlen(r->method);
    for (size_t i = 0; i <= n; i++)
        method[i] = (char)(r->method[i] >= 'A' && r->method[i] <= 'Z' ? r->method[i] + 32 : r->method[i]);
    ink_jot_object(j, method);
    ink_jot_text(j, "summary", r->about);
    if (tail) {
        ink_jot_array(j, "parameters");
        ink_jot_object(j, NULL);
        ink_jot_text(j, "name", "name");
        ink_jot_text(j, "in", "path");
        ink_jot_bool(j, "required", true);
        ink_jot_object(j, "schema");
        ink_jot_text(j, "type", "string");
        ink_jot_end(j);
        ink_jot_end(j);
        ink_jot_end(j);
    }
    if (r->params)
        openapi_body(j, r);
    ink_jot_object(j, "responses");
    openapi_answer(j, "200", "The answer.");
    if (r->params) {
        openapi_answer(j, "400", "What is asked makes no sense; the sentence says why.");
        openapi_answer(j, "413", "The body is too large.");
        openapi_answer(j, "422", "A field is of a wrong type or out of range.");
        openapi_answer(j, "503", "There is no room for now; Retry-After says when to come again.");
    }
    if (!r->open)
        openapi_answer(j, "401", "A key is needed.");
    ink_jot_end(j);
    ink_jot_end(j);
}

/* Whether this path stands earlier in the table, and so has its entry already. */
static bool openapi_told(size_t route, size_t path)
{
    for (size_t i = 0; i <= route; i++)
        for (size_t p = 0; srv_routes[i]->paths[p] && !(i == route && p >= path); p++)
            if (!strcmp(srv_routes[i]->paths[p], srv_routes[route]->paths[path]))
                return true;
    return false;
}

static void openapi_path(ink_jot *j, size_t route, size_t path)
{
    char name[200];
    const char *pattern = srv_routes[route]->paths[path];
    size_t n = strlen(pattern);
    bool tail = n > 1 && pattern[n - 1] == '/';
    if (openapi_told(route, path))
        return;
    snprintf(name, sizeof name, "%s%s", pattern, tail ? "{name}" : "");
    ink_jot_object(j, name);
    for (size_t i = route; srv_routes[i]; i++) /* other methods of the same path */
        for (size_t p = 0; srv_routes[i]->paths[p]; p++)
            if (!strcmp(srv_routes[i]->paths[p], pattern))
                openapi_route(j, srv_routes[i], tail);
    ink_jot_end(j);
}

static ink_status openapi_run(srv_call *c, ink_err *err)
{
    ink_jot j = srv_jot(&c->out);
    (void)err;
    ink_jot_object(&j, NULL);
    ink_jot_text(&j, "openapi", "3.0.3");
    ink_jot_object(&j, "info");
    ink_jot_text(&j, "title", "inkstone");
    ink_jot_text(&j, "version", INK_VERSION);
    ink_jot_end(&j);
    ink_jot_object(&j, "paths");
    for (size_t i = 0; srv_routes[i]; i++)
        for (size_t p = 0; srv_routes[i]->paths[p]; p++)
            openapi_path(&j, i, p);
    ink_jot_end(&j);
    ink_jot_end(&j);
    return INK_OK;
}

extern const srv_route srv_route_openapi;
const srv_route srv_route_openapi = { .method = "GET", .paths = (const char *const[]){ "/openapi.json", NULL }, .about = "This list.", .open = true, .run = openapi_run };
