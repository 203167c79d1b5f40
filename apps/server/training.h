/* Models taught from the page: one run at a time, on half of the cores and behind everybody who is asking, so that answers go on. What a
   run makes lies in INKSTONE_HOME/training/NUMBER. A run belongs to the key that began it. Any thread. */
#ifndef SERVER_TRAINING_H
#define SERVER_TRAINING_H

#include "server/call.h"

typedef struct srv_training srv_training;
ink_status srv_training_open(srv_server *s, srv_training **out, ink_err *err);
void srv_training_close(srv_training *t); /* stops what runs, and waits. NULL is fine */
srv_training *srv_training_of(srv_server *s);

typedef struct srv_lesson {
    int kind;              /* of srv_lesson_kinds */
    const char *model;     /* the name of the model that learns; for characters: none */
    const char *text;      /* the data set: text, or lines of JSON with messages */
    size_t size;
    const char *prompts;   /* a line each, of what the model writes while it learns; NULL: for characters the text's first, for an adapter none */
    int64_t steps;
    double rate;
} srv_lesson;
extern const char *const srv_lesson_kinds[]; /* "characters": a small model from nothing; "adapter": LoRA */

ink_status srv_training_begin(srv_call *c, const srv_lesson *l, int64_t *id, ink_err *err); /* INK_E_BUSY while another runs */
void srv_training_list(srv_call *c, ink_jot *j);                                              /* an array, the last first */
ink_status srv_training_stop(srv_call *c, int64_t id, ink_err *err);

#endif
