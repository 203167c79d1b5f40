/* inkstone tts: says a text. */
#include "tts.h"

#include <ink/file.h>
#include <ink/store.h>
#include <stdlib.h>
#include <string.h>

static const char *const tts_phonemizers[] = { "own", "espeak", NULL };
static const char *const tts_notices[] = { "none", "voice", "morse", NULL };

static const ink_param tts_piper_params[] = { /* what piper's own flags are called */
    { .name = "output_file", .type = INK_PARAM_PATH, .at = offsetof(tts_options, out), .help = "the same as -o" },
    { .name = "output_raw", .type = INK_PARAM_BOOL, .at = offsetof(tts_options, raw), .help = "the same as -o -" },
    { .name = "output_dir", .flag = 'd', .type = INK_PARAM_PATH, .at = offsetof(tts_options, folder), .value = "DIR", .help = "each line of the text into a file of its own, 1.wav and so on" },
    { .name = "input_file", .flag = 'i', .type = INK_PARAM_PATH, .at = offsetof(tts_options, file), .help = "the same as -f" },
    { .name = "json_input", .type = INK_PARAM_BOOL, .at = offsetof(tts_options, json_input),
      .help = "each line is a JSON object: text, speaker or speaker_id, output_file" },
    { .name = "noise_w_scale", .type = INK_PARAM_REAL, .at = offsetof(tts_options, noise_w), .min = 0, .max = 10, .def = -1, .shown = "the voice's", .help = "the same as --noise-w" },
    { .name = "volume", .type = INK_PARAM_REAL, .at = offsetof(tts_options, volume), .min = 0, .max = 10, .def = 1, .help = "louder or softer; what is beyond full scale is cut off" },
    { .name = "quiet", .flag = 'q', .type = INK_PARAM_BOOL, .at = offsetof(tts_options, quiet), .help = "no warnings" },
    { 0 },
};

