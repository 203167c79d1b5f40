/* The Wyoming protocol on a TCP port of its own, for Home Assistant and its kin: lines of JSON, then the bytes that they announce. It has no
   keys, so it listens on this machine alone. */
#ifndef SERVER_WYOMING_H
#define SERVER_WYOMING_H

#include "server/call.h"

typedef struct srv_wyoming srv_wyoming;
ink_status srv_wyoming_open(srv_server *s, int64_t port, srv_wyoming **out, ink_err *err);
void srv_wyoming_close(srv_wyoming *w); /* waits for its conversations. NULL is fine */

#endif
