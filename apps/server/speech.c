#define _GNU_SOURCE
#include "server/speech.h"

#include <ink/file.h>
#include <ink/say.h>
#include <ink/sound.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct speech_voice {
    ink_voice *voice;
    ink_speaker *speaker;
    ink_symbols *symbols;
    ink_phonemizer *phonemizer;
} speech_voice;

static void voice_close(void *what)
{
    speech_voice *v = what;
    ink_phonemizer_close(v->phonemizer);
    ink_symbols_free(v->symbols);
    ink_speaker_close(v->speaker);
    ink_voice_close(v->voice);
    free(v);
}

static ink_status voice_open(srv_server *s, const srv_known *known, void **out, ink_err *err)
{
    speech_voice *v = *out = calloc(1, sizeof *v);
    if (!v)
        return ink_fail(err, INK_E_MEMORY, "no memory for a voice");
    INK_TRY(ink_voice_open(known->path, &v->voice, err));
    const ink_voice_info *info = ink_voice_describe(v->voice);
    if (!info->settings)
        return ink_fail(err, INK_E_ARGUMENT, "%s: without its .json beside it nobody knows which symbols it reads", known->name);
    srv_turn(s, true);
    ink_status status = ink_speaker_open(v->voice, (size_t)srv_settings(s)->threads, ink_voice_dtype(srv_settings(s)->voice_dtype), &v->speaker, err);
    srv_turn(s, false);
    INK_TRY(status);
    INK_TRY(ink_symbols_make(info->settings, info->settings_size, known->path, &v->symbols, err));
    const ink_phoneme_options o = { .symbols = v->symbols, .phonemizer = "own" };
    return ink_phonemizer_open(&o, &v->phonemizer, err);
}

const srv_loads_kind srv_voices = { .one = "a voice", .many = "voices", .most = 16, .open = voice_open, .close = voice_close };

