/* What is loaded by name when it is first asked for, and stays: voices, encoders. Each works for one caller at a time. Any thread. */
#ifndef SERVER_LOADS_H
#define SERVER_LOADS_H

#include "server/models.h"

typedef struct srv_loads_kind {
    const char *one, *many; /* in sentences: "a voice", "voices" */
    size_t most;
    ink_status (*open)(srv_server *s, const srv_known *known, void **out, ink_err *err); /* *out: what close takes, also after an error; NULL: nothing */
    void (*close)(void *what);
} srv_loads_kind;

typedef struct srv_loads srv_loads;
ink_status srv_loads_open(const srv_loads_kind *kind, srv_loads **out, ink_err *err); /* kind is borrowed */
void srv_loads_close(srv_loads *l);                                                   /* NULL is fine */

typedef struct srv_loaded srv_loaded;
/* Waits for its turn; given back when the work is done. *what: what open made. */
ink_status srv_loads_take(srv_loads *l, srv_server *s, const srv_known *known, srv_loaded **out, void **what, ink_err *err);
void srv_loads_give(srv_loaded *e);

#endif
