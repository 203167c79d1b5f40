/* Models that are loaded: the one of -m, or those that were asked for by name, as many as memory allows. Any thread. */
#ifndef SERVER_MODELS_H
#define SERVER_MODELS_H

#include "server/call.h"

#include <ink/scheduler.h>
#include <ink/store.h>

typedef struct srv_model {
    char *name, *path, *adapter;
    bool stays;        /* the model of -m */
    struct srv_model *base; /* whose weights it uses, with an adapter on them or with none; NULL: its own */
    size_t lent;       /* models that use its weights, under the lock of the list: it goes after them */
    char digest[INK_STORE_DIGEST]; /* of its files; "": it is not of the store */
    ink_json *made;    /* what was said of it (inkstone create); NULL: nothing */
    ink_model *model;
    ink_llm *llm;
    ink_scheduler *scheduler;
    const ink_tokenizer *tokenizer; /* NULL: none */
    size_t users;      /* under the lock of the list */
    double used, keep; /* seconds: last use; how long it stays when nobody uses it, < 0: for good */
    double bytes, load_seconds;
    int64_t since;     /* seconds since 1970 */
} srv_model;

typedef struct srv_models srv_models;
ink_status srv_models_open(srv_server *s, srv_models **out, ink_err *err); /* loads the model of -m */
void srv_models_close(srv_models *m);
srv_models *srv_models_of(srv_server *s);

/* name NULL: the only one, or the one used last. A name that is not known is INK_E_NOT_FOUND and lists those that are. Loads when
   it must, and waits for that. Given back when the work is done. */
ink_status srv_model_take(srv_server *s, const char *name, srv_model **out, ink_err *err);
void srv_model_give(srv_server *s, srv_model *m);
void srv_model_keep(srv_server *s, srv_model *m, double seconds); /* keep_alive */
/* Calls for each that is loaded, under the lock. */
void srv_models_each(srv_server *s, void (*each)(void *user, const srv_model *m), void *user);
size_t srv_models_forget(srv_server *s, const char *name); /* unloads it if nobody uses it or its weights; how many do */

typedef enum srv_kind { SRV_WRITER, SRV_VOICE, SRV_ENCODER } srv_kind; /* writes text, speaks, makes vectors of texts */
extern const char *const srv_kinds[];                              /* "text", "voice", "encoder" */

typedef struct srv_known { /* a model that may be asked for by name */
    const char *name;
    const char *path;
    const char *adapter; /* PATH[:SCALE] that acts on it; NULL: none */
    const char *stored;  /* its name in the store; NULL: it is not of the store */
    uint64_t bytes;
    srv_kind kind;
} srv_known;
ink_status srv_models_known(srv_server *s, ink_arena *arena, srv_known **list, size_t *count, ink_err *err);
/* By name, never by path: a request does not reach into the disk. NULL, or any name when the server serves one: that one. */
ink_status srv_models_resolve(srv_server *s, const char *name, ink_arena *arena, const srv_known **found, ink_err *err);

/* A name for a model of one's own, without Ollama's :latest; refused where the server serves one model alone, or while a model of this name is used. */
enum { SRV_NAME = 256 };
ink_status srv_model_new_name(srv_server *s, const char *name, char out[SRV_NAME], ink_err *err);

/* The rule by which all that compute share the cores: one at a time, in the order of coming, for one step of text or one piece of speech. */
void srv_turn(void *server, bool begin);

#endif
