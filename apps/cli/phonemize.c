/* inkstone phonemize: text to the phonemes that a voice reads. */
#include "cli.h"

#include <ink/file.h>
#include <ink/phonemes.h>
#include <ink/store.h>
#include <ink/voice.h>
#include <stdlib.h>
#include <string.h>

typedef struct phonemize_options {
    const char *lang, *model, *file, *lexicon;
    int phonemizer, style, sandhi;
    bool raw, ids, json;
} phonemize_options;

static const char *const phonemize_kinds[] = { "own", "espeak", NULL };
static const char *const phonemize_styles[] = { "voice", "ipa", "pinyin", "bopomofo", "bopomofo-ipa", "text", NULL };
static const char *const phonemize_sandhi[] = { "voice", "on", "off", NULL };

static const ink_param phonemize_params[] = {
    { .name = "lang", .flag = 'l', .type = INK_PARAM_TEXT, .at = offsetof(phonemize_options, lang), .value = "LANG", .shown = "the voice's, else en",
      .help = "en, zh or ja; with espeak any of its voices" },
    { .name = "model", .flag = 'm', .type = INK_PARAM_MODEL, .at = offsetof(phonemize_options, model), .value = "VOICE",
      .help = "a voice, or its settings alone (piper's .onnx.json, VITS's config.json): its way of writing and its symbols" },
    { .name = "phonemizer", .type = INK_PARAM_CHOICE, .at = offsetof(phonemize_options, phonemizer), .choices = phonemize_kinds, .shown = "own",
      .help = "who turns letters into sounds; espeak-ng is used where it is installed" },
    { .name = "style", .type = INK_PARAM_CHOICE, .at = offsetof(phonemize_options, style), .choices = phonemize_styles, .shown = "the voice's, else ipa, pinyin for zh",
      .help = "how phonemes are written" },
    { .name = "sandhi", .type = INK_PARAM_CHOICE, .at = offsetof(phonemize_options, sandhi), .choices = phonemize_sandhi, .shown = "as the voice was taught",
      .help = "whether Chinese tones change beside each other" },
    { .name = "lexicon", .type = INK_PARAM_PATH, .at = offsetof(phonemize_options, lexicon), .help = "lines of WORD, tab, PHONEMES that go before all else" },
    { .name = "raw", .type = INK_PARAM_BOOL, .at = offsetof(phonemize_options, raw), .help = "the text is spoken form already: numbers are not made into words" },
    { .name = "ids", .type = INK_PARAM_BOOL, .at = offsetof(phonemize_options, ids), .help = "print the voice's ids instead; needs -m" },
    { .name = "file", .flag = 'f', .type = INK_PARAM_PATH, .at = offsetof(phonemize_options, file), .text = "-", .help = "the text, - for standard input" },
    CLI_JSON(phonemize_options),
    { 0 },
};

static void phonemize_json(const ink_phonemes *p, const ink_ids *ids)
{
    ink_jot j = cli_jot();
    ink_jot_object(&j, NULL);
    ink_jot_array(&j, "words");
    for (size_t i = 0; i < p->count; i++) {
        const ink_word *w = &p->words[i];
        ink_jot_object(&j, NULL);
        ink_jot_text(&j, "text", w->text);
        ink_jot_text(&j, "phonemes", w->phonemes);
        ink_jot_integer(&j, "at", (int64_t)w->at);
        ink_jot_integer(&j, "size", (int64_t)w->size);
        ink_jot_bool(&j, "mark", w->mark);
        ink_jot_end(&j);
    }
    ink_jot_end(&j);
    ink_jot_array(&j, "ids");
    for (size_t i = 0; i < ids->count; i++)
        ink_jot_integer(&j, NULL, ids->at[i]);
    ink_jot_end(&j);
    ink_jot_array(&j, "warnings");
    for (size_t i = 0; i < p->warning_count; i++)
        ink_jot_text(&j, NULL, p->warnings[i]);
    cli_jot_finish(&j);
}

static ink_status phonemize_text(const ink_phonemes *p, ink_err *err)
{
    char *line;
    INK_TRY(ink_phonemes_text(p, &line, err));
    puts(line);
    free(line);
    return INK_OK;
}

static ink_status phonemize_print(const phonemize_options *o, const ink_phonemes *p, const ink_ids *ids, ink_err *err)
{
    if (o->json)
        phonemize_json(p, ids);
    else if (!o->ids)
        return phonemize_text(p, err);
    else {
        for (size_t i = 0; i < ids->count; i++)
            printf(i ? " %d" : "%d", ids->at[i]);
        putchar('\n');
    }
    return INK_OK;
}

