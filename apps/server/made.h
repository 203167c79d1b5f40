/* Models of one's own (inkstone create, /api/create): a request for one is that request with what was said of the model where it says nothing. Any thread. */
#ifndef SERVER_MADE_H
#define SERVER_MADE_H

#include "server/call.h"

/* Parameters of the model that the body names become fields of the body, by the names that the route's table knows, or of its "options". */
ink_status srv_made_fill(srv_call *c, ink_err *err);
/* What was said of the model that a request means by this name; *out is the caller's to free, NULL: nothing. */
ink_status srv_made_of(srv_server *s, const char *name, ink_json **out, ink_err *err);
/* Messages that come before those of a request: its system message where the request has none, and its own. first: the request's first one. */
void srv_made_before(const ink_json *made, const ink_json *first, ink_json *list);

#endif