/* Names that OpenAI's clients send without meaning any of ours. */
static bool voice_any(const char *name)
{
    static const char *const names[] = { "", "default", "tts-1", "tts-1-hd", "gpt-4o-mini-tts", "alloy", "ash", "ballad", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer", "verse" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(name, names[i]))
            return true;
    return false;
}

static ink_status voice_find(srv_server *s, const char *name, ink_arena *arena, const srv_known **found, ink_err *err)
{
    srv_known *list;
    size_t count, used = 0;
    char names[400] = "";
    INK_TRY(srv_models_known(s, arena, &list, &count, err));
    if (!name || voice_any(name))
        name = srv_settings(s)->voice;
    *found = NULL;
    for (size_t i = 0; i < count && !*found; i++)
        if (list[i].kind == SRV_VOICE && (!name || !strcmp(name, list[i].name)))
            *found = &list[i];
        else if (list[i].kind == SRV_VOICE && used < sizeof names - 80)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%.60s", used ? ", " : "", list[i].name);
    return *found ? INK_OK : ink_fail(err, INK_E_NOT_FOUND, "there is no voice \"%.100s\"; %s%s", name ? name : "", used ? "there are " : "none was pulled: inkstone pull joe fetches one", names);
}

/* ---- speaking ---- */

typedef struct speech_run {
    srv_call *call;
    ink_on_sound *on;
    void *user;
} speech_run;

/* Between pieces others have their turn. */
static bool speech_sound(void *user, const float *samples, size_t n)
{
    const speech_run *r = user;
    srv_turn(r->call->server, false);
    bool go = r->on(r->user, samples, n) && !srv_gone(r->call) && !srv_stopping(r->call->server);
    srv_turn(r->call->server, true);
    return go;
}

static double speech_or(double given, double voice) { return given < 0 ? voice : given; }

/* A text, or SSML where it begins as that. */
static ink_status speech_text(speech_voice *v, const srv_speech *s, const ink_say_options *o, speech_run *run, ink_said *said, ink_err *err)
{
    ink_sayer *y;
    if (!ink_ssml_is(s->text, s->size))
        return ink_say(v->speaker, s->text, s->size, o, speech_sound, run, said, err);
    INK_TRY(ink_sayer_open(v->speaker, o, speech_sound, run, said, &y, err));
    ink_status status = ink_sayer_ssml(y, s->text, s->size, err);
    ink_sayer_close(y);
    return status;
}

static ink_status speech_say(srv_call *c, speech_voice *v, const srv_speech *s, ink_on_sound *on, void *user, ink_err *err)
{
    const ink_voice_info *i = ink_voice_describe(v->voice);
    speech_run run = { c, on, user };
    ink_said said = { 0 };
    ink_say_options o = { .phonemizer = v->phonemizer, .symbols = v->symbols, .sentence = s->sentence_silence, .paragraph = 2 * s->sentence_silence + 0.1,
                          .how = { .noise_scale = speech_or(s->noise_scale, i->noise_scale), .noise_w = speech_or(s->noise_w, i->noise_w),
                                   .length_scale = speech_or(s->length_scale, i->length_scale) / s->speed, .seed = (uint64_t)s->seed } };
    INK_TRY(ink_voice_speaker(v->voice, s->speaker ? s->speaker : "0", &o.how.speaker, err));
    srv_turn(c->server, true);
    ink_status status = speech_text(v, s, &o, &run, &said, err);
    srv_turn(c->server, false);
    ink_said_clear(&said);
    return status;
}

ink_status srv_speak(srv_call *c, const srv_speech *s, void (*begin)(void *user, size_t rate), ink_on_sound *on, void *user, ink_err *err)
{
    const srv_known *known;
    srv_loaded *loaded;
    void *what;
    INK_TRY(voice_find(c->server, s->voice, c->arena, &known, err));
    INK_TRY(srv_loads_take(srv_voices_of(c->server), c->server, known, &loaded, &what, err));
    speech_voice *v = what;
    if (begin)
        begin(user, ink_voice_describe(v->voice)->rate);
    ink_status status = speech_say(c, v, s, on, user, err);
    srv_loads_give(loaded);
    return status;
}

void srv_samples(const float *samples, size_t n, unsigned char *out)
{
    for (size_t i = 0; i < n; i++) {
        float v = samples[i] < -1 ? -1 : samples[i] > 1 ? 1 : samples[i];
        int x = (int)(v * 32767);
        out[2 * i] = (unsigned char)(x & 0xff);
        out[2 * i + 1] = (unsigned char)(x >> 8 & 0xff);
    }
}

/* ---- files ---- */

static const struct {
    const char *format, *suffix, *type;
} speech_formats[] = {
    { "mp3", "mp3", "audio/mpeg" }, { "wav", "wav", "audio/wav" }, { "flac", "flac", "audio/flac" }, { "opus", "opus", "audio/ogg" }, { "ogg", "ogg", "audio/ogg" }, { "pcm", "raw", "audio/pcm" },
};

typedef struct speech_file {
    char path[64];
    ink_sound *sound;
    size_t rate;
    ink_status status;
    ink_err *err;
} speech_file;

static void speech_file_begin(void *user, size_t rate)
{
    static const ink_sound_about about = { .comment = "generated speech: computed by inkstone, spoken by no person" };
    speech_file *f = user;
    f->rate = rate;
    f->status = ink_sound_create(f->path, rate, &about, &f->sound, f->err);
}

static bool speech_file_sound(void *user, const float *samples, size_t n)
{
    speech_file *f = user;
    if (!f->status)
        f->status = ink_sound_add(f->sound, samples, n, f->err);
    return !f->status;
}

static ink_status speech_into(srv_call *c, const srv_speech *s, speech_file *f, ink_err *err)
{
    char *bytes;
    size_t n;
    ink_status status = srv_speak(c, s, speech_file_begin, speech_file_sound, f, err);
    status = f->status ? f->status : status;
    if (status) {
        ink_sound_drop(f->sound);
        return status;
    }
    INK_TRY(ink_sound_finish(f->sound, err));
    INK_TRY(ink_file_text(f->path, 0, &bytes, &n, err));
    ink_buf_add(&c->out, bytes, n);
    free(bytes);
    return INK_OK;
}

ink_status srv_speak_file(srv_call *c, const srv_speech *s, const char *format, ink_err *err)
{
    char folder[] = "/tmp/inkstone-XXXXXX";
    speech_file f = { .err = err };
    size_t i = 0;
    while (i < sizeof speech_formats / sizeof *speech_formats && strcmp(speech_formats[i].format, format))
        i++;
    if (i == sizeof speech_formats / sizeof *speech_formats)
        return ink_fail(err, INK_E_ARGUMENT, "response_format \"%.40s\": sound is written as mp3, wav, flac, opus, ogg or pcm", format);
    if (!mkdtemp(folder))
        return ink_fail(err, INK_E_IO, "no place in /tmp to write sound to");
    snprintf(f.path, sizeof f.path, "%s/speech.%s", folder, speech_formats[i].suffix);
    ink_status status = speech_into(c, s, &f, err);
    unlink(f.path);
    rmdir(folder);
    c->type = strcmp(format, "pcm") ? speech_formats[i].type : ink_arena_format(c->arena, "audio/pcm;rate=%zu;encoding=s16le;channels=1", f.rate);
    return status;
}
