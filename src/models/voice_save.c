/* A voice as one GGUF: tensors by their original names, and the settings as one text, with what only the old file knew. */
#include "models/voice.h"

#include "formats/write.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAVE_PIECE = 1 << 20 };

typedef struct saving {
    const ink_weights *file;
    ink_arena *arena;
    ink_write_tensor *list;
    const ink_tensor **from; /* [count] */
    ink_name_change *changes;
    size_t count;
} saving;

bool ink_voice_is(const ink_weights *w)
{
    ink_name_change change;
    return ink_names_find(vits_rules_of(w), w, "text_encoder.embed_tokens.weight", &change, NULL) != NULL;
}

/* The end of a name in the way of weight normalisation that fits a GGUF's 64 bytes. */
static void save_shorten(char *name)
{
    static const char *const ends[][2] = { { ".parametrizations.weight.original0", ".weight_g" }, { ".parametrizations.weight.original1", ".weight_v" } };
    const size_t n = strlen(name);
    for (size_t i = 0; i < 2; i++) {
        const size_t tail = strlen(ends[i][0]);
        if (n > tail && !strcmp(name + n - tail, ends[i][0]))
            memcpy(name + n - tail, ends[i][1], strlen(ends[i][1]) + 1);
    }
}

static const char *const save_parts[] = { "text_encoder.", "duration_predictor.", "flow.", "decoder.", "posterior_encoder.", "embed_speaker." };
enum { SAVE_PARTS = sizeof save_parts / sizeof *save_parts };

/* Which part a tensor belongs to, by Hugging Face's name; SAVE_PARTS: to none. */
static size_t save_part(const char *name)
{
    size_t i = 0;
    while (i < SAVE_PARTS && strncmp(name, save_parts[i], strlen(save_parts[i])))
        i++;
    return i;
}

bool ink_voice_part_at(const ink_voice *v, size_t i, ink_voice_part *out)
{
    static const char *const names[SAVE_PARTS] = { "text_encoder", "duration_predictor", "flow", "decoder", "posterior_encoder", "embed_speaker" };
    if (i >= SAVE_PARTS)
        return false;
    *out = (ink_voice_part){ .name = names[i] };
    for (size_t t = 0; t < ink_weights_count(v->weights); t++) {
        char name[INK_NAMES_LONGEST];
        const ink_tensor *tensor = ink_weights_at(v->weights, t);
        ink_names_general(vits_rules_of(v->weights), ink_weights_format(v->weights), tensor->name, name);
        if (save_part(name) == i) {
            out->tensors++;
            out->values += tensor->count;
        }
    }
    return true;
}

static ink_status save_tensor(saving *s, const ink_tensor *t, ink_err *err)
{
    char name[INK_NAMES_LONGEST], own[INK_NAMES_LONGEST];
    const ink_name_change change = ink_names_general(vits_rules_of(s->file), ink_weights_format(s->file), t->name, name);
    if (save_part(name) == SAVE_PARTS)
        return INK_OK; /* constants of an ONNX graph, a discriminator */
    save_shorten(name);
    ink_names_foreign(vits_rules, "gguf", name, 0, own);
    const char *kept = ink_arena_text(s->arena, own, strlen(own));
    if (!kept)
        return ink_arena_refused(s->arena, strlen(own), err);
    s->from[s->count] = t;
    s->changes[s->count] = change;
    s->list[s->count] = (ink_write_tensor){ .name = kept, .type = t->type, .ndim = t->ndim, .bytes = t->bytes };
    memcpy(s->list[s->count++].dims, t->dims, sizeof t->dims);
    return INK_OK;
}

