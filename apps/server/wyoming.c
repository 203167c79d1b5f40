#define _GNU_SOURCE
#include "server/wyoming.h"
#include "server/speech.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WYOMING_LINE = 65536, WYOMING_DATA = 1 << 20, WYOMING_TALKS = 32, WYOMING_CHUNK = 1024 };

struct srv_wyoming {
    srv_server *server;
    int socket;
    pthread_t thread;
    bool started;
    atomic_bool closing;
    atomic_int talks;
};

typedef struct wyoming_talk {
    srv_wyoming *w;
    srv_call call;        /* whom the voices know: a socket, memory, nobody's key */
    char line[WYOMING_LINE];
    size_t have;          /* bytes of `line` */
    ink_buf text;         /* of synthesize-chunk, since synthesize-start */
    size_t rate;
    bool begun, failed;
} wyoming_talk;

/* ---- sending ---- */

static void wyoming_write(wyoming_talk *t, const void *bytes, size_t n)
{
    const char *b = bytes;
    while (n && !t->failed) {
        ssize_t k = send(t->call.socket, b, n, MSG_NOSIGNAL);
        t->failed = k <= 0 && errno != EINTR;
        b += k > 0 ? k : 0;
        n -= k > 0 ? (size_t)k : 0;
    }
}

/* {"type":TYPE,"data":{…}} in one line, with what `data` writes; then payload bytes. */
static void wyoming_event(wyoming_talk *t, const char *type, void (*data)(wyoming_talk *t, ink_jot *j), const void *payload, size_t n)
{
    ink_buf out;
    ink_buf_init(&out, 0);
    ink_jot j = srv_jot(&out);
    ink_jot_object(&j, NULL);
    ink_jot_text(&j, "type", type);
    if (data) {
        ink_jot_object(&j, "data");
        data(t, &j);
        ink_jot_end(&j);
    }
    if (n)
        ink_jot_integer(&j, "payload_length", (int64_t)n);
    ink_jot_end(&j);
    ink_buf_char(&out, '\n');
    wyoming_write(t, out.data, out.len);
    wyoming_write(t, payload, n);
    ink_buf_clear(&out);
}

static void wyoming_format(wyoming_talk *t, ink_jot *j)
{
    ink_jot_integer(j, "rate", (int64_t)t->rate);
    ink_jot_integer(j, "width", 2);
    ink_jot_integer(j, "channels", 1);
}

/* ---- describe ---- */

static void wyoming_credit(ink_jot *j)
{
    ink_jot_object(j, "attribution");
    ink_jot_text(j, "name", "inkstone");
    ink_jot_text(j, "url", "");
    ink_jot_end(j);
    ink_jot_bool(j, "installed", true);
    ink_jot_text(j, "version", INK_VERSION);
}

static void wyoming_info(wyoming_talk *t, ink_jot *j)
{
    srv_known *list;
    size_t count = 0;
    if (srv_models_known(t->call.server, t->call.arena, &list, &count, NULL))
        count = 0;
    ink_jot_array(j, "tts");
    ink_jot_object(j, NULL);
    ink_jot_text(j, "name", "inkstone");
    ink_jot_text(j, "description", "inkstone's voices");
    wyoming_credit(j);
    ink_jot_bool(j, "supports_synthesize_streaming", true);
    ink_jot_array(j, "voices");
    for (size_t i = 0; i < count; i++)
        if (list[i].kind == SRV_VOICE) {
            ink_jot_object(j, NULL);
            ink_jot_text(j, "name", list[i].name);
            ink_jot_text(j, "description", list[i].name);
            wyoming_credit(j);
            ink_jot_array(j, "languages");
            ink_jot_text(j, NULL, "en");
            ink_jot_end(j);
            ink_jot_end(j);
        }
    ink_jot_end(j);
    ink_jot_end(j);
    ink_jot_end(j);
}

/* ---- synthesize ---- */

static void wyoming_begin(void *user, size_t rate)
{
    wyoming_talk *t = user;
    t->rate = rate;
    t->begun = true;
    wyoming_event(t, "audio-start", wyoming_format, NULL, 0);
}

