/* What a server is made of, and the time between its beginning and its end. */
#define _GNU_SOURCE
#include "server/chats.h"
#include "server/http.h"
#include "server/models.h"
#include "server/speech.h"
#include "server/training.h"
#include "server/vectors.h"
#include "server/wyoming.h"

#include <malloc.h>
#include <ink/file.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SERVER_LARGE = 256 << 10 };

struct srv_server {
    srv_options o;
    ink_arena *arena;       /* keys of a file */
    srv_models *models;
    srv_loads *voices, *encoders;
    srv_training *training;
    srv_wyoming *wyoming;
    srv_chats *chats;       /* opened when it is first asked for */
    pthread_mutex_t opening;
    srv_http *http;
    pthread_mutex_t lock;   /* of the turns */
    pthread_cond_t moved;
    uint64_t next, serving; /* who takes a number is served in its order */
    atomic_bool stopping;
};

const char *const srv_kv_types[] = { "auto", "f32", "f16", "q8", NULL };

const ink_param srv_params[] = {
    { .name = "model", .flag = 'm', .type = INK_PARAM_MODEL, .at = offsetof(srv_options, model), .help = "serve this model under any name; without it, models are loaded by name when asked for" },
    { .name = "port", .flag = 'p', .type = INK_PARAM_INT, .at = offsetof(srv_options, port), .min = 0, .max = 65535, .def = 8080, .help = "0 takes a free one, and says which" },
    { .name = "host", .type = INK_PARAM_TEXT, .at = offsetof(srv_options, host), .text = "127.0.0.1", .help = "address to listen on; one that other machines reach needs a key" },
    { .name = "api_key", .type = INK_PARAM_TEXTS, .at = offsetof(srv_options, keys), .value = "KEY", .help = "who asks must show this key; may be repeated" },
    { .name = "api_key_file", .type = INK_PARAM_PATH, .at = offsetof(srv_options, key_file), .help = "a key on each line" },
    { .name = "allow_origin", .type = INK_PARAM_TEXTS, .at = offsetof(srv_options, origins), .value = "URL", .help = "pages of this site may ask too; may be repeated, * for all" },
    { .name = "allow_host", .type = INK_PARAM_TEXTS, .at = offsetof(srv_options, hosts), .value = "NAME", .help = "a name that this machine is called by; may be repeated" },
    { .name = "tls_cert", .type = INK_PARAM_PATH, .at = offsetof(srv_options, tls_cert), .help = "speak HTTPS with this certificate (PEM)" },
    { .name = "tls_key", .type = INK_PARAM_PATH, .at = offsetof(srv_options, tls_key), .help = "and its private key" },
    { .name = "voice", .type = INK_PARAM_MODEL, .at = offsetof(srv_options, voice), .shown = "any that was pulled", .help = "the voice that speaks when a request names none" },
    { .name = "voice_dtype", .type = INK_PARAM_CHOICE, .at = offsetof(srv_options, voice_dtype), .choices = ink_voice_dtypes, .shown = "f32",
      .help = "what voices multiply, as tts --dtype: bf16 is faster where the processor has it, and not heard" },
    { .name = "wyoming", .type = INK_PARAM_INT, .at = offsetof(srv_options, wyoming), .min = 0, .max = 65535, .def = 0, .shown = "off", .value = "PORT", .help = "let voices be heard over the Wyoming protocol (10200 is usual)" },
    { .name = "threads", .flag = 't', .type = INK_PARAM_INT, .at = offsetof(srv_options, threads), .min = 1, .max = 1024, .def = 0, .shown = "physical cores",
      .help = "threads that compute; the answers do not depend on it" },
    { .name = "ctx", .type = INK_PARAM_INT, .at = offsetof(srv_options, ctx), .min = 1, .max = 1e15, .def = 0, .shown = "the smaller of the model's and 8192",
      .help = "most tokens of one conversation, prompt and answer together" },
    { .name = "room", .type = INK_PARAM_INT, .at = offsetof(srv_options, room), .min = 1, .max = 1e12, .def = 0, .shown = "a quarter of the free memory",
      .help = "tokens of all conversations together whose keys and values are kept" },
    { .name = "active", .type = INK_PARAM_INT, .at = offsetof(srv_options, active), .min = 1, .max = 400, .def = 64, .help = "answers computed side by side at most" },
    { .name = "queue", .type = INK_PARAM_INT, .at = offsetof(srv_options, queue), .min = 1, .max = 100000, .def = 256, .help = "requests that wait at most; the next is told to come again" },
    { .name = "connections", .type = INK_PARAM_INT, .at = offsetof(srv_options, connections), .min = 1, .max = 10000, .def = 512, .help = "open connections at most" },
    { .name = "timeout", .type = INK_PARAM_REAL, .at = offsetof(srv_options, timeout), .min = 1, .max = 86400, .def = 60, .value = "S", .help = "seconds that a connection may be silent" },
    { .name = "max_body", .type = INK_PARAM_REAL, .at = offsetof(srv_options, body), .min = 0.001, .max = 1000, .def = 16, .value = "MB", .help = "the largest request" },
    { .name = "memory", .type = INK_PARAM_REAL, .at = offsetof(srv_options, memory), .min = 0, .max = 1e6, .def = 0, .value = "GB", .shown = "three quarters of the machine's",
      .help = "for models loaded by name; the longest unused goes first" },
    { .name = "max_models", .type = INK_PARAM_INT, .at = offsetof(srv_options, models), .min = 0, .max = 64, .def = 0, .shown = "as memory allows", .help = "loaded at the same time" },
    { .name = "teach_threads", .type = INK_PARAM_INT, .at = offsetof(srv_options, teach), .min = 1, .max = 1024, .def = 0, .shown = "half of the cores",
      .help = "cores on which a model that is taught from the page learns; the others are for those who ask, and they come first on these too" },
    { .name = "kv", .type = INK_PARAM_CHOICE, .at = offsetof(srv_options, kv), .choices = srv_kv_types, .shown = "auto: f32 for F32 weights, else f16", .help = "how keys and values are kept" },
    { .name = "adapter", .type = INK_PARAM_TEXTS, .at = offsetof(srv_options, adapters), .value = "PATH[:SCALE]", .help = "a PEFT folder, or a LoRA in a GGUF, that acts on the model; may be repeated" },
    { .name = "offer", .type = INK_PARAM_TEXTS, .at = offsetof(srv_options, offers), .value = "NAME=PATH[:SCALE]",
      .help = "requests for the model NAME get that of -m with this adapter; may be repeated" },
    { .name = "web", .type = INK_PARAM_PATH, .at = offsetof(srv_options, web), .value = "DIR", .help = "read the page's files from here, for who changes them" },
    { .name = "contrastive", .type = INK_PARAM_BOOL, .at = offsetof(srv_options, contrastive), .help = "let requests ask for contrastive search (penalty_alpha): models show the rows that it compares" },
    { .name = "log", .type = INK_PARAM_BOOL, .at = offsetof(srv_options, log), .help = "a line on stderr for each request, without what it says" },
    { 0 },
};