static ink_status phonemize_line(const phonemize_options *o, const ink_phonemizer *z, const ink_symbols *s, const char *line, size_t n, ink_err *err)
{
    ink_phonemes p = { 0 };
    ink_ids ids = { 0 };
    INK_TRY(ink_phonemize(z, line, n, &p, err));
    ink_status status = s ? ink_symbols_ids(s, &p, &ids, NULL, err) : INK_OK;
    if (!status)
        status = phonemize_print(o, &p, &ids, err);
    for (size_t i = 0; i < p.warning_count && !o->json; i++)
        cli_note("%s", p.warnings[i]);
    if (p.warnings_left && !o->json)
        cli_note("and %zu more of such remarks", p.warnings_left);
    ink_ids_clear(&ids);
    ink_phonemes_clear(&p);
    return status;
}

static ink_status phonemize_lines(const phonemize_options *o, const ink_phonemizer *z, const ink_symbols *s, ink_err *err)
{
    char *text;
    size_t n;
    INK_TRY(ink_file_text(o->file, 0, &text, &n, err));
    ink_status status = INK_OK;
    for (size_t at = 0; at < n && !status;) {
        const char *stop = memchr(text + at, '\n', n - at);
        const size_t size = stop ? (size_t)(stop - text) - at : n - at;
        status = phonemize_line(o, z, s, text + at, size, err);
        at += size + 1;
    }
    free(text);
    return status ? status : cli_flush(err);
}

static ink_status phonemize_settings(const char *path, ink_symbols **out, ink_err *err)
{
    char *json;
    size_t n;
    INK_TRY(ink_file_text(path, (size_t)64 << 20, &json, &n, err));
    ink_status status = ink_symbols_make(json, n, path, out, err);
    free(json);
    return status;
}

static ink_status phonemize_voice(const char *name, ink_symbols **out, ink_err *err)
{
    const size_t n = strlen(name);
    char *path;
    ink_voice *v;
    if (n > 5 && !strcmp(name + n - 5, ".json"))
        return phonemize_settings(name, out, err);
    INK_TRY(ink_store_resolve(name, &path, err));
    ink_status status = ink_voice_open(path, &v, err);
    free(path);
    INK_TRY(status);
    const ink_voice_info *i = ink_voice_describe(v);
    status = i->settings ? ink_symbols_make(i->settings, i->settings_size, name, out, err)
                         : ink_fail(err, INK_E_NOT_FOUND, "%s has no settings beside it that name its symbols", name);
    ink_voice_close(v);
    return status;
}

static ink_status phonemize_run(const void *options, ink_err *err)
{
    const phonemize_options *o = options;
    ink_symbols *s = NULL;
    ink_phonemizer *z = NULL;
    if (o->ids && !o->model)
        return ink_fail(err, INK_E_ARGUMENT, "--ids needs a voice whose ids they are: -m VOICE");
    if (o->model)
        INK_TRY(phonemize_voice(o->model, &s, err));
    const ink_phoneme_options how = { .lang = o->lang, .phonemizer = phonemize_kinds[o->phonemizer], .style = o->style ? phonemize_styles[o->style] : NULL,
                                      .lexicon = o->lexicon, .symbols = s, .sandhi = o->sandhi == 1 ? 1 : o->sandhi == 2 ? -1 : 0, .raw = o->raw };
    ink_status status = ink_phonemizer_open(&how, &z, err);
    if (!status)
        status = phonemize_lines(o, z, s, err);
    ink_phonemizer_close(z);
    ink_symbols_free(s);
    return status;
}

const cli_command cli_phonemize = {
    .params = phonemize_params,
    .size = sizeof(phonemize_options),
    .about = "Reads a text and writes how it is said: numbers become words, words become phonemes. A line in, a line out. [[phonemes]] in the text are taken "
             "as they stand; [ZH]…[ZH], [EN]…[EN] and [JA]…[JA] mark other languages. What cannot be spoken is named on standard error.",
    .examples = { { "phonemize < letter.txt", "English, as piper's voices read it" },
                  { "phonemize --lang zh < letter.txt", "Chinese, in pinyin" },
                  { "phonemize -m en_US-joe-medium.onnx --ids < letter.txt", "a voice's ids" } },
    .run = phonemize_run,
};
