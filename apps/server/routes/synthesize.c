/* POST /synthesize: a text as WAV, as piper's server answers it. */
#include "server/speech.h"

#include <string.h>

typedef struct synthesize_fields {
    const char *text, *voice, *speaker;
    int64_t speaker_id, seed;
    double length_scale, noise_scale, noise_w_scale, sentence_silence;
} synthesize_fields;

static const ink_param synthesize_params[] = {
    { .name = "text", .type = INK_PARAM_TEXT, .at = offsetof(synthesize_fields, text), .help = "what to say" },
    { .name = "voice", .type = INK_PARAM_TEXT, .at = offsetof(synthesize_fields, voice), .help = "a voice that was pulled" },
    { .name = "speaker", .type = INK_PARAM_TEXT, .at = offsetof(synthesize_fields, speaker), .help = "by name, where the voice has several" },
    { .name = "speaker_id", .type = INK_PARAM_INT, .at = offsetof(synthesize_fields, speaker_id), .min = 0, .max = 1e6, .def = -1, .help = "or by number" },
    { .name = "length_scale", .type = INK_PARAM_REAL, .at = offsetof(synthesize_fields, length_scale), .min = 0.01, .max = 100, .def = -1, .shown = "the voice's", .help = "longer is slower" },
    { .name = "noise_scale", .type = INK_PARAM_REAL, .at = offsetof(synthesize_fields, noise_scale), .min = 0, .max = 10, .def = -1, .shown = "the voice's", .help = "how much the sound varies" },
    { .name = "noise_w_scale", .type = INK_PARAM_REAL, .at = offsetof(synthesize_fields, noise_w_scale), .min = 0, .max = 10, .def = -1, .shown = "the voice's", .help = "how much the durations vary" },
    { .name = "sentence_silence", .type = INK_PARAM_REAL, .at = offsetof(synthesize_fields, sentence_silence), .min = 0, .max = 60, .def = 0.25, .help = "seconds between sentences" },
    { .name = "seed", .type = INK_PARAM_INT, .at = offsetof(synthesize_fields, seed), .min = 0, .max = 9e15, .def = 0, .help = "the same seed gives the same sound" },
    { 0 },
};

static ink_status synthesize_run(srv_call *c, ink_err *err)
{
    const synthesize_fields *f = c->params;
    char number[24];
    if (!f->text || !f->text[strspn(f->text, " \t\r\n")])
        return ink_fail(err, INK_E_ARGUMENT, "text is what to say, and it is empty");
    snprintf(number, sizeof number, "%lld", (long long)f->speaker_id);
    const srv_speech s = { .voice = f->voice, .speaker = f->speaker ? f->speaker : f->speaker_id >= 0 ? number : NULL, .text = f->text, .size = strlen(f->text), .speed = 1,
                           .length_scale = f->length_scale, .noise_scale = f->noise_scale, .noise_w = f->noise_w_scale, .sentence_silence = f->sentence_silence, .seed = f->seed };
    return srv_speak_file(c, &s, "wav", err);
}

extern const srv_route srv_route_synthesize;
const srv_route srv_route_synthesize = {
    .method = "POST", .paths = (const char *const[]){ "/synthesize", NULL }, .params = synthesize_params, .size = sizeof(synthesize_fields), .about = "A text as WAV (piper).", .run = synthesize_run,
};
