/* POST /v1/audio/speech: a text said aloud, as OpenAI answers it: a file, samples as they are computed (pcm), or events. */
#include "server/speech.h"

#include <pthread.h>
#include <string.h>

typedef struct speech_fields {
    const char *model, *voice, *speaker, *input, *response_format;
    int stream_format;
    double speed;
    int64_t seed;
} speech_fields;

static const char *const speech_streams[] = { "audio", "sse", NULL };

static const ink_param speech_params[] = {
    { .name = "model", .type = INK_PARAM_TEXT, .at = offsetof(speech_fields, model), .help = "a voice, where voice names none" },
    { .name = "speaker", .type = INK_PARAM_TEXT, .at = offsetof(speech_fields, speaker), .help = "name or number, where the voice has several" },
    { .name = "input", .type = INK_PARAM_TEXT, .at = offsetof(speech_fields, input), .help = "what to say" },
    { .name = "response_format", .type = INK_PARAM_TEXT, .at = offsetof(speech_fields, response_format), .text = "mp3", .help = "mp3, wav, flac, opus, ogg or pcm" },
    { .name = "stream_format", .type = INK_PARAM_CHOICE, .at = offsetof(speech_fields, stream_format), .choices = speech_streams, .help = "sound, or events that hold it" },
    { .name = "speed", .type = INK_PARAM_REAL, .at = offsetof(speech_fields, speed), .min = 0.25, .max = 4, .def = 1, .help = "2 speaks twice as fast" },
    { .name = "seed", .type = INK_PARAM_INT, .at = offsetof(speech_fields, seed), .min = 0, .max = 9e15, .def = 0, .help = "the same seed gives the same sound" },
    { 0 },
};

/* ---- samples as they come: a thread speaks, the call's own sends ---- */

enum { STREAM_PIECE = 1024 };

typedef struct speech_stream { /* in the call's arena */
    srv_call *call;
    srv_speech speech;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t moved;
    ink_buf samples;       /* 16 bits, little-endian */
    bool done, gone;
    ink_status status;
    ink_err err;
} speech_stream;

static bool stream_sound(void *user, const float *samples, size_t n)
{
    speech_stream *s = user;
    pthread_mutex_lock(&s->lock);
    for (size_t at = 0; at < n; at += STREAM_PIECE) {
        unsigned char bytes[2 * STREAM_PIECE];
        size_t k = n - at < STREAM_PIECE ? n - at : STREAM_PIECE;
        srv_samples(samples + at, k, bytes);
        ink_buf_add(&s->samples, bytes, 2 * k);
    }
    bool go = !s->gone;
    pthread_cond_signal(&s->moved);
    pthread_mutex_unlock(&s->lock);
    return go;
}

static void *stream_speak(void *user)
{
    speech_stream *s = user;
    ink_status status = srv_speak(s->call, &s->speech, NULL, stream_sound, s, &s->err);
    pthread_mutex_lock(&s->lock);
    s->status = status;
    s->done = true;
    pthread_cond_signal(&s->moved);
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

static bool stream_take(speech_stream *s, ink_buf *out)
{
    pthread_mutex_lock(&s->lock);
    while (!s->samples.len && !s->done)
        pthread_cond_wait(&s->moved, &s->lock);
    ink_buf_add(out, s->samples.data, s->samples.len);
    ink_buf_reset(&s->samples);
    bool more = !s->done;
    pthread_mutex_unlock(&s->lock);
    return more;
}

static bool stream_pull_audio(void *state, ink_buf *out)
{
    return stream_take(state, out);
}

static bool stream_pull_events(void *state, ink_buf *out)
{
    speech_stream *s = state;
    ink_buf raw;
    ink_buf_init(&raw, 0);
    bool more = stream_take(s, &raw);
    if (raw.len) {
        srv_event_begin(out, NULL);
        ink_jot j = srv_jot(out);
        ink_jot_object(&j, NULL);
        ink_jot_text(&j, "type", "speech.audio.delta");
        srv_jot_base64(&j, "audio", raw.data, raw.len);
        ink_jot_end(&j);
        srv_event_end(out);
    }
    ink_buf_clear(&raw);
    if (more)
        return true;
    srv_event_begin(out, NULL);
    ink_jot j = srv_jot(out);
    ink_jot_object(&j, NULL);
    ink_jot_text(&j, "type", s->status ? "error" : "speech.audio.done");
    if (s->status)
        ink_jot_text(&j, "message", s->err.text);
    ink_jot_end(&j);
    srv_event_end(out);
    return false;
}

static void stream_close(void *state)
{
    speech_stream *s = state;
    pthread_mutex_lock(&s->lock);
    s->gone = true;
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    ink_buf_clear(&s->samples);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->moved);
}

static ink_status stream_start(srv_call *c, const srv_speech *speech, bool events, ink_err *err)
{
    speech_stream *s = ink_arena_alloc(c->arena, sizeof *s);
    if (!s)
        return ink_arena_refused(c->arena, sizeof *s, err);
    s->call = c;
    s->speech = *speech;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->moved, NULL);
    ink_buf_init(&s->samples, 0);
    if (pthread_create(&s->thread, NULL, stream_speak, s))
        return ink_fail(err, INK_E_MEMORY, "the system refuses another thread");
    c->state = s;
    c->close = stream_close;
    c->pull = events ? stream_pull_events : stream_pull_audio;
    c->type = events ? "text/event-stream" : "audio/pcm";
    pthread_mutex_lock(&s->lock); /* what fails at once is an error, not an empty stream */
    while (!s->samples.len && !s->done)
        pthread_cond_wait(&s->moved, &s->lock);
    ink_status status = s->done && !s->samples.len ? s->status : INK_OK;
    if (status)
        *err = s->err;
    pthread_mutex_unlock(&s->lock);
    return status;
}

static ink_status speech_run(srv_call *c, ink_err *err)
{
    enum { LONGEST = 1 << 20 };
    const speech_fields *f = c->params;
    const ink_json *voice = ink_json_get(c->json, "voice");
    const char *named = ink_json_kind(voice) == INK_JSON_OBJECT ? ink_json_string(ink_json_get(voice, "id"), NULL) : ink_json_string(voice, NULL);
    if (!f->input || !f->input[strspn(f->input, " \t\r\n")])
        return ink_fail(err, INK_E_ARGUMENT, "input is the text to say, and it is empty");
    if (strlen(f->input) > LONGEST)
        return ink_fail(err, INK_E_LIMIT, "a text to say has at most %d bytes", LONGEST);
    const srv_speech s = { .voice = named && *named ? named : f->model, .speaker = f->speaker, .text = f->input, .size = strlen(f->input), .speed = f->speed, .seed = f->seed,
                           .length_scale = -1, .noise_scale = -1, .noise_w = -1, .sentence_silence = 0.25 };
    bool pcm = !strcmp(f->response_format, "pcm");
    if (f->stream_format && !pcm)
        return ink_fail(err, INK_E_ARGUMENT, "events hold samples: stream_format sse goes with response_format pcm");
    return pcm ? stream_start(c, &s, f->stream_format, err) : srv_speak_file(c, &s, f->response_format, err);
}

static const srv_field speech_more[] = {
    { "voice", NULL, "a voice by name" },
    { 0 },
};

extern const srv_route srv_route_audio_speech;
const srv_route srv_route_audio_speech = {
    .method = "POST", .paths = (const char *const[]){ "/v1/audio/speech", "/audio/speech", NULL }, .params = speech_params, .size = sizeof(speech_fields), .fields = speech_more, .about = "A text said aloud (OpenAI).", .run = speech_run,
};
