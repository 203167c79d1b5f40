/* One request and its answer, as routes see it. */
#ifndef SERVER_CALL_H
#define SERVER_CALL_H

#include "server/server.h"

#include <ink/sampler.h>

typedef struct srv_call srv_call;

/* How a family of endpoints writes an error. */
typedef void srv_error_shape(srv_call *c, int status, const ink_err *err);

typedef struct srv_field { /* of a body, beside the table: for the list of endpoints */
    const char *name, *type, *help;
} srv_field;

typedef struct srv_route {
    const char *method;
    const char *const *paths;     /* NULL-terminated; a path that ends in / takes what follows as c->tail */
    const ink_param *params;      /* fields of the body (POST) or of the query; NULL: none */
    size_t size;                  /* of the struct that they fill */
    const srv_field *fields;      /* what the route reads of the body besides, ended by { 0 }; NULL: nothing */
    const char *about;            /* one line */
    srv_error_shape *error;       /* NULL: OpenAI's */
    bool open;                    /* needs no key */
    bool raw;                     /* the body is no JSON */
    ink_status (*run)(srv_call *c, ink_err *err);
} srv_route;
extern const srv_route *const srv_routes[]; /* NULL-terminated */

struct srv_call {
    srv_server *server;
    const srv_route *route;
    const char *method, *path, *tail; /* path: decoded; tail: what follows a route that ends in / */
    ink_buf body;
    ink_json *json;               /* the body's object; NULL: there is none */
    ink_arena *arena;             /* ends with the call */
    void *params;                 /* route->size bytes, filled */
    uint64_t owner;               /* who asks, for turns; the number of the key */
    bool anybody;                 /* no key was asked for */
    int socket;
    void *wire;                   /* http.c's */
    double began;                 /* seconds */
    /* The answer: `out`, or pieces as they come. */
    int status;                   /* 0: 200 */
    const char *type;             /* NULL: application/json */
    const char *name;             /* of a file to be saved; NULL: none */
    ink_buf out;
    /* Waits for something to send and appends it; false: that was the last. Called until then, or until the client is gone. */
    bool (*pull)(void *state, ink_buf *out);
    void (*close)(void *state);   /* at the end, or when the client is gone; also without pull */
    void *state;
};

const char *srv_header(const srv_call *c, const char *name); /* NULL: not sent */
const char *srv_query(const srv_call *c, const char *name);
bool srv_gone(const srv_call *c);                            /* the client has closed its end; any thread */
/* What things on disk are marked with that belong to who asks: nothing where there are no keys, else a hash of the key (FNV-1a), which other keys
   coming and going do not change. */
void srv_owner(const srv_call *c, char out[20]);
void srv_log(const srv_server *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
double srv_now(void);                                        /* seconds */
const srv_options *srv_settings(const srv_server *s);
bool srv_stopping(const srv_server *s);                     /* the program ends: so does all that waits */

/* ---- writing ---- */

ink_jot srv_jot(ink_buf *b);
/* An event of a stream: "data: …", after "event: NAME" where there is a name. What is written between goes into one line. */
void srv_event_begin(ink_buf *b, const char *name);
void srv_event_end(ink_buf *b);
void srv_id(const char *prefix, char out[64]);           /* of an answer: prefix (at most 39 bytes) and 24 letters */
void srv_jot_json(ink_jot *j, const char *key, const ink_json *v); /* a value as it is; its depth is below a jot's 64 */
void srv_jot_base64(ink_jot *j, const char *key, const void *bytes, size_t n);
void srv_rfc3339(double seconds, char out[40]);          /* since 1970, in UTC */
double srv_clock(void);                                  /* seconds since 1970 */
int64_t srv_time(void);                                      /* seconds since 1970 */

void srv_say_integer(srv_call *c, const char *key, int64_t v); /* the answer {"KEY": v}; key NULL: {} */
/* A folder of INKSTONE_HOME (or of ~/.inkstone), made when absent; name "": that itself. */
ink_status srv_folder(const char *name, char *out, size_t size, ink_err *err);
/* A setting of sampling by a number; below 0: not given, and left alone. */
ink_status srv_set_number(srv_call *c, ink_sampling *sampling, const char *name, double v, ink_err *err);

/* ---- route.c ---- */

const srv_route *srv_route_find(const char *method, const char *path, const char **tail, bool *other_method);
void srv_answer(srv_call *c);                  /* reads the parameters, runs the route, writes errors */
void srv_fail(srv_call *c, int status, const ink_err *err); /* the answer is an error */
int srv_status_of(ink_status status);

#endif
