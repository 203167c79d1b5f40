/* Fetching over HTTP through libcurl, which appears in http.c alone. Redirects are followed, but never from https down
   to http, and a token goes to the first host only. */
#ifndef INK_BASE_HTTP_H
#define INK_BASE_HTTP_H

#include "base/buf.h"
#include <stdint.h>

typedef struct ink_http {
    const char *url;
    const char *token;  /* sent as a bearer token; NULL: none */
    const char *agent;  /* NULL: inkstone's own */
    bool (*step)(void *user, uint64_t done, uint64_t total); /* of the whole file; false stops; may be NULL */
    void *user;
} ink_http;

/* A short answer, whole. INK_E_NOT_FOUND: the server has no such thing or does not let us have it. */
ink_status ink_http_text(const ink_http *h, size_t max_bytes, ink_buf *out, ink_err *err);
/* Appends to the file what it lacks (by a Range request when it holds something already). `size` is the whole file's
   size: a server that announces another is refused before anything is written; 0 when not known. */
ink_status ink_http_file(const ink_http *h, const char *path, uint64_t size, ink_err *err);

#endif
