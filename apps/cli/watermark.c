/* inkstone watermark FILE --key KEY: whether sound carries the mark that tts --watermark KEY gives it. */
#include "cli.h"

#include <ink/sound.h>
#include <ink/watermark.h>
#include <stdlib.h>

typedef struct watermark_options {
    const char *file, *key;
    bool json;
} watermark_options;

static const ink_param watermark_params[] = {
    { .name = "file", .type = INK_PARAM_PATH, .bits = INK_PARAM_POSITIONAL | INK_PARAM_REQUIRED, .at = offsetof(watermark_options, file), .value = "FILE", .help = "sound: .wav, .flac, .ogg, .opus, .mp3" },
    { .name = "key", .flag = 'k', .type = INK_PARAM_TEXT, .bits = INK_PARAM_REQUIRED, .at = offsetof(watermark_options, key), .value = "KEY", .help = "what the mark was made with" },
    CLI_JSON(watermark_options),
    { 0 },
};

static ink_status watermark_run(const void *options, ink_err *err)
{
    const watermark_options *o = options;
    float *samples = NULL;
    size_t count = 0, rate = 0;
    double score = 0;
    INK_TRY(ink_sound_read(o->file, &samples, &count, &rate, err));
    ink_status status = ink_watermark_find(samples, count, rate, o->key, &score, err);
    free(samples);
    INK_TRY(status);
    const bool found = score >= INK_WATERMARK_SURE;
    if (!o->json)
        printf("%s: %s (score %.1f, %d is certain)\n", o->file, found ? "carries the mark" : "no mark of this key was found", score, INK_WATERMARK_SURE);
    else {
        ink_jot j = cli_jot();
        ink_jot_object(&j, NULL);
        ink_jot_bool(&j, "found", found);
        ink_jot_number(&j, "score", score);
        cli_jot_finish(&j);
    }
    return INK_OK;
}

const cli_command cli_watermark = {
    .params = watermark_params,
    .size = sizeof(watermark_options),
    .about = "The mark is noise of the key's own, 34 dB below the sound around it; it outlives lossy formats and other sample rates, and a cut. Four seconds of speech are enough.",
    .examples = { { "watermark answer.mp3 --key mine", "was this made with tts --watermark mine?" } },
    .run = watermark_run,
};
