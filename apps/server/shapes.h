/* What families of clients expect to read. */
#ifndef SERVER_SHAPES_H
#define SERVER_SHAPES_H

#include "server/call.h"

srv_error_shape srv_error_openai;    /* {"error":{"message","type","param","code"}} */
srv_error_shape srv_error_ollama;    /* {"error":"…"} */
srv_error_shape srv_error_anthropic; /* {"type":"error","error":{"type","message"}} */

/* The same as an event, for streams that fail on the way. */
void srv_error_openai_event(ink_buf *out, const ink_err *err);

#endif