static const ink_param tts_params[] = {
    { .name = "model", .flag = 'm', .type = INK_PARAM_MODEL, .bits = INK_PARAM_REQUIRED, .at = offsetof(tts_options, model), .help = "a voice: catalogue name, file or folder" },
    { .name = "text", .type = INK_PARAM_TEXT, .bits = INK_PARAM_POSITIONAL, .at = offsetof(tts_options, text), .help = "what to say, as text or SSML; without it lines of standard input" },
    { .name = "file", .flag = 'f', .type = INK_PARAM_PATH, .at = offsetof(tts_options, file), .help = "read the text from a file, - from standard input, line by line" },
    { .name = "ids", .type = INK_PARAM_INTS, .at = offsetof(tts_options, ids), .help = "say these ids of the voice's symbols; nothing is added" },
    { .name = "out", .flag = 'o', .type = INK_PARAM_PATH, .at = offsetof(tts_options, out),
      .help = "the sound: .wav, .flac, .ogg, .opus, .mp3, .raw or .f32; - for raw 16-bit samples on standard output" },
    { .name = "book", .type = INK_PARAM_PATH, .at = offsetof(tts_options, book), .help = "read a .txt, .md or .epub aloud into the folder --out, a file for each chapter; the same command goes on with what was ended" },
    { .name = "quotes", .type = INK_PARAM_TEXT, .at = offsetof(tts_options, quotes), .value = "VOICE[:SPEAKER]", .help = "of a book: who says what stands between quotation marks; a speaker of -m, or another voice" },
    { .name = "format", .type = INK_PARAM_TEXT, .at = offsetof(tts_options, format), .text = "flac", .value = "SUFFIX", .help = "of a book's chapters: flac, wav, ogg, opus or mp3" },
    { .name = "heading_silence", .type = INK_PARAM_REAL, .at = offsetof(tts_options, heading_silence), .min = 0, .max = 60, .def = 1.2, .help = "seconds after a book's headings" },
    { .name = "srt", .type = INK_PARAM_PATH, .at = offsetof(tts_options, srt), .help = "the sentences with their times as subtitles" },
    { .name = "srt_words", .type = INK_PARAM_PATH, .at = offsetof(tts_options, srt_words), .help = "the words with their times as subtitles" },
    { .name = "speaker", .flag = 's', .type = INK_PARAM_TEXT, .at = offsetof(tts_options, speaker), .text = "0", .help = "name or number, where the voice has several" },
    { .name = "speed", .type = INK_PARAM_REAL, .at = offsetof(tts_options, speed), .min = 0.1, .max = 10, .def = 0, .shown = "1", .help = "2 is twice as fast" },
    { .name = "noise_scale", .type = INK_PARAM_REAL, .at = offsetof(tts_options, noise_scale), .min = 0, .max = 10, .def = -1, .shown = "the voice's", .help = "how much the sound varies" },
    { .name = "noise_w", .type = INK_PARAM_REAL, .at = offsetof(tts_options, noise_w), .min = 0, .max = 10, .def = -1, .shown = "the voice's", .help = "how much the durations vary" },
    { .name = "length_scale", .type = INK_PARAM_REAL, .at = offsetof(tts_options, length_scale), .min = 0.01, .max = 100, .def = -1, .shown = "the voice's", .help = "longer is slower" },
    { .name = "sentence_silence", .type = INK_PARAM_REAL, .at = offsetof(tts_options, sentence_silence), .min = 0, .max = 60, .def = 0.25, .help = "seconds between sentences" },
    { .name = "paragraph_silence", .type = INK_PARAM_REAL, .at = offsetof(tts_options, paragraph_silence), .min = 0, .max = 60, .def = 0.6, .help = "seconds between lines" },
    { .name = "lexicon", .type = INK_PARAM_PATH, .at = offsetof(tts_options, lexicon), .help = "lines of WORD, tab, PHONEMES that go before all dictionaries" },
    { .name = "phonemizer", .type = INK_PARAM_CHOICE, .at = offsetof(tts_options, phonemizer), .choices = tts_phonemizers, .shown = "own",
      .help = "who turns letters into sounds; espeak-ng is used where it is installed" },
    { .name = "notice", .type = INK_PARAM_CHOICE, .at = offsetof(tts_options, notice), .choices = tts_notices, .shown = "none",
      .help = "begin with a notice that is heard: a sentence that says it, or tones" },
    { .name = "watermark", .type = INK_PARAM_TEXT, .at = offsetof(tts_options, watermark), .value = "KEY", .help = "a mark that is not heard, found again by inkstone watermark with the same key" },
    { .name = "seed", .type = INK_PARAM_INT, .at = offsetof(tts_options, seed), .min = 0, .max = 9007199254740992.0, .def = 0, .help = "the same seed gives the same sound" },
    { .name = "dtype", .type = INK_PARAM_CHOICE, .at = offsetof(tts_options, type), .choices = ink_voice_dtypes, .shown = "f32",
      .help = "what the decoder of sound multiplies; bf16 is faster where the processor has it, and not heard" },
    { .name = "noise_from", .type = INK_PARAM_PATH, .at = offsetof(tts_options, noise_from), .value = "DIR", .help = "take the noise from e1.f32 and e2.f32 of a folder instead of drawing it" },
    { .name = "as piper calls them", .type = INK_PARAM_TABLE, .table = tts_piper_params },
    CLI_THREADS(tts_options),
    CLI_JSON(tts_options),
    { 0 },
};

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

static bool tts_wants_times(const tts_options *o) { return o->srt || o->srt_words; }

static ink_status tts_check_book(const tts_options *o, ink_err *err)
{
    if (!o->folder == !o->out || o->raw)
        return ink_fail(err, INK_E_ARGUMENT, "--book wants a folder for its chapters: --out DIR");
    if (o->text || o->file || o->ids.at || tts_wants_times(o) || o->json_input)
        return ink_fail(err, INK_E_ARGUMENT, "--book says a book and nothing else; each chapter gets its subtitles");
    return INK_OK;
}

