/* What OpenAI's two endpoints for text have in common: fields, choices, probabilities, usage, streams. */
#ifndef SERVER_OPENAI_H
#define SERVER_OPENAI_H

#include "server/shapes.h"
#include "server/text.h"

typedef struct openai_fields {
    const char *model;
    double temperature;
    int64_t n, max_tokens, max_completion_tokens;
    bool stream, ignore_eos;
    ink_param_texts stop;
    ink_sampling sampling;
} openai_fields;
extern const ink_param openai_params[];

/* Fields into what a generation wants; logprobs: of the likeliest besides the chosen, -1 for none. */
ink_status openai_options(srv_call *c, openai_fields *f, int64_t logprobs, ink_generate_options *o, ink_err *err);

typedef struct openai_reply {
    srv_call *call;
    srv_text *text;
    bool chat, usage;     /* messages, not plain text; a last chunk with the usage */
    int64_t logprobs;     /* -1: none */
    char id[64];
    int64_t created;
    bool begun;
    const ink_json *echo; /* prompts that are given back before the answers (plain text); NULL: none */
    size_t each;          /* answers of a prompt */
    size_t *offsets;      /* of each answer's text, for text_offset */
} openai_reply;

/* The whole answer, or the beginning of a stream: takes text over. */
ink_status openai_write(srv_call *c, openai_reply reply, bool stream, ink_err *err);

void openai_usage(ink_jot *j, const char *key, const srv_usage *u);
void openai_timings(ink_jot *j, const srv_usage *u);

#endif
