/* inkstone voices: which there are, under which licence, and how one sounds. */
#include "cli.h"

#include <ink/phonemes.h>
#include <ink/say.h>
#include <ink/sound.h>
#include <ink/store.h>
#include <stdlib.h>
#include <string.h>

typedef struct voices_options {
    const char *model, *out, *speaker;
    int64_t threads;
    bool json;
} voices_options;

static const ink_param voices_params[] = {
    { .name = "voice", .type = INK_PARAM_MODEL, .bits = INK_PARAM_POSITIONAL, .at = offsetof(voices_options, model), .value = "VOICE", .help = "this one alone" },
    { .name = "out", .flag = 'o', .type = INK_PARAM_PATH, .at = offsetof(voices_options, out), .help = "a sample of VOICE: .wav, .flac, .ogg, .opus, .mp3" },
    { .name = "speaker", .flag = 's', .type = INK_PARAM_TEXT, .at = offsetof(voices_options, speaker), .text = "0", .help = "of the sample" },
    CLI_THREADS(voices_options),
    CLI_JSON(voices_options),
    { 0 },
};

typedef struct voices_one { /* a voice that is here */
    ink_voice *voice;
    ink_symbols *symbols;    /* NULL: nobody knows what it reads */
} voices_one;

static void voices_close(voices_one *v)
{
    ink_symbols_free(v->symbols);
    ink_voice_close(v->voice);
}

static ink_status voices_open(const char *path, voices_one *v, ink_err *err)
{
    *v = (voices_one){ 0 };
    INK_TRY(ink_voice_open(path, &v->voice, err));
    const ink_voice_info *i = ink_voice_describe(v->voice);
    if (i->settings && ink_symbols_make(i->settings, i->settings_size, path, &v->symbols, err) != INK_OK)
        cli_note("%s", err->text);
    return INK_OK;
}

/* ---- the list ---- */

/* What is here is known by its weights; what is not, by what the catalogue says. */
static bool voices_is(const ink_store_item *m)
{
    ink_weights *w;
    ink_err none;
    if (!m->path || m->kind)
        return m->kind && !strcmp(m->kind, "voice");
    if (ink_weights_open(m->path, &w, &none) != INK_OK)
        return false;
    const bool is = ink_voice_is(w);
    ink_weights_close(w);
    return is;
}

static void voices_row(const ink_store_item *m, ink_jot *j)
{
    voices_one v = { 0 };
    ink_err err;
    if (m->path && voices_open(m->path, &v, &err) != INK_OK)
        cli_note("%s", err.text);
    const ink_voice_info *i = v.voice ? ink_voice_describe(v.voice) : NULL;
    if (!j) {
        printf("  %-12s %s%s%s\n", m->name, m->about ? m->about : "", m->licence ? "\n               licence: " : "\n               licence: not said", m->licence ? m->licence : "");
        if (i)
            printf("               %s, %zu samples a second, %zu speaker%s\n", v.symbols && *ink_symbols_lang(v.symbols) ? ink_symbols_lang(v.symbols) : "language not said", i->rate,
                   i->speakers ? i->speakers : 1, i->speakers > 1 ? "s" : "");
    } else {
        ink_jot_object(j, NULL);
        ink_jot_text(j, "name", m->name);
        ink_jot_bool(j, "here", m->path != NULL);
        ink_jot_text(j, "about", m->about);
        ink_jot_text(j, "licence", m->licence);
        ink_jot_text(j, "language", v.symbols ? ink_symbols_lang(v.symbols) : NULL);
        if (i) {
            ink_jot_integer(j, "sample_rate", (int64_t)i->rate);
            ink_jot_integer(j, "speakers", (int64_t)(i->speakers ? i->speakers : 1));
        }
        ink_jot_end(j);
    }
    voices_close(&v);
}

