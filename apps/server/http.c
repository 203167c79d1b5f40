/* HTTP by libmicrohttpd, a thread for each connection: reading, the limits of what is read, and writing whole or in pieces. */
#define _GNU_SOURCE
#include "server/http.h"

#include <arpa/inet.h>
#include <ink/file.h>
#include <microhttpd.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { HTTP_BLOCK = 16384, HTTP_HEADERS = 65536 };

struct srv_http {
    srv_server *server;
    struct MHD_Daemon *daemon;
    char *cert, *key;
    unsigned timeout;  /* seconds without a byte */
    size_t body;       /* bytes of one at most */
};

typedef struct http_call {
    srv_call call;
    srv_http *h;
    size_t seen;       /* bytes of body that came */
    bool refused;      /* the answer is there already; what comes of a body is only read away */
    bool answered;     /* before the body was read */
    size_t sent;       /* of call.out, in a stream */
    bool last;         /* pull has given its last */
} http_call;

const char *srv_header(const srv_call *c, const char *name)
{
    return MHD_lookup_connection_value(c->wire, MHD_HEADER_KIND, name);
}

const char *srv_query(const srv_call *c, const char *name)
{
    return MHD_lookup_connection_value(c->wire, MHD_GET_ARGUMENT_KIND, name);
}

