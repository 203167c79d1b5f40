/* Opening a voice: its weights, the settings beside them, and what both say of it. */
#include "models/voice.h"

#include "base/file.h"
#include "base/path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VOICE_SETTINGS = 16 << 20 }; /* bytes of the settings' file */

/* VOICE.json, or in the same folder what trainers write there. */
static bool voice_settings(const ink_voice *v, const char *path, ink_path *out)
{
    static const char *const names[] = { "config.json", "finetune_speaker.json", "modified_finetune_speaker.json", "moegoe_config.json" };
    const char *slash = strrchr(path, '/'), *folder = ink_weights_folder(v->weights);
    if (ink_path_format(out, NULL, "%s.json", path) == INK_OK && ink_file_kind(out->text) == 'f')
        return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        ink_status status = folder ? ink_path_format(out, NULL, "%s/%s", folder, names[i]) : ink_path_format(out, NULL, "%.*s%s", slash ? (int)(slash - path + 1) : 0, path, names[i]);
        if (status == INK_OK && ink_file_kind(out->text) == 'f')
            return true;
    }
    return false;
}

/* Hugging Face keeps symbols in files of their own: these become entries of the settings, which then are one text. */
static ink_status voice_add_files(ink_voice *v, ink_err *err)
{
    static const char *const files[][2] = { { "vocab", "vocab.json" }, { "tokenizer", "tokenizer_config.json" } };
    const char *folder = ink_weights_folder(v->weights);
    bool any = false;
    for (size_t i = 0; folder && !strcmp(ink_weights_format(v->weights), "safetensors") && i < sizeof files / sizeof *files; i++) {
        ink_path path;
        ink_json *inside;
        if (ink_path_format(&path, NULL, "%s/%s", folder, files[i][1]) != INK_OK || ink_file_kind(path.text) != 'f')
            continue;
        INK_TRY(ink_json_read(path.text, VOICE_SETTINGS, &inside, err));
        ink_json_set(v->json, files[i][0], inside);
        any = true;
    }
    if (!any)
        return INK_OK;
    ink_buf_clear(&v->text);
    ink_buf_init(&v->text, 0);
    ink_json_dump(v->json, 0, &v->text);
    return ink_buf_check(&v->text, "the settings of a voice", err);
}

/* The settings inside of a GGUF, else those beside the weights. */
static ink_status voice_read_settings(ink_voice *v, const char *path, ink_err *err)
{
    ink_path settings = { .text = INK_VOICE_SETTINGS };
    const ink_meta *inside = ink_weights_meta(v->weights, INK_VOICE_SETTINGS);
    ink_buf_init(&v->text, VOICE_SETTINGS);
    if (inside && inside->type == INK_META_TEXT)
        ink_buf_add(&v->text, inside->text.data, inside->text.size);
    else if (voice_settings(v, path, &settings))
        INK_TRY(ink_file_read(settings.text, VOICE_SETTINGS, &v->text, err));
    else
        return INK_OK;
    INK_TRY(ink_buf_check(&v->text, "the settings of a voice", err));
    INK_TRY(ink_json_parse(v->text.data, v->text.len, settings.text, &v->json, err));
    INK_TRY(voice_add_files(v, err));
    v->info.settings = v->text.data;
    v->info.settings_size = v->text.len;
    return INK_OK;
}

/* The first of some places that holds a number. */
static double voice_number(const ink_json *json, double otherwise, const char *const places[][2], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const ink_json *v = places[i][0] ? ink_json_get(ink_json_get(json, places[i][0]), places[i][1]) : ink_json_get(json, places[i][1]);
        if (ink_json_kind(v) == INK_JSON_INTEGER || ink_json_kind(v) == INK_JSON_REAL)
            return ink_json_number(v, otherwise);
    }
    return otherwise;
}

