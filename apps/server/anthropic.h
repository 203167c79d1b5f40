/* Anthropic's messages: what a request holds, turned into OpenAI's form, which templates know. */
#ifndef SERVER_ANTHROPIC_H
#define SERVER_ANTHROPIC_H

#include "server/prompt.h"
#include "server/reply.h"

#include <ink/steer.h>

typedef struct anthropic_fields {
    const char *model;
    int64_t max_tokens, top_k;
    double temperature, top_p;
    bool stream;
    ink_param_texts stop_sequences;
    ink_steer steer;
} anthropic_fields;
extern const ink_param anthropic_params[];

/* Ids of system, messages and tools, and what steers their answer into o (NULL: there will be none). The model is not given back after a failure. */
ink_status anthropic_ids(srv_call *c, const srv_model *m, srv_tools *tools, ink_generate_options *o, ink_ids *ids, ink_err *err);

#endif