bool srv_gone(const srv_call *c)
{
    struct pollfd p = { .fd = c->socket, .events = POLLRDHUP };
    return poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

/* ---- the answer ---- */

static ssize_t http_pull(void *user, uint64_t at, char *into, size_t most)
{
    http_call *h = user;
    ink_buf *out = &h->call.out;
    (void)at;
    while (h->sent == out->len) {
        if (h->last)
            return MHD_CONTENT_READER_END_OF_STREAM;
        ink_buf_reset(out);
        h->sent = 0;
        h->last = !h->call.pull(h->call.state, out);
        if (out->failed)
            return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    size_t n = out->len - h->sent < most ? out->len - h->sent : most;
    memcpy(into, out->data + h->sent, n);
    h->sent += n;
    return (ssize_t)n;
}

static void http_headers(http_call *h, struct MHD_Response *r)
{
    const srv_call *c = &h->call;
    const char *origin = srv_guard_origin(c);
    MHD_add_response_header(r, "Content-Type", c->type ? c->type : "application/json");
    MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(r, "Cache-Control", "no-store");
    if (c->status == 503)
        MHD_add_response_header(r, "Retry-After", "2");
    if (c->status == 401)
        MHD_add_response_header(r, "WWW-Authenticate", "Bearer");
    if (c->name)
        MHD_add_response_header(r, "Content-Disposition", c->name);
    if (c->route && c->type && !strncmp(c->type, "text/html", 9))
        MHD_add_response_header(r, "Content-Security-Policy", "default-src 'self'; img-src 'self' data:; media-src 'self' blob:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'");
    if (!origin)
        return;
    MHD_add_response_header(r, "Access-Control-Allow-Origin", origin);
    MHD_add_response_header(r, "Access-Control-Allow-Headers", "authorization, content-type, x-api-key, anthropic-version");
    MHD_add_response_header(r, "Access-Control-Allow-Methods", "GET, POST, PUT, DELETE, OPTIONS");
    MHD_add_response_header(r, "Vary", "Origin");
}

static enum MHD_Result http_send(http_call *h)
{
    srv_call *c = &h->call;
    struct MHD_Response *r = c->pull ? MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, HTTP_BLOCK, http_pull, h, NULL)
                                     : MHD_create_response_from_buffer(c->out.len, c->out.data, MHD_RESPMEM_PERSISTENT);
    if (!r)
        return MHD_NO;
    http_headers(h, r);
    c->status = c->status ? c->status : 200;
    enum MHD_Result result = MHD_queue_response(c->wire, (unsigned)c->status, r);
    MHD_destroy_response(r);
    return result;
}

/* ---- the request ---- */

static http_call *http_begin(srv_http *h, struct MHD_Connection *connection, const char *path, const char *method)
{
    http_call *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->h = h;
    c->call = (srv_call){ .server = h->server, .path = path, .method = strcmp(method, "HEAD") ? method : "GET", .wire = connection, .began = srv_now() };
    c->call.socket = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    ink_buf_init(&c->call.body, h->body);
    ink_buf_init(&c->call.out, 0);
    if (ink_arena_new("request", h->body + ((size_t)64 << 20), &c->call.arena, NULL)) {
        free(c);
        return NULL;
    }
    return c;
}

static bool http_too_long(http_call *c, uint64_t bytes)
{
    ink_err err;
    if (bytes <= c->h->body)
        return false;
    ink_fail(&err, INK_E_LIMIT, "a body may have %zu bytes, and this one has %s%llu", c->h->body, c->seen ? "at least " : "", (unsigned long long)bytes);
    srv_fail(&c->call, 413, &err);
    return true;
}

/* What can be said before the body is read. */
static bool http_refused(http_call *c)
{
    srv_call *call = &c->call;
    ink_err err;
    bool other;
    call->route = srv_route_find(call->method, call->path, &call->tail, &other);
    if (!srv_guard(call))
        return true;
    if (!strcmp(call->method, "OPTIONS")) {
        call->status = 204;
        return true;
    }
    if (!call->route) {
        ink_fail(&err, INK_E_NOT_FOUND, other ? "%.200s is not asked with %.20s" : "there is no %.200s here; /openapi.json lists what there is", call->path, call->method);
        srv_fail(call, other ? 405 : 404, &err);
        return true;
    }
    return false;
}

/* Who announces a little too much hears it after sending it, as clients expect; who announces very much need not send it. */
static bool http_hopeless(http_call *c)
{
    const char *length = srv_header(&c->call, "Content-Length");
    unsigned long long bytes = length ? strtoull(length, NULL, 10) : 0;
    return bytes / 4 > c->h->body && (c->refused || http_too_long(c, bytes));
}

static void http_work(http_call *c)
{
    MHD_set_connection_option(c->call.wire, MHD_CONNECTION_OPTION_TIMEOUT, 0u); /* nobody is late while we compute */
    if (c->seen > c->h->body)
        http_too_long(c, c->seen);
    else
        srv_answer(&c->call);
    MHD_set_connection_option(c->call.wire, MHD_CONNECTION_OPTION_TIMEOUT, c->h->timeout);
}

static enum MHD_Result http_access(void *user, struct MHD_Connection *connection, const char *path, const char *method, const char *version, const char *data,
                                   size_t *size, void **state)
{
    http_call *c = *state;
    (void)version;
    if (!c) {
        *state = c = http_begin(user, connection, path, method);
        if (!c)
            return MHD_NO;
        c->refused = http_refused(c);
        c->answered = http_hopeless(c);
        return c->answered ? http_send(c) : MHD_YES;
    }
    if (c->answered)
        return MHD_YES;
    if (*size) {
        c->seen += *size;
        if (c->seen <= c->h->body && !c->refused)
            ink_buf_add(&c->call.body, data, *size);
        *size = 0;
        return c->seen > 4 * c->h->body ? MHD_NO : MHD_YES; /* who does not stop is cut off */
    }
    if (!c->refused)
        http_work(c);
    return http_send(c);
}

static void http_end(void *user, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode code)
{
    http_call *c = *state;
    (void)user;
    (void)connection;
    if (!c)
        return;
    char who[32] = "";
    if (c->call.owner)
        snprintf(who, sizeof who, " key %llu", (unsigned long long)c->call.owner);
    srv_log(c->call.server, "%s %s %d %.0f ms%s%s", c->call.method, c->call.path, c->call.status, 1e3 * (srv_now() - c->call.began), who,
            code == MHD_REQUEST_TERMINATED_COMPLETED_OK ? "" : " (the client went away)");
    if (c->call.close)
        c->call.close(c->call.state);
    ink_json_free(c->call.json);
    ink_buf_clear(&c->call.body);
    ink_buf_clear(&c->call.out);
    ink_arena_free(c->call.arena);
    free(c);
    *state = NULL;
}

/* ---- listening ---- */

static ink_status http_tls(srv_http *h, const srv_options *o, ink_err *err)
{
    size_t n;
    if (!o->tls_cert && !o->tls_key)
        return INK_OK;
    if (!o->tls_cert || !o->tls_key)
        return ink_fail(err, INK_E_ARGUMENT, "--tls-cert and --tls-key belong together");
    if (MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES)
        return ink_fail(err, INK_E_UNSUPPORTED, "this build of libmicrohttpd has no TLS");
    INK_TRY(ink_file_text(o->tls_cert, 1 << 20, &h->cert, &n, err));
    return ink_file_text(o->tls_key, 1 << 20, &h->key, &n, err);
}

static ink_status http_start(srv_http *h, const srv_options *o, const struct addrinfo *a, ink_err *err)
{
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL | (a->ai_family == AF_INET6 ? MHD_USE_IPv6 : 0) | (h->cert ? MHD_USE_TLS : 0);
    struct MHD_OptionItem tls[] = { { h->cert ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, 0, h->cert }, { MHD_OPTION_HTTPS_MEM_KEY, 0, h->key }, { MHD_OPTION_END, 0, NULL } };
    h->daemon = MHD_start_daemon(flags, 0, NULL, NULL, http_access, h, MHD_OPTION_SOCK_ADDR, a->ai_addr, MHD_OPTION_NOTIFY_COMPLETED, http_end, NULL,
                                 MHD_OPTION_CONNECTION_LIMIT, (unsigned)o->connections, MHD_OPTION_CONNECTION_TIMEOUT, h->timeout,
                                 MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_HEADERS, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u,
                                 MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
    return h->daemon ? INK_OK : ink_fail(err, INK_E_IO, "%s port %lld cannot be listened on: it is taken, or not allowed; --port takes another", o->host, (long long)o->port);
}

static ink_status http_open(srv_http *h, int64_t *port, ink_err *err)
{
    const srv_options *o = srv_settings(h->server);
    struct addrinfo *list, hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
    char number[16];
    h->timeout = (unsigned)o->timeout;
    h->body = (size_t)(o->body * 1e6);
    INK_TRY(http_tls(h, o, err));
    snprintf(number, sizeof number, "%d", (int)o->port);
    if (getaddrinfo(o->host, number, &hints, &list))
        return ink_fail(err, INK_E_ARGUMENT, "--host %.100s is no address of this machine", o->host);
    ink_status status = http_start(h, o, list, err);
    freeaddrinfo(list);
    if (!status)
        *port = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    return status;
}

ink_status srv_http_open(srv_server *s, int64_t *port, srv_http **out, ink_err *err)
{
    srv_http *h = calloc(1, sizeof *h);
    if (!h)
        return ink_fail(err, INK_E_MEMORY, "no memory to listen");
    h->server = s;
    ink_status status = http_open(h, port, err);
    if (status)
        srv_http_close(h);
    else
        *out = h;
    return status;
}

void srv_http_quiesce(srv_http *h)
{
    MHD_quiesce_daemon(h->daemon);
}

void srv_http_close(srv_http *h)
{
    if (!h)
        return;
    if (h->daemon)
        MHD_stop_daemon(h->daemon);
    free(h->cert);
    free(h->key);
    free(h);
}

size_t srv_http_connections(srv_http *h)
{
    return MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)->num_connections;
}