static ink_status save_feed(void *user, size_t which, ink_write_sink *to, ink_err *err)
{
    const saving *s = user;
    const ink_tensor *t = s->from[which];
    if (s->changes[which] == INK_NAME_SAME) {
        for (size_t at = 0, n; at < t->bytes; at += n) {
            n = t->bytes - at < SAVE_PIECE ? t->bytes - at : SAVE_PIECE;
            INK_TRY(ink_write_more(to, t->data + at, n, err));
        }
        ink_weights_release(s->file, t);
        return INK_OK;
    }
    for (size_t i = 0; i < t->count; i++) { /* INK_NAME_MINUS_LOG of an ONNX: two numbers */
        float v;
        memcpy(&v, t->data + i * sizeof v, sizeof v);
        v = (float)-log((double)v);
        INK_TRY(ink_write_more(to, &v, sizeof v, err));
    }
    return INK_OK;
}

/* ---- settings ---- */

static ink_json *save_list(const size_t *list, size_t count)
{
    ink_json *a = ink_json_new_array();
    for (size_t i = 0; i < count; i++)
        ink_json_append(a, ink_json_new_integer((int64_t)list[i]));
    return a;
}

/* What stood in the nodes of a graph, in Hugging Face's words. */
static void save_shapes(const vits_config *c, ink_json *root)
{
    ink_json *dilations = ink_json_new_array();
    for (size_t i = 0; i < c->blocks; i++)
        ink_json_append(dilations, save_list(c->block[i].dilations, c->block[i].convs));
    ink_json_set(root, "upsample_rates", save_list(c->rates, c->stages));
    ink_json_set(root, "resblock_dilation_sizes", dilations);
    ink_json_set(root, "wavenet_dilation_rate", ink_json_new_integer((int64_t)c->flow_dilation));
}

static ink_status save_settings(const ink_voice *v, ink_buf *out, ink_err *err)
{
    ink_json *root = NULL;
    ink_buf_init(out, 0);
    if (v->info.settings)
        INK_TRY(ink_json_parse(v->info.settings, v->info.settings_size, ink_weights_path(v->weights), &root, err));
    root = root ? root : ink_json_new_object();
    save_shapes(&v->config, root);
    ink_json_dump(root, 0, out);
    ink_json_free(root);
    return ink_buf_check(out, "the settings of a voice", err);
}

/* ---- the file ---- */

static ink_status save_gather(saving *s, const ink_voice *v, ink_err *err)
{
    const size_t most = ink_weights_count(v->weights);
    INK_TRY(ink_arena_new("the list of a voice's tensors", 0, &s->arena, err));
    s->list = ink_arena_array(s->arena, most, sizeof *s->list);
    s->from = ink_arena_array(s->arena, most, sizeof *s->from);
    s->changes = ink_arena_array(s->arena, most, sizeof *s->changes);
    if (!s->list || !s->from || !s->changes)
        return ink_arena_refused(s->arena, most * sizeof *s->list, err);
    for (size_t i = 0; i < most; i++)
        INK_TRY(save_tensor(s, ink_weights_at(v->weights, i), err));
    return INK_OK;
}

static ink_status save_write(saving *s, const ink_voice *v, const char *path, ink_err *err)
{
    ink_gguf_pairs pairs;
    ink_buf settings;
    INK_TRY(save_gather(s, v, err));
    ink_status status = save_settings(v, &settings, err);
    ink_gguf_pairs_init(&pairs);
    ink_gguf_text(&pairs, "general.architecture", "vits", 4);
    ink_gguf_count(&pairs, "vits.sample_rate", (uint32_t)v->info.rate);
    ink_gguf_count(&pairs, "vits.speaker_count", (uint32_t)(v->info.speakers ? v->info.speakers : 1));
    if (status == INK_OK) {
        ink_gguf_text(&pairs, INK_VOICE_SETTINGS, settings.data, settings.len);
        status = ink_gguf_write(path, &pairs, s->list, s->count, &(ink_write_feed){ save_feed, s }, err);
    }
    ink_gguf_pairs_clear(&pairs);
    ink_buf_clear(&settings);
    return status;
}

ink_status ink_voice_save(const ink_voice *v, const char *path, ink_err *err)
{
    saving s = { .file = v->weights };
    ink_status status = save_write(&s, v, path, err);
    ink_arena_free(s.arena);
    return status;
}
