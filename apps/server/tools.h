/* Tools: how a model is told of them, and how it is made to call one. */
#ifndef SERVER_TOOLS_H
#define SERVER_TOOLS_H

#include "server/models.h"

#include <ink/constraint.h>

typedef struct srv_tools {
    const ink_json *tools;    /* what the template is given; NULL: none */
    const ink_json *messages; /* what it is to read */
    ink_json *own;            /* messages of our own making, freed by srv_tools_clear; NULL: none */
    const char *forced;       /* put into the model's mouth; NULL: it may do as it likes */
    bool read;                /* calls are looked for in the answer */
    ink_constraint *constraint; /* what must follow; freed by whom it is given to (srv_text_start), or by srv_tools_clear */
} srv_tools;

/* tools: OpenAI's list, or NULL. choice: "auto", "none", "required", {"type":"function","function":{"name"}}, or NULL. A template that
   knows nothing of tools gets them as a system message, and earlier calls and results as text. */
ink_status srv_tools_make(const srv_model *m, const ink_json *messages, const ink_json *tools, const ink_json *choice, srv_tools *out, ink_err *err);
void srv_tools_clear(srv_tools *t);
ink_constraint *srv_tools_take(srv_tools *t); /* the constraint, which is the caller's then */

#endif