static bool wyoming_sound(void *user, const float *samples, size_t n)
{
    wyoming_talk *t = user;
    for (size_t at = 0; at < n && !t->failed; at += WYOMING_CHUNK) {
        unsigned char bytes[2 * WYOMING_CHUNK];
        size_t k = n - at < WYOMING_CHUNK ? n - at : WYOMING_CHUNK;
        srv_samples(samples + at, k, bytes);
        wyoming_event(t, "audio-chunk", wyoming_format, bytes, 2 * k);
    }
    return !t->failed && !atomic_load(&t->w->closing);
}

static void wyoming_error(wyoming_talk *t, ink_jot *j)
{
    ink_jot_text(j, "text", t->line);
    ink_jot_text(j, "code", "synthesize");
}

static void wyoming_say(wyoming_talk *t, const ink_json *data, const char *text, size_t n)
{
    const ink_json *voice = ink_json_get(data, "voice");
    const srv_speech s = { .voice = ink_json_string(ink_json_get(voice, "name"), NULL), .speaker = ink_json_string(ink_json_get(voice, "speaker"), NULL), .text = text, .size = n, .speed = 1,
                           .length_scale = -1, .noise_scale = -1, .noise_w = -1, .sentence_silence = 0.25 };
    ink_err err;
    t->begun = false;
    ink_status status = text && n ? srv_speak(&t->call, &s, wyoming_begin, wyoming_sound, t, &err) : ink_fail(&err, INK_E_ARGUMENT, "there is no text to say");
    if (status && status != INK_E_STOPPED) {
        snprintf(t->line, sizeof t->line, "%s", err.text);
        t->have = 0;
        wyoming_event(t, "error", wyoming_error, NULL, 0);
    }
    if (t->begun)
        wyoming_event(t, "audio-stop", NULL, NULL, 0);
}

static void wyoming_answer(wyoming_talk *t, const char *type, const ink_json *data)
{
    size_t n;
    const char *text = ink_json_text(ink_json_get(data, "text"), &n);
    if (!strcmp(type, "describe"))
        wyoming_event(t, "info", wyoming_info, NULL, 0);
    else if (!strcmp(type, "ping"))
        wyoming_event(t, "pong", NULL, NULL, 0);
    else if (!strcmp(type, "synthesize-start"))
        ink_buf_reset(&t->text);
    else if (!strcmp(type, "synthesize-chunk") && text)
        ink_buf_add(&t->text, text, n);
    else if (!strcmp(type, "synthesize-stop")) {
        wyoming_say(t, data, t->text.data, t->text.len);
        ink_buf_reset(&t->text);
        wyoming_event(t, "synthesize-stopped", NULL, NULL, 0);
    } else if (!strcmp(type, "synthesize") && !t->text.len) /* after chunks it only repeats them, for older servers */
        wyoming_say(t, data, text, text ? n : 0);
}

/* ---- receiving ---- */

/* Waits for more bytes; false: there are no more, or the server ends. */
static bool wyoming_more(wyoming_talk *t)
{
    struct pollfd p = { .fd = t->call.socket, .events = POLLIN };
    while (!atomic_load(&t->w->closing)) {
        int ready = poll(&p, 1, 200);
        if (ready <= 0)
            continue;
        ssize_t n = recv(t->call.socket, t->line + t->have, sizeof t->line - t->have - 1, 0);
        t->have += n > 0 ? (size_t)n : 0;
        t->line[t->have] = 0;
        return n > 0;
    }
    return false;
}

static void wyoming_drop(wyoming_talk *t, size_t n)
{
    memmove(t->line, t->line + n, t->have - n + 1);
    t->have -= n;
}

/* So many bytes after a line, into `out` (NULL: nobody wants them). */
static bool wyoming_take(wyoming_talk *t, size_t n, ink_buf *out)
{
    while (n) {
        size_t k = t->have < n ? t->have : n;
        if (out)
            ink_buf_add(out, t->line, k);
        wyoming_drop(t, k);
        n -= k;
        if (n && !wyoming_more(t))
            return false;
    }
    return true;
}