static ink_status tts_check(const tts_options *o, ink_err *err)
{
    if (o->book)
        return tts_check_book(o, err);
    const size_t outs = (o->out != NULL) + o->raw + (o->folder != NULL);
    if (!!o->text + !!o->file + (o->ids.at != NULL) > 1)
        return ink_fail(err, INK_E_ARGUMENT, "tts wants one thing to say: a text, -f FILE or --ids 1,2,3");
    if (outs != 1 && !(o->json_input && !outs))
        return ink_fail(err, INK_E_ARGUMENT, outs ? "tts writes to one place: -o FILE, --output-dir DIR or --output-raw" : "tts wants a place for the sound: -o FILE, or -o - for raw samples on standard output");
    if (o->json && (o->raw || (o->out && !strcmp(o->out, "-"))))
        return ink_fail(err, INK_E_ARGUMENT, "-o - and --json both want standard output");
    if (o->noise_from && !o->ids.at)
        return ink_fail(err, INK_E_ARGUMENT, "--noise-from goes with --ids");
    if (o->speed > 0 && o->length_scale >= 0)
        return ink_fail(err, INK_E_ARGUMENT, "--speed and --length-scale say the same thing; give one of them");
    if (o->ids.at && (o->folder || o->json_input || tts_wants_times(o) || o->notice))
        return ink_fail(err, INK_E_ARGUMENT, "--ids says one utterance: it has no lines, subtitles or notice");
    if ((o->text || tts_wants_times(o)) && (o->folder || o->json_input))
        return ink_fail(err, INK_E_ARGUMENT, "--output-dir and --json-input take lines of a file or of standard input, and write no subtitles");
    return INK_OK;
}

/* What turns text into the ids of a voice. */
ink_status tts_open_text(const tts_work *w, const ink_voice *voice, const char *path, ink_symbols **symbols, ink_phonemizer **phonemizer, ink_err *err)
{
    const ink_voice_info *v = ink_voice_describe(voice);
    if (!v->settings)
        return ink_fail(err, INK_E_NOT_FOUND, "%s: without its .json beside it nobody knows which symbols it reads; --ids says them by number", path);
    INK_TRY(ink_symbols_make(v->settings, v->settings_size, path, symbols, err));
    const ink_phoneme_options o = { .symbols = *symbols, .lexicon = w->o->lexicon, .phonemizer = tts_phonemizers[w->o->phonemizer] };
    return ink_phonemizer_open(&o, phonemizer, err);
}

static ink_status tts_open(tts_work *w, ink_err *err)
{
    const tts_options *o = w->o;
    INK_TRY(ink_store_resolve(o->model, &w->path, err));
    INK_TRY(ink_voice_open(w->path, &w->voice, err));
    INK_TRY(ink_speaker_open(w->voice, (size_t)o->threads, ink_voice_dtype(o->type), &w->speaker, err));
    if (!o->ids.at)
        INK_TRY(tts_open_text(w, w->voice, w->path, &w->symbols, &w->phonemizer, err));
    w->load_seconds = cli_now() - w->began;
    return INK_OK;
}

/* ---- output ---- */

static bool tts_sound(void *user, const float *samples, size_t n)
{
    tts_work *w = user;
    float made[TTS_PIECE];
    if (!w->samples)
        w->first_audio_seconds = cli_now() - w->began;
    w->samples += n;
    for (size_t at = 0, piece; at < n && w->written == INK_OK; at += piece) {
        piece = n - at < TTS_PIECE ? n - at : TTS_PIECE;
        for (size_t i = 0; i < piece; i++)
            made[i] = (float)w->o->volume * samples[at + i];
        w->written = ink_sound_add(w->sound, made, piece, w->err);
    }
    return w->written == INK_OK && !cli_stop_asked();
}