const srv_options *srv_settings(const srv_server *s) { return &s->o; }
srv_models *srv_models_of(srv_server *s) { return s->models; }
srv_loads *srv_voices_of(srv_server *s) { return s->voices; }
srv_loads *srv_encoders_of(srv_server *s) { return s->encoders; }
srv_training *srv_training_of(srv_server *s) { return s->training; }

srv_chats *srv_chats_of(srv_server *s)
{
    ink_err err;
    pthread_mutex_lock(&s->opening);
    if (!s->chats && srv_chats_open(&s->chats, &err)) {
        s->chats = NULL;
        srv_log(s, "%s", err.text);
    }
    pthread_mutex_unlock(&s->opening);
    return s->chats;
}

bool srv_stopping(const srv_server *s) { return atomic_load(&s->stopping); }

double srv_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int64_t srv_time(void)
{
    return (int64_t)time(NULL);
}

void srv_log(const srv_server *s, const char *format, ...)
{
    va_list args;
    if (!s->o.log)
        return;
    va_start(args, format);
    flockfile(stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    funlockfile(stderr);
    va_end(args);
}

void srv_turn(void *server, bool begin)
{
    srv_server *s = server;
    pthread_mutex_lock(&s->lock);
    if (begin)
        for (uint64_t mine = s->next++; s->serving != mine;)
            pthread_cond_wait(&s->moved, &s->lock);
    else {
        s->serving++;
        pthread_cond_broadcast(&s->moved);
    }
    pthread_mutex_unlock(&s->lock);
}

/* ---- beginning and end ---- */

static ink_status server_keys(srv_server *s, ink_err *err)
{
    char *text;
    size_t n, count = s->o.keys.count;
    if (!s->o.key_file)
        return INK_OK;
    INK_TRY(ink_file_text(s->o.key_file, 1 << 20, &text, &n, err));
    const char **all = ink_arena_array(s->arena, count + n / 2 + 1, sizeof *all);
    char *rest;
    if (all)
        memcpy(all, s->o.keys.at, count * sizeof *all);
    for (char *line = strtok_r(text, "\r\n", &rest); all && line; line = strtok_r(NULL, "\r\n", &rest))
        if (line[strspn(line, " \t")])
            all[count++] = ink_arena_text(s->arena, line, strlen(line));
    free(text);
    if (!all)
        return ink_arena_refused(s->arena, n, err);
    s->o.keys = (ink_param_texts){ .at = all, .count = count };
    return count ? INK_OK : ink_fail(err, INK_E_ARGUMENT, "%s holds no key", s->o.key_file);
}

static ink_status server_serve(srv_server *s, bool (*stop)(void), ink_err *err)
{
    int64_t port;
    INK_TRY(ink_arena_new("settings", 16 << 20, &s->arena, err));
    INK_TRY(server_keys(s, err));
    INK_TRY(srv_guard_settings(&s->o, err));
    for (size_t i = 0; i < s->o.keys.count; i++)
        if (!*s->o.keys.at[i])
            return ink_fail(err, INK_E_ARGUMENT, "an empty key would let everybody in");
    INK_TRY(srv_loads_open(&srv_voices, &s->voices, err));
    INK_TRY(srv_loads_open(&srv_encoders, &s->encoders, err));
    INK_TRY(srv_training_open(s, &s->training, err));
    INK_TRY(srv_models_open(s, &s->models, err));
    INK_TRY(srv_http_open(s, &port, &s->http, err));
    if (s->o.wyoming)
        INK_TRY(srv_wyoming_open(s, s->o.wyoming, &s->wyoming, err));
    bool v6 = strchr(s->o.host, ':') != NULL;
    fprintf(stderr, "inkstone: serving on http%s://%s%s%s:%lld\n", s->o.tls_cert ? "s" : "", v6 ? "[" : "", s->o.host, v6 ? "]" : "", (long long)port);
    while (!stop())
        nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
    return INK_OK;
}

ink_status srv_run(const srv_options *options, bool (*stop)(void), ink_err *err)
{
    srv_server *s = calloc(1, sizeof *s);
    if (!s)
        return ink_fail(err, INK_E_MEMORY, "no memory for a server");
    mallopt(M_ARENA_MAX, 4); /* hundreds of short-lived threads would each keep a heap */
    mallopt(M_MMAP_THRESHOLD, SERVER_LARGE); /* a request's large blocks go back when it ends, instead of making holes */
    s->o = *options;
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->opening, NULL);
    pthread_cond_init(&s->moved, NULL);
    ink_status status = server_serve(s, stop, err);
    if (s->http)
        srv_http_quiesce(s->http);
    atomic_store(&s->stopping, true); /* answers end within a step */
    srv_wyoming_close(s->wyoming);
    srv_http_close(s->http);
    srv_models_close(s->models);
    srv_training_close(s->training);
    srv_loads_close(s->voices);
    srv_loads_close(s->encoders);
    srv_chats_close(s->chats);
    ink_arena_free(s->arena);
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->opening);
    pthread_cond_destroy(&s->moved);
    free(s);
    return status;
}