/* One event: its line, the data that may follow it, and a payload, which nothing here wants. False: the talk is over. */
static bool wyoming_one(wyoming_talk *t)
{
    char *end;
    ink_json *head = NULL, *data = NULL;
    ink_buf more;
    while (!(end = memchr(t->line, '\n', t->have)))
        if (t->have + 1 >= sizeof t->line || !wyoming_more(t))
            return false;
    bool fine = !ink_json_parse(t->line, (size_t)(end - t->line), "an event", &head, NULL);
    wyoming_drop(t, (size_t)(end - t->line) + 1);
    int64_t bytes = ink_json_integer(ink_json_get(head, "data_length"), 0), payload = ink_json_integer(ink_json_get(head, "payload_length"), 0);
    ink_buf_init(&more, WYOMING_DATA);
    fine = fine && bytes >= 0 && bytes <= WYOMING_DATA && payload >= 0 && payload <= WYOMING_DATA && wyoming_take(t, (size_t)bytes, &more) && wyoming_take(t, (size_t)payload, NULL);
    if (fine && more.len)
        fine = !ink_json_parse(more.data, more.len, "an event", &data, NULL);
    if (fine)
        wyoming_answer(t, ink_json_string(ink_json_get(head, "type"), ""), data ? data : ink_json_get(head, "data"));
    ink_buf_clear(&more);
    ink_json_free(data);
    ink_json_free(head);
    return fine && !t->failed;
}

static void *wyoming_talk_run(void *user)
{
    wyoming_talk *t = user;
    ink_buf_init(&t->text, WYOMING_DATA);
    ink_mark mark = ink_arena_mark(t->call.arena);
    while (wyoming_one(t))
        ink_arena_rewind(t->call.arena, mark);
    ink_buf_clear(&t->text);
    ink_arena_free(t->call.arena);
    close(t->call.socket);
    atomic_fetch_sub(&t->w->talks, 1);
    free(t);
    return NULL;
}

static void wyoming_accept(srv_wyoming *w)
{
    pthread_t thread;
    int socket = accept(w->socket, NULL, NULL);
    wyoming_talk *t = socket >= 0 && atomic_load(&w->talks) < WYOMING_TALKS ? calloc(1, sizeof *t) : NULL;
    if (t) {
        t->w = w;
        t->call = (srv_call){ .server = w->server, .socket = socket };
    }
    if (!t || ink_arena_new("wyoming", 64 << 20, &t->call.arena, NULL)) {
        free(t);
        close(socket);
        return;
    }
    atomic_fetch_add(&w->talks, 1);
    if (pthread_create(&thread, NULL, wyoming_talk_run, t))
        wyoming_talk_run(t); /* on this thread then */
    else
        pthread_detach(thread);
}

static void *wyoming_listen(void *user)
{
    srv_wyoming *w = user;
    struct pollfd p = { .fd = w->socket, .events = POLLIN };
    while (!atomic_load(&w->closing))
        if (poll(&p, 1, 200) > 0)
            wyoming_accept(w);
    return NULL;
}

ink_status srv_wyoming_open(srv_server *s, int64_t port, srv_wyoming **out, ink_err *err)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    srv_wyoming *w = calloc(1, sizeof *w);
    int on = 1;
    if (!w)
        return ink_fail(err, INK_E_MEMORY, "no memory to listen");
    w->server = s;
    w->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(w->socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (w->socket < 0 || bind(w->socket, (const struct sockaddr *)&a, sizeof a) || listen(w->socket, 16) || pthread_create(&w->thread, NULL, wyoming_listen, w)) {
        srv_wyoming_close(w);
        return ink_fail(err, INK_E_IO, "port %lld cannot be listened on: it is taken, or not allowed; --wyoming takes another", (long long)port);
    }
    w->started = true;
    *out = w;
    return INK_OK;
}

void srv_wyoming_close(srv_wyoming *w)
{
    if (!w)
        return;
    atomic_store(&w->closing, true);
    if (w->started)
        pthread_join(w->thread, NULL);
    while (atomic_load(&w->talks))
        usleep(10000);
    if (w->socket >= 0)
        close(w->socket);
    free(w);
}
