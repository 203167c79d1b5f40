/* What families of clients expect to read. */
#ifndef SERVER_SHAPES_H
#define SERVER_SHAPES_H

#include "server/call.h"

srv_error_shape srv_error_openai;    /* {"error":{"message","type","param","code"}} */
srv_error_shape srv_error_ollama;    /* {"error":"…"} */
srv_error_shape srv_error_anthropic; /* {"type":"error","error":{"type","message"}} */

/* The inside of OpenAI's error object, for streams that fail on the way. */
void srv_error_openai_object(ink_jot *j, int status, const ink_err *err);

#endif
