/* What OpenAI's two endpoints for text have in common: fields, choices, probabilities, usage, streams. */
#ifndef SERVER_OPENAI_H
#define SERVER_OPENAI_H

#include "server/reply.h"

#include <ink/steer.h>

typedef struct openai_fields {
    const char *model;
    double temperature;
    int64_t n, max_tokens, max_completion_tokens;
    bool stream, ignore_eos;
    ink_param_texts stop;
    ink_sampling sampling;
    ink_steer steer;
} openai_fields;
extern const ink_param openai_params[];

/* Fields into what a generation wants; logprobs: of the likeliest besides the chosen, -1 for none. */
ink_status openai_options(srv_call *c, openai_fields *f, int64_t logprobs, ink_generate_options *o, ink_err *err);

/* One more stop string. */
ink_status openai_add_stop(srv_call *c, ink_generate_options *o, const char *stop, ink_err *err);

typedef struct openai_reply {
    srv_reply reply;
    bool chat, usage;     /* messages, not plain text; a last chunk with the usage */
    int64_t logprobs;     /* -1: none */
    char id[64];
    int64_t created;
    size_t each;          /* answers of a prompt */
    const ink_json *echo; /* prompts that are given back before the answers (plain text); NULL: none */
    size_t *offsets;      /* of each answer's text, for text_offset */
} openai_reply;

/* The whole answer, or the beginning of a stream: takes text over. */
ink_status openai_write(srv_call *c, const openai_reply *reply, srv_text *text, bool stream, bool tools, const char *forced, ink_err *err);

void openai_usage(ink_jot *j, const char *key, const srv_usage *u);

#endif
