/* inkstone tts: says a text. */
#include "cli.h"

#include <ink/file.h>
#include <ink/say.h>
#include <ink/sound.h>
#include <ink/store.h>
#include <ink/voice.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct tts_options {
    const char *model, *text, *file, *out, *speaker, *noise_from, *lexicon;
    ink_param_ints ids;
    double noise_scale, length_scale, noise_w, sentence_silence, paragraph_silence;
    int phonemizer;
    int64_t seed, threads;
    bool json;
} tts_options;

static const char *const tts_phonemizers[] = { "own", "espeak", NULL };

static const ink_param tts_params[] = {
    { .name = "model", .flag = 'm', .type = INK_PARAM_MODEL, .bits = INK_PARAM_REQUIRED, .at = offsetof(tts_options, model), .help = "a voice: catalogue name or file" },
    { .name = "text", .type = INK_PARAM_TEXT, .bits = INK_PARAM_POSITIONAL, .at = offsetof(tts_options, text), .help = "what to say" },
    { .name = "file", .flag = 'f', .type = INK_PARAM_PATH, .at = offsetof(tts_options, file), .help = "read the text from a file, - from standard input" },
    { .name = "ids", .type = INK_PARAM_INTS, .at = offsetof(tts_options, ids), .help = "say these ids of the voice's symbols; nothing is added" },
    { .name = "out", .flag = 'o', .type = INK_PARAM_PATH, .bits = INK_PARAM_REQUIRED, .at = offsetof(tts_options, out),
      .help = "the sound: .wav, .flac, .ogg, .opus, .mp3, .raw or .f32; - for raw 16-bit samples on standard output" },
    { .name = "speaker", .flag = 's', .type = INK_PARAM_TEXT, .at = offsetof(tts_options, speaker), .text = "0", .help = "name or number, where the voice has several" },
    { .name = "noise_scale", .type = INK_PARAM_REAL, .at = offsetof(tts_options, noise_scale), .min = 0, .max = 10, .def = -1, .shown = "the voice's", .help = "how much the sound varies" },
    { .name = "noise_w", .type = INK_PARAM_REAL, .at = offsetof(tts_options, noise_w), .min = 0, .max = 10, .def = -1, .shown = "the voice's", .help = "how much the durations vary" },
    { .name = "length_scale", .type = INK_PARAM_REAL, .at = offsetof(tts_options, length_scale), .min = 0.01, .max = 100, .def = -1, .shown = "the voice's", .help = "longer is slower" },
    { .name = "sentence_silence", .type = INK_PARAM_REAL, .at = offsetof(tts_options, sentence_silence), .min = 0, .max = 60, .def = 0.25, .help = "seconds between sentences" },
    { .name = "paragraph_silence", .type = INK_PARAM_REAL, .at = offsetof(tts_options, paragraph_silence), .min = 0, .max = 60, .def = 0.6, .help = "seconds between lines" },
    { .name = "lexicon", .type = INK_PARAM_PATH, .at = offsetof(tts_options, lexicon), .help = "lines of WORD, tab, PHONEMES that go before all dictionaries" },
    { .name = "phonemizer", .type = INK_PARAM_CHOICE, .at = offsetof(tts_options, phonemizer), .choices = tts_phonemizers, .shown = "own",
      .help = "who turns letters into sounds; espeak-ng is used where it is installed" },
    { .name = "seed", .type = INK_PARAM_INT, .at = offsetof(tts_options, seed), .min = 0, .max = 9007199254740992.0, .def = 0, .help = "the same seed gives the same sound" },
    { .name = "noise_from", .type = INK_PARAM_PATH, .at = offsetof(tts_options, noise_from), .value = "DIR", .help = "take the noise from e1.f32 and e2.f32 of a folder instead of drawing it" },
    CLI_THREADS(tts_options),
    CLI_JSON(tts_options),
    { 0 },
};