static void tts_json_parts(ink_jot *j, const char *key, const ink_said_part *list, size_t count, double rate)
{
    ink_jot_array(j, key);
    for (size_t i = 0; i < count; i++) {
        ink_jot_object(j, NULL);
        ink_jot_text(j, "text", list[i].text);
        ink_jot_integer(j, "at", (int64_t)list[i].at);
        ink_jot_integer(j, "size", (int64_t)list[i].size);
        ink_jot_number(j, "start", (double)list[i].first / rate);
        ink_jot_number(j, "end", (double)(list[i].first + list[i].samples) / rate);
        ink_jot_end(j);
    }
    ink_jot_end(j);
}

static void tts_json(const tts_work *w, const char *path)
{
    const ink_voice_info *v = ink_voice_describe(w->voice);
    ink_jot j = cli_jot();
    ink_jot_object(&j, NULL);
    ink_jot_text(&j, "path", path);
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
    tts_json_parts(&j, "sentences", w->said.sentence_list, w->said.sentences, (double)v->rate);
    tts_json_parts(&j, "words", w->said.words, w->said.word_count, (double)v->rate);
    ink_jot_integer(&j, "seed", w->o->seed);
    ink_jot_number(&j, "load_seconds", w->load_seconds);
    ink_jot_number(&j, "first_audio_seconds", w->first_audio_seconds);
    ink_jot_number(&j, "rtf", (w->speech.seconds + w->said.seconds) / ((double)w->samples / (double)v->rate));
    cli_jot_finish(&j);
}

static void tts_warn(void *user, const char *sentence)
{
    const tts_work *w = user;
    if (!w->o->quiet)
        cli_note("%s", sentence);
}

/* ---- one sound ---- */

static double tts_or(double given, double voice) { return given < 0 ? voice : given; }

ink_utterance tts_utterance(const tts_work *w, const ink_voice *voice)
{
    const tts_options *o = w->o;
    const ink_voice_info *v = ink_voice_describe(voice);
    const double length = tts_or(o->length_scale, v->length_scale) / (o->speed > 0 ? o->speed : 1);
    return (ink_utterance){ .ids = o->ids.at, .count = o->ids.count, .seed = (uint64_t)o->seed, .speaker = w->speaker_id,
                            .noise_scale = tts_or(o->noise_scale, v->noise_scale), .noise_w = tts_or(o->noise_w, v->noise_w), .length_scale = length,
                            .duration_noise = (const float *)(void *)w->noise[0], .duration_noise_count = w->noise_bytes[0] / sizeof(float),
                            .noise = (const float *)(void *)w->noise[1], .noise_count = w->noise_bytes[1] / sizeof(float) };
}

const char *tts_notice_words(const tts_work *w)
{
    return strcmp(ink_symbols_lang(w->symbols), "zh") ? "This speech was generated by a computer." : "以下语音由人工智能生成。";
}

bool tts_notice_is(const tts_options *o, const char *kind) { return !strcmp(tts_notices[o->notice], kind); }

static ink_status tts_notice(tts_work *w, ink_err *err)
{
    const char *says = tts_notice_words(w);
    if (tts_notice_is(w->o, "morse")) {
        if (!ink_sound_notice(ink_voice_describe(w->voice)->rate, tts_sound, w))
            return ink_fail(err, INK_E_STOPPED, "stopped before the first sentence");
        w->said.samples = w->samples; /* times count from the tones on */
    }
    if (tts_notice_is(w->o, "voice")) {
        INK_TRY(ink_sayer_say(w->sayer, says, strlen(says), err));
        ink_sayer_pause(w->sayer, 1);
    }
    return INK_OK;
}

ink_status tts_begin(tts_work *w, const char *path, ink_err *err)
{
    const ink_sound_about about = { .comment = INK_SOUND_GENERATED, .watermark = w->o->watermark };
    const ink_say_options say = { .phonemizer = w->phonemizer, .symbols = w->symbols, .how = tts_utterance(w, w->voice), .sentence = w->o->sentence_silence,
                                  .paragraph = w->o->paragraph_silence, .warn = tts_warn, .user = w };
    w->err = err;
    w->samples = 0;
    ink_said_clear(&w->said);
    INK_TRY(ink_sound_create(path, ink_voice_describe(w->voice)->rate, &about, &w->sound, err));
    if (w->o->ids.at)
        return INK_OK;
    INK_TRY(ink_sayer_open(w->speaker, &say, tts_sound, w, &w->said, &w->sayer, err));
    return tts_notice(w, err);
}

