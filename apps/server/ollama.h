/* What Ollama's endpoints for text have in common: fields, options, lines of JSON. */
#ifndef SERVER_OLLAMA_H
#define SERVER_OLLAMA_H

#include "server/prompt.h"
#include "server/reply.h"

#include <ink/steer.h>

typedef struct ollama_fields {
    const char *model;
    bool stream;
} ollama_fields;
extern const ink_param ollama_params[];

/* The "options" object of a request. */
ink_status ollama_options(srv_call *c, ink_generate_options *o, ink_steer *steer, ink_err *err);
/* "keep_alive": seconds, or a text such as "5m" or "-1"; false: not said. */
ink_status ollama_keep(const ink_json *v, double *seconds, bool *said, ink_err *err);
/* The model by name, with its keep_alive. */
ink_status ollama_take(srv_call *c, const char *name, srv_model **m, ink_err *err);

/* Answers in lines, or in one; chat: as a message. Takes text over. ids: the prompt, for "context" (NULL: none). */
ink_status ollama_write(srv_call *c, srv_text *text, bool stream, bool chat, bool read, bool tools, ink_err *err);
/* A line that says that nothing was to be computed: "load" or "unload". */
void ollama_nothing(srv_call *c, const char *model, bool chat, const char *reason);

#endif
