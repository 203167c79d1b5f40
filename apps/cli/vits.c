/* inkstone vits info FILE: what a voice's file holds. */
#include "cli.h"

#include <ink/phonemes.h>
#include <ink/store.h>
#include <ink/voice.h>
#include <stdlib.h>
#include <string.h>

typedef struct vits_options {
    const char *what, *model;
    bool json;
} vits_options;

static const ink_param vits_params[] = {
    { .name = "what", .type = INK_PARAM_TEXT, .bits = INK_PARAM_POSITIONAL | INK_PARAM_REQUIRED, .at = offsetof(vits_options, what), .value = "info", .help = "info: print what the file holds" },
    { .name = "file", .type = INK_PARAM_MODEL, .bits = INK_PARAM_POSITIONAL | INK_PARAM_REQUIRED, .at = offsetof(vits_options, model), .value = "FILE",
      .help = "a voice: catalogue name, file (.onnx, .pth, .gguf) or folder" },
    CLI_JSON(vits_options),
    { 0 },
};

enum { VITS_NAMES = 12 }; /* speakers that are named for a person */

static void vits_json(const ink_voice *v, const ink_symbols *s)
{
    const ink_voice_info *i = ink_voice_describe(v);
    const ink_weights *w = ink_voice_weights(v);
    ink_voice_part part;
    ink_jot j = cli_jot();
    ink_jot_object(&j, NULL);
    ink_jot_text(&j, "path", ink_weights_path(w));
    ink_jot_text(&j, "format", ink_weights_format(w));
    ink_jot_integer(&j, "bytes", (int64_t)ink_weights_bytes(w));
    ink_jot_integer(&j, "sample_rate", (int64_t)i->rate);
    ink_jot_integer(&j, "hop", (int64_t)i->hop);
    ink_jot_integer(&j, "symbols", (int64_t)i->symbols);
    ink_jot_text(&j, "language", s ? ink_symbols_lang(s) : NULL);
    ink_jot_text(&j, "style", s ? ink_symbols_style(s) : NULL);
    ink_jot_text(&j, "durations", i->stochastic ? "drawn" : "plain");
    ink_jot_integer(&j, "residual_blocks", i->pairs ? 1 : 2);
    ink_jot_number(&j, "noise_scale", i->noise_scale);
    ink_jot_number(&j, "noise_w", i->noise_w);
    ink_jot_number(&j, "length_scale", i->length_scale);
    ink_jot_array(&j, "speakers");
    for (size_t n = 0; n < i->speakers; n++)
        ink_jot_text(&j, NULL, ink_voice_speaker_name(v, n));
    ink_jot_end(&j);
    ink_jot_object(&j, "parts");
    for (size_t n = 0; ink_voice_part_at(v, n, &part); n++)
        ink_jot_integer(&j, part.name, (int64_t)part.values);
    ink_jot_end(&j);
    const ink_meta *step = ink_weights_meta(w, "iteration");
    step = step ? step : ink_weights_meta(w, "step");
    if (step && step->type == INK_META_INTEGER)
        ink_jot_integer(&j, "step", step->integer);
    cli_jot_finish(&j);
}

static void vits_text(const ink_voice *v, const ink_symbols *s)
{
    const ink_voice_info *i = ink_voice_describe(v);
    const ink_weights *w = ink_voice_weights(v);
    ink_voice_part part;
    char size[32];
    cli_size((double)ink_weights_bytes(w), size, sizeof size);
    printf("%s\n  file          %s, %s, %zu tensors\n", ink_weights_path(w), ink_weights_format(w), size, ink_weights_count(w));
    printf("  sound         %zu samples a second, %zu a frame\n", i->rate, i->hop);
    printf("  reads         %zu symbols%s%s%s%s\n", i->symbols, s ? ", language " : "; its settings are not beside it", s && *ink_symbols_lang(s) ? ink_symbols_lang(s) : s ? "not said" : "",
           s ? ", written as " : "", s ? ink_symbols_style(s) : "");
    printf("  durations     %s\n", i->stochastic ? "drawn, by a flow" : "plain");
    printf("  encoder       %zu layers of %zu, %zu heads; flow of %zu couplings\n", i->layers, i->width, i->heads, i->flows);
    printf("  decoder       %zu channels, %zu stages, residual blocks of type %d\n", i->decoder_width, i->stages, i->pairs ? 1 : 2);
    printf("  usual         noise %g, durations' noise %g, length %g\n", i->noise_scale, i->noise_w, i->length_scale);
    printf("  speakers      %zu", i->speakers ? i->speakers : 1);
    for (size_t n = 0; n < i->speakers && n < VITS_NAMES && ink_voice_speaker_name(v, n); n++)
        printf("%s%s", n ? ", " : ": ", ink_voice_speaker_name(v, n));
    puts(i->speakers > VITS_NAMES && ink_voice_speaker_name(v, 0) ? ", …" : "");
    for (size_t n = 0; ink_voice_part_at(v, n, &part); n++)
        if (part.tensors)
            printf("  %-19s %3zu tensors, %.2f million values\n", part.name, part.tensors, (double)part.values / 1e6);
}

static ink_status vits_run(const void *options, ink_err *err)
{
    const vits_options *o = options;
    char *path = NULL;
    ink_voice *v = NULL;
    ink_symbols *s = NULL;
    ink_err why;
    if (strcmp(o->what, "info"))
        return ink_fail(err, INK_E_ARGUMENT, "vits knows info, not \"%.40s\"", o->what);
    INK_TRY(ink_store_resolve(o->model, &path, err));
    ink_status status = ink_voice_open(path, &v, err);
    if (status == INK_OK) {
        const ink_voice_info *i = ink_voice_describe(v);
        if (i->settings && ink_symbols_make(i->settings, i->settings_size, path, &s, &why) != INK_OK)
            cli_note("%s", why.text);
        (o->json ? vits_json : vits_text)(v, s);
    }
    ink_symbols_free(s);
    ink_voice_close(v);
    free(path);
    return status;
}

const cli_command cli_vits = {
    .params = vits_params,
    .size = sizeof(vits_options),
    .about = "piper's .onnx, checkpoints of VITS and what grew from it, coqui's, Hugging Face folders, and GGUF (docs/voices.md).",
    .examples = { { "vits info joe", "sizes, symbols, speakers, parts" }, { "vits info G_latest.pth --json", "the same for a program" } },
    .run = vits_run,
};