static ink_status voice_fill(ink_voice *v, ink_err *err)
{
    static const char *const rate[][2] = { { "audio", "sample_rate" }, { "data", "sampling_rate" }, { NULL, "sampling_rate" } };
    static const char *const noise[][2] = { { "inference", "noise_scale" }, { "model_args", "inference_noise_scale" }, { NULL, "noise_scale" } };
    static const char *const length[][2] = { { "inference", "length_scale" }, { "model_args", "length_scale" } }, *const speed[][2] = { { NULL, "speaking_rate" } };
    static const char *const noise_w[][2] = { { "inference", "noise_w" }, { "model_args", "inference_noise_scale_dp" }, { NULL, "noise_scale_duration" } };
    ink_voice_info *i = &v->info;
    INK_TRY(vits_configure(v->weights, v->json, &v->config, err));
    const double hz = voice_number(v->json, 22050, rate, 3);
    if (!(hz >= 1000 && hz <= 192000))
        return ink_fail(err, INK_E_FORMAT, "%s: its sample rate is %g; 1000 to 192000 are possible", ink_weights_path(v->weights), hz);
    i->rate = (size_t)hz;
    i->hop = v->config.hop;
    i->symbols = v->config.symbols;
    i->speakers = v->config.speakers;
    i->stochastic = v->config.stochastic;
    i->pairs = v->config.pairs;
    i->width = v->config.width;
    i->layers = v->config.layers;
    i->heads = v->config.heads;
    i->flows = v->config.flows;
    i->decoder_width = v->config.decoder_width;
    i->stages = v->config.stages;
    i->noise_scale = voice_number(v->json, 0.667, noise, 3);
    i->length_scale = voice_number(v->json, 1 / voice_number(v->json, 1, speed, 1), length, 2);
    i->noise_w = voice_number(v->json, 0.8, noise_w, 3);
    return INK_OK;
}

ink_status ink_voice_open(const char *path, ink_voice **out, ink_err *err)
{
    ink_voice *v = calloc(1, sizeof *v);
    if (!v)
        return ink_fail(err, INK_E_MEMORY, "no memory to open %s", path);
    ink_status status = ink_weights_open(path, &v->weights, err);
    if (status == INK_OK)
        status = voice_read_settings(v, path, err);
    if (status == INK_OK)
        status = voice_fill(v, err);
    if (status != INK_OK) {
        ink_voice_close(v);
        return status;
    }
    *out = v;
    return INK_OK;
}

void ink_voice_close(ink_voice *v)
{
    if (!v)
        return;
    ink_json_free(v->json);
    ink_buf_clear(&v->text);
    ink_weights_close(v->weights);
    free(v);
}

const ink_voice_info *ink_voice_describe(const ink_voice *v) { return &v->info; }
const ink_weights *ink_voice_weights(const ink_voice *v) { return v->weights; }

/* ---- speakers by name ---- */

/* { name: id } of piper and of VITS-fast-fine-tuning, or a list of names. */
static const ink_json *voice_speakers(const ink_voice *v)
{
    const ink_json *map = ink_json_get(v->json, "speaker_id_map");
    return ink_json_size(map) ? map : ink_json_get(v->json, "speakers");
}

static int64_t voice_named(const ink_json *speakers, const char *name)
{
    if (ink_json_kind(speakers) == INK_JSON_OBJECT)
        return ink_json_integer(ink_json_get(speakers, name), -1);
    for (size_t i = 0; i < ink_json_size(speakers); i++)
        if (!strcmp(ink_json_string(ink_json_at(speakers, i), ""), name))
            return (int64_t)i;
    return -1;
}

const char *ink_voice_speaker_name(const ink_voice *v, size_t id)
{
    const ink_json *speakers = voice_speakers(v), *value;
    const char *name;
    for (void *it = NULL; ink_json_kind(speakers) == INK_JSON_OBJECT && (it = ink_json_next(speakers, it, &name, &value));)
        if (ink_json_integer(value, -1) == (int64_t)id)
            return name;
    return ink_json_kind(speakers) == INK_JSON_ARRAY ? ink_json_string(ink_json_at(speakers, id), NULL) : NULL;
}

ink_status ink_voice_speaker(const ink_voice *v, const char *name, int32_t *id, ink_err *err)
{
    const size_t most = v->info.speakers ? v->info.speakers : 1;
    char *end;
    int64_t n = voice_named(voice_speakers(v), name);
    if (n < 0) {
        n = strtol(name, &end, 10);
        if (end == name || *end)
            n = -1;
    }
    if (n < 0 || (size_t)n >= most)
        return ink_fail(err, INK_E_ARGUMENT, "%s has no speaker \"%.60s\"; it has %zu, numbered from 0", ink_weights_path(v->weights), name, most);
    *id = (int32_t)n;
    return INK_OK;
}
