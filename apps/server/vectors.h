/* Vectors of texts for one call: an encoder by name. Encoders stay loaded; each works for one caller at a time, and takes its turn on the cores. */
#ifndef SERVER_VECTORS_H
#define SERVER_VECTORS_H

#include "server/loads.h"

extern const srv_loads_kind srv_encoders;
srv_loads *srv_encoders_of(srv_server *s);

typedef struct srv_vectors { /* cleared by whom it was made for */
    char model[128];
    size_t count, width;  /* width: numbers of a vector that are told: `dimensions`, where they were asked for */
    size_t whole;         /* numbers of a vector as computed */
    float *at;            /* [count][whole] */
    size_t tokens;        /* read, of all texts */
} srv_vectors;
/* input: a text, a list of texts, ids, or lists of ids. model NULL, or a name of OpenAI's: any encoder, or the model of -m. dimensions 0: all; fewer are the
   first ones, made as long as 1 again. */
ink_status srv_vectors_make(srv_call *c, const char *model, const ink_json *input, int64_t dimensions, srv_vectors *out, ink_err *err);
void srv_vectors_clear(srv_vectors *v);

#endif