typedef struct tts_work {
    const tts_options *o;
    char *path;
    ink_voice *voice;
    ink_speaker *speaker;
    ink_sound *sound;
    ink_symbols *symbols;
    ink_phonemizer *phonemizer;
    ink_said said;
    ink_speech speech;        /* of ids */
    char *text;               /* of a file */
    char *noise[2];           /* e1, e2 */
    size_t noise_bytes[2], samples;
    double began, load_seconds, first_audio_seconds;
    ink_err *err;
    ink_status written;       /* the first failure to write */
} tts_work;

/* ---- input ---- */

static ink_status tts_noise(tts_work *w, ink_err *err)
{
    static const char *const names[] = { "e1.f32", "e2.f32" };
    for (size_t i = 0; w->o->noise_from && i < 2; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", w->o->noise_from, names[i]);
        INK_TRY(ink_file_text(path, (size_t)512 << 20, &w->noise[i], &w->noise_bytes[i], err));
    }
    return INK_OK;
}

static ink_status tts_check(const tts_options *o, ink_err *err)
{
    if (!!o->text + !!o->file + (o->ids.at != NULL) != 1)
        return ink_fail(err, INK_E_ARGUMENT, "tts wants one thing to say: a text, -f FILE or --ids 1,2,3");
    if (o->json && !strcmp(o->out, "-"))
        return ink_fail(err, INK_E_ARGUMENT, "-o - and --json both want standard output");
    if (o->noise_from && !o->ids.at)
        return ink_fail(err, INK_E_ARGUMENT, "--noise-from goes with --ids");
    return INK_OK;
}

/* What turns text into the ids of this voice. */
static ink_status tts_open_text(tts_work *w, ink_err *err)
{
    const ink_voice_info *v = ink_voice_describe(w->voice);
    if (!v->settings)
        return ink_fail(err, INK_E_NOT_FOUND, "%s: without its .json beside it nobody knows which symbols it reads; --ids says them by number", w->path);
    INK_TRY(ink_symbols_make(v->settings, v->settings_size, w->path, &w->symbols, err));
    const ink_phoneme_options o = { .symbols = w->symbols, .lexicon = w->o->lexicon, .phonemizer = tts_phonemizers[w->o->phonemizer] };
    INK_TRY(ink_phonemizer_open(&o, &w->phonemizer, err));
    size_t n;
    return w->o->file ? ink_file_text(w->o->file, (size_t)64 << 20, &w->text, &n, err) : INK_OK;
}

static ink_status tts_open(tts_work *w, ink_err *err)
{
    const tts_options *o = w->o;
    INK_TRY(ink_store_resolve(o->model, &w->path, err));
    INK_TRY(ink_voice_open(w->path, &w->voice, err));
    INK_TRY(ink_speaker_open(w->voice, (size_t)o->threads, &w->speaker, err));
    if (!o->ids.at)
        INK_TRY(tts_open_text(w, err));
    w->load_seconds = cli_now() - w->began;
    return INK_OK;
}

/* ---- output ---- */

static bool tts_sound(void *user, const float *samples, size_t n)
{
    tts_work *w = user;
    if (!w->samples)
        w->first_audio_seconds = cli_now() - w->began;
    w->samples += n;
    w->written = ink_sound_add(w->sound, samples, n, w->err);
    return w->written == INK_OK && !cli_stop_asked();
}

static void tts_json(const tts_work *w)
{
    const ink_voice_info *v = ink_voice_describe(w->voice);
    ink_jot j = cli_jot();
    ink_jot_object(&j, NULL);
    ink_jot_integer(&j, "sample_rate", (int64_t)v->rate);
    ink_jot_integer(&j, "samples", (int64_t)w->samples);
    ink_jot_array(&j, "ids");
    const bool text = !w->o->ids.at;
    const size_t count = text ? w->said.ids.count : w->o->ids.count;
    const int32_t *ids = text ? w->said.ids.at : w->o->ids.at;
    const float *durations = text ? w->said.durations : w->speech.durations;
    for (size_t i = 0; i < count; i++)
        ink_jot_integer(&j, NULL, ids[i]);
    ink_jot_end(&j);
    ink_jot_array(&j, "frames");
    for (size_t i = 0; i < count; i++)
        ink_jot_number(&j, NULL, (double)durations[i]);
    ink_jot_end(&j);
    ink_jot_integer(&j, "seed", w->o->seed);
    ink_jot_number(&j, "load_seconds", w->load_seconds);
    ink_jot_number(&j, "first_audio_seconds", w->first_audio_seconds);
    ink_jot_number(&j, "rtf", (w->speech.seconds + w->said.seconds) / ((double)w->samples / (double)v->rate));
    cli_jot_finish(&j);
}

