/* inkstone normalize: numbers and signs as words. */
#include "cli.h"

#include <ink/file.h>
#include <ink/phonemes.h>
#include <stdlib.h>

typedef struct normalize_options {
    const char *lang, *file;
} normalize_options;

static const ink_param normalize_params[] = {
    { .name = "lang", .flag = 'l', .type = INK_PARAM_TEXT, .at = offsetof(normalize_options, lang), .text = "en", .value = "LANG", .help = "en, zh or ja" },
    { .name = "file", .flag = 'f', .type = INK_PARAM_PATH, .at = offsetof(normalize_options, file), .text = "-", .help = "the text, - for standard input" },
    { 0 },
};

static ink_status normalize_run(const void *options, ink_err *err)
{
    const normalize_options *o = options;
    ink_spoken spoken = { 0 };
    char *text;
    size_t n;
    INK_TRY(ink_file_text(o->file, 0, &text, &n, err));
    ink_status status = ink_spoken_make(o->lang, text, n, &spoken, err);
    free(text);
    INK_TRY(status);
    fwrite(spoken.text, 1, spoken.size, stdout);
    if (spoken.size && spoken.text[spoken.size - 1] != '\n')
        putchar('\n');
    ink_spoken_clear(&spoken);
    return cli_flush(err);
}

const cli_command cli_normalize = {
    .params = normalize_params,
    .size = sizeof(normalize_options),
    .about = "Reads a text and writes it as it is spoken: numbers, dates, times, money, units, telephone numbers and abbreviations become words, all else "
             "stays. A line in, a line out.",
    .examples = { { "normalize < letter.txt", "English" }, { "normalize --lang zh < letter.txt", "Chinese" } },
    .run = normalize_run,
};