ink_status tts_say(tts_work *w, const char *text, size_t n, ink_err *err)
{
    return ink_ssml_is(text, n) ? ink_sayer_ssml(w->sayer, text, n, err) : ink_sayer_say(w->sayer, text, n, err);
}

/* What was begun appears, or nothing does. */
ink_status tts_end(tts_work *w, const char *path, ink_status status, ink_err *err)
{
    ink_sayer_close(w->sayer);
    w->sayer = NULL;
    if (w->written != INK_OK)
        status = w->written;
    else if (status == INK_OK && !w->o->ids.at && !w->said.sentences)
        status = ink_fail(err, INK_E_ARGUMENT, "there is nothing to say: the text has no words");
    if (status == INK_OK)
        status = ink_sound_finish(w->sound, err);
    else
        ink_sound_drop(w->sound);
    w->sound = NULL;
    if (status == INK_OK && w->o->json)
        tts_json(w, path);
    return status;
}

/* path may be NULL: not wanted. */
static ink_status tts_subtitles(const tts_work *w, const char *path, const ink_said_part *parts, size_t count, ink_err *err)
{
    char *text;
    if (!path)
        return INK_OK;
    INK_TRY(ink_said_srt(parts, count, ink_voice_describe(w->voice)->rate, &text, err));
    ink_status status = ink_file_write(path, text, strlen(text), err);
    free(text);
    return status;
}

/* All of it into one sound. */
static ink_status tts_whole(tts_work *w, const char *path, ink_err *err)
{
    ink_utterance u = tts_utterance(w, w->voice);
    ink_status status = tts_begin(w, path, err);
    if (status == INK_OK && w->o->ids.at)
        status = ink_speak(w->speaker, &u, tts_sound, w, &w->speech, err);
    else if (status == INK_OK && w->o->text)
        status = tts_say(w, w->o->text, strlen(w->o->text), err);
    else if (status == INK_OK)
        status = tts_lines(w, err);
    INK_TRY(tts_end(w, path, status, err));
    INK_TRY(tts_subtitles(w, w->o->srt, w->said.sentence_list, w->said.sentences, err));
    return tts_subtitles(w, w->o->srt_words, w->said.words, w->said.word_count, err);
}

/* ---- the command ---- */

static ink_status tts_work_run(tts_work *w, ink_err *err)
{
    INK_TRY(tts_check(w->o, err));
    INK_TRY(tts_noise(w, err));
    INK_TRY(tts_open(w, err));
    INK_TRY(ink_voice_speaker(w->voice, w->o->speaker, &w->speaker_id, err));
    if (w->o->book)
        return tts_book(w, err);
    if (w->o->folder || w->o->json_input)
        return tts_each(w, err);
    return tts_whole(w, w->o->raw ? "-" : w->o->out, err);
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
    .about = "Sound is computed and written in pieces, and lines of standard input are said as they come. A text that begins with <speak> is SSML. "
             "In the text, [[phonemes]] are taken as they stand, and [ZH]…[ZH] [EN]…[EN] [JA]…[JA] are read in that language. "
             "Files say in their metadata that they were generated. --json also gives the times of sentences and words.",
    .examples = { { "tts -m joe \"Hello, how are you?\" -o hello.wav", "say it" }, { "tts -m joe -f book.txt -o book.flac", "read a file aloud" },
                  { "tts -m joe -o - | aplay -r 22050 -f S16_LE", "say what is typed, line by line" },
                  { "tts -m joe \"One. Two.\" -o x.wav --srt x.srt --speed 1.2", "with subtitles, a little faster" },
                  { "tts -m joe --book book.epub --out book", "an audiobook" },
                  { "tts -m joe --ids 1,0,20,0,2 -o out.wav", "say the sounds of these symbols" } },
    .computes = true,
    .run = tts_run,
};