/* ---- the command ---- */

static void tts_warn(void *user, const char *sentence)
{
    (void)user;
    cli_note("%s", sentence);
}

static double tts_or(double given, double voice) { return given < 0 ? voice : given; }

static ink_status tts_say(tts_work *w, ink_err *err)
{
    const tts_options *o = w->o;
    const ink_voice_info *v = ink_voice_describe(w->voice);
    ink_utterance u = { .ids = o->ids.at, .count = o->ids.count, .seed = (uint64_t)o->seed,
                        .noise_scale = tts_or(o->noise_scale, v->noise_scale), .noise_w = tts_or(o->noise_w, v->noise_w), .length_scale = tts_or(o->length_scale, v->length_scale),
                        .duration_noise = (const float *)(void *)w->noise[0], .duration_noise_count = w->noise_bytes[0] / sizeof(float),
                        .noise = (const float *)(void *)w->noise[1], .noise_count = w->noise_bytes[1] / sizeof(float) };
    static const ink_sound_about about = { .comment = "generated speech: computed by inkstone, spoken by no person" };
    INK_TRY(ink_voice_speaker(w->voice, o->speaker, &u.speaker, err));
    INK_TRY(ink_sound_create(o->out, v->rate, &about, &w->sound, err));
    w->err = err;
    const ink_say_options say = { .phonemizer = w->phonemizer, .symbols = w->symbols, .how = u, .sentence = o->sentence_silence, .paragraph = o->paragraph_silence, .warn = tts_warn };
    const char *text = w->text ? w->text : o->text;
    ink_status status = o->ids.at ? ink_speak(w->speaker, &u, tts_sound, w, &w->speech, err)
                                  : ink_say(w->speaker, text, strlen(text), &say, tts_sound, w, &w->said, err);
    if (w->written != INK_OK)
        status = w->written;
    if (status != INK_OK) {
        ink_sound_drop(w->sound);
        return status;
    }
    return ink_sound_finish(w->sound, err);
}

static ink_status tts_work_run(tts_work *w, ink_err *err)
{
    INK_TRY(tts_check(w->o, err));
    INK_TRY(tts_noise(w, err));
    INK_TRY(tts_open(w, err));
    INK_TRY(tts_say(w, err));
    if (w->o->json)
        tts_json(w);
    return INK_OK;
}

static ink_status tts_run(const void *options, ink_err *err)
{
    tts_work w = { .o = options, .began = cli_now() };
    cli_stop_catch();
    ink_status status = tts_work_run(&w, err);
    ink_speech_clear(&w.speech);
    ink_said_clear(&w.said);
    ink_phonemizer_close(w.phonemizer);
    ink_symbols_free(w.symbols);
    free(w.text);
    ink_speaker_close(w.speaker);
    ink_voice_close(w.voice);
    free(w.path);
    free(w.noise[0]);
    free(w.noise[1]);
    return status;
}

extern const cli_command cli_tts;
const cli_command cli_tts = {
    .params = tts_params,
    .size = sizeof(tts_options),
    .about = "Sound is computed and written in pieces. Files say in their metadata that they were generated.",
    .examples = { { "tts -m joe \"Hello, how are you?\" -o hello.wav", "say it" }, { "tts -m joe -f book.txt -o book.flac", "read a file aloud" },
                  { "tts -m joe --ids 1,0,20,0,2 -o out.wav", "say the sounds of these symbols" } },
    .computes = true,
    .run = tts_run,
};
