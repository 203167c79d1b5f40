/* The wire. */
#ifndef SERVER_HTTP_H
#define SERVER_HTTP_H

#include "server/call.h"

typedef struct srv_http srv_http;
/* Listens; *port is what was bound. Requests come from now on, each on a thread of its own. */
ink_status srv_http_open(srv_server *s, int64_t *port, srv_http **out, ink_err *err);
void srv_http_quiesce(srv_http *h); /* takes no new connections */
void srv_http_close(srv_http *h);   /* waits for the threads; NULL is fine */
size_t srv_http_connections(srv_http *h);

/* guard.c: whether this address, this page and this caller may ask. False: the answer is an error already. */
bool srv_guard(srv_call *c);
const char *srv_guard_origin(const srv_call *c); /* what a page elsewhere is told: it may read the answer; NULL: no page elsewhere */
ink_status srv_guard_settings(const srv_options *o, ink_err *err); /* an open address needs a key */

#endif
