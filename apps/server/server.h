/* inkstone serve: programs speak HTTP to models. A thread for each connection reads a request, has it answered, and writes; a
   thread for each model takes steps for everybody (ink/scheduler.h). Layers: http.c (the wire, libmicrohttpd) → route.c (who may
   ask what) → routes/ (a file for each endpoint) → text.c, speech.c (what is computed) → models.c (what is loaded). */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include <ink/arena.h>
#include <ink/buf.h>
#include <ink/jot.h>
#include <ink/json.h>
#include <ink/llm.h>
#include <ink/param.h>
#include <stdint.h>
#include <stdio.h>

typedef struct srv_options {
    const char *model;           /* NULL: models by name, loaded when asked for */
    const char *host;
    int64_t port, wyoming;
    ink_param_texts keys, origins, hosts;
    const char *key_file, *web, *voice, *home, *tls_cert, *tls_key;
    int64_t threads, ctx, room, active, queue, connections, models, teach;
    double memory, timeout, body;
    int kv, voice_dtype;
    ink_param_texts adapters, offers;
    bool log, contrastive;
} srv_options;
extern const ink_param srv_params[]; /* the table of what a person may set */

typedef struct srv_server srv_server;
/* Serves until stop() says so. Says where it listens, on stderr. */
ink_status srv_run(const srv_options *options, bool (*stop)(void), ink_err *err);

#endif