static ink_status voices_list(const voices_options *o, ink_err *err)
{
    ink_store_list list;
    INK_TRY(ink_store_list_read(&list, err));
    ink_jot j = cli_jot();
    size_t count = 0;
    if (o->json) {
        ink_jot_object(&j, NULL);
        ink_jot_array(&j, "voices");
    }
    for (int here = 1; here >= 0; here--)
        for (size_t i = 0, shown = 0; i < list.count; i++) {
            const ink_store_item *m = &list.at[i];
            if ((m->path != NULL) != here || (o->model && strcmp(o->model, m->name)) || !voices_is(m))
                continue;
            if (!o->json && !shown++)
                puts(here ? "Here" : "To be had with inkstone pull");
            voices_row(m, o->json ? &j : NULL);
            count++;
        }
    ink_store_list_clear(&list);
    if (o->json)
        cli_jot_finish(&j);
    return count || !o->model ? INK_OK : ink_fail(err, INK_E_NOT_FOUND, "there is no voice called \"%.60s\"; inkstone voices lists them", o->model);
}

/* ---- a sample ---- */

static const char *voices_sentence(const char *lang)
{
    static const char *const sentences[][2] = {
        { "zh", "你好，这是我的声音。今天是二十四号，天气很好。" }, { "ja", "こんにちは。これは わたしの こえです。" }, { "en", "Hello, this is my voice. Seven birds sang in the old garden." } };
    for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++)
        if (!strcmp(lang, sentences[i][0]))
            return sentences[i][1];
    return NULL;
}

static bool voices_sound(void *user, const float *samples, size_t n)
{
    ink_err none;
    return ink_sound_add(user, samples, n, &none) == INK_OK && !cli_stop_asked();
}

static void voices_warn(void *user, const char *sentence) { (void)user, cli_note("%s", sentence); }

static ink_status voices_say(const voices_options *o, const voices_one *v, ink_speaker *s, ink_phonemizer *p, ink_err *err)
{
    const ink_voice_info *i = ink_voice_describe(v->voice);
    static const ink_sound_about about = { .comment = INK_SOUND_GENERATED };
    const char *says = voices_sentence(ink_symbols_lang(v->symbols));
    ink_say_options say = { .phonemizer = p, .symbols = v->symbols, .sentence = 0.25, .paragraph = 0.6, .warn = voices_warn,
                            .how = { .noise_scale = i->noise_scale, .noise_w = i->noise_w, .length_scale = i->length_scale } };
    ink_said said = { 0 };
    ink_sound *sound;
    INK_TRY(ink_voice_speaker(v->voice, o->speaker, &say.how.speaker, err));
    INK_TRY(ink_sound_create(o->out, i->rate, &about, &sound, err));
    ink_status status = ink_say(s, says ? says : "a e i o u.", says ? strlen(says) : 10, &say, voices_sound, sound, &said, err);
    ink_said_clear(&said);
    if (status == INK_OK)
        return ink_sound_finish(sound, err);
    ink_sound_drop(sound);
    return status;
}

static ink_status voices_sample(const voices_options *o, ink_err *err)
{
    char *path = NULL;
    voices_one v = { 0 };
    ink_speaker *s = NULL;
    ink_phonemizer *p = NULL;
    INK_TRY(ink_store_resolve(o->model, &path, err));
    ink_status status = voices_open(path, &v, err);
    if (status == INK_OK && !v.symbols)
        status = ink_fail(err, INK_E_NOT_FOUND, "%s: without its settings beside it nobody knows which symbols it reads", path);
    if (status == INK_OK)
        status = ink_speaker_open(v.voice, (size_t)o->threads, INK_F32, &s, err);
    if (status == INK_OK)
        status = ink_phonemizer_open(&(ink_phoneme_options){ .symbols = v.symbols }, &p, err);
    if (status == INK_OK)
        status = voices_say(o, &v, s, p, err);
    ink_phonemizer_close(p);
    ink_speaker_close(s);
    voices_close(&v);
    free(path);
    return status;
}

static ink_status voices_run(const void *options, ink_err *err)
{
    const voices_options *o = options;
    if (o->out && !o->model)
        return ink_fail(err, INK_E_ARGUMENT, "-o writes a sample of one voice; say which");
    return o->out ? voices_sample(o, err) : voices_list(o, err);
}

const cli_command cli_voices = {
    .params = voices_params,
    .size = sizeof(voices_options),
    .examples = { { "voices", "names, languages and licences" }, { "voices joe -o joe.wav", "how one sounds" } },
    .computes = true,
    .run = voices_run,
};
