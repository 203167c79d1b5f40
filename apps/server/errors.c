/* Errors in the words of each family of clients. */
#include "server/shapes.h"

static const struct {
    int status;
    const char *openai, *anthropic;
} error_types[] = {
    { 400, "invalid_request_error", "invalid_request_error" }, { 401, "authentication_error", "authentication_error" }, { 403, "permission_error", "permission_error" },
    { 404, "not_found_error", "not_found_error" },             { 405, "invalid_request_error", "invalid_request_error" },
    { 413, "invalid_request_error", "request_too_large" },     { 422, "invalid_request_error", "invalid_request_error" },
    { 503, "overloaded_error", "overloaded_error" },
    { 0, "server_error", "api_error" },
};

static size_t error_row(int status)
{
    size_t i = 0;
    while (error_types[i].status && error_types[i].status != status)
        i++;
    return i;
}

static void error_openai(ink_buf *out, int status, const ink_err *err)
{
    ink_jot object = srv_jot(out), *j = &object;
    ink_jot_object(j, NULL);
    ink_jot_object(j, "error");
    ink_jot_text(j, "message", err->text);
    ink_jot_text(j, "type", error_types[error_row(status)].openai);
    ink_jot_null(j, "param");
    if (status == 404)
        ink_jot_text(j, "code", "not_found");
    else if (err->status == INK_E_LIMIT)
        ink_jot_text(j, "code", "context_length_exceeded");
    else
        ink_jot_integer(j, "code", status);
    ink_jot_end(j);
    ink_jot_end(j);
}

void srv_error_openai(srv_call *c, int status, const ink_err *err)
{
    error_openai(&c->out, status, err);
}

void srv_error_openai_event(ink_buf *out, const ink_err *err)
{
    srv_event_begin(out, NULL);
    error_openai(out, srv_status_of(err->status), err);
    srv_event_end(out);
}

void srv_error_ollama(srv_call *c, int status, const ink_err *err)
{
    ink_jot j = srv_jot(&c->out);
    (void)status;
    ink_jot_object(&j, NULL);
    ink_jot_text(&j, "error", err->text);
    ink_jot_end(&j);
}

void srv_error_anthropic(srv_call *c, int status, const ink_err *err)
{
    ink_jot j = srv_jot(&c->out);
    ink_jot_object(&j, NULL);
    ink_jot_text(&j, "type", "error");
    ink_jot_object(&j, "error");
    ink_jot_text(&j, "type", error_types[error_row(status)].anthropic);
    ink_jot_text(&j, "message", err->text);
    ink_jot_end(&j);
    ink_jot_end(&j);
}
