/* Reading numbers of a configuration, whichever file holds them. */
#include "models/config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CONFIG_KEY = 160 };

static const ink_json *config_path(const ink_json *v, const char *path, size_t n)
{
    while (v && n) {
        char key[CONFIG_KEY];
        size_t step = 0;
        while (step < n && path[step] != '.')
            step++;
        snprintf(key, sizeof key, "%.*s", (int)step, path);
        v = ink_json_get(v, key);
        path += step + (step < n);
        n -= step + (step < n);
    }
    return v && ink_json_kind(v) != INK_JSON_NULL && ink_json_kind(v) != INK_JSON_ABSENT ? v : NULL;
}

const ink_json *ink_settings_json(const ink_settings *s, const char *path)
{
    return s->json ? config_path(s->json, path, strlen(path)) : NULL;
}

static const ink_meta *config_meta(const ink_settings *s, const char *name, size_t n)
{
    char key[CONFIG_KEY];
    if (!strncmp(name, "tokenizer.", 10)) /* stands by itself */
        snprintf(key, sizeof key, "%.*s", (int)n, name);
    else
        snprintf(key, sizeof key, "%s.%.*s", s->architecture, (int)n, name);
    return ink_weights_meta(s->weights, key);
}

/* A number of metadata. An array stands for one number when all of it is that number. */
static ink_status config_meta_number(const ink_settings *s, const ink_meta *m, const char *name, double *out, ink_err *err)
{
    if (m->type == INK_META_INTEGER || m->type == INK_META_REAL || m->type == INK_META_BOOL) {
        *out = m->type == INK_META_INTEGER ? (double)m->integer : m->type == INK_META_REAL ? m->real : m->boolean;
        return isnan(*out) ? ink_fail(err, INK_E_FORMAT, "%s: %s is not a number", ink_weights_path(s->weights), name) : INK_OK;
    }
    if (m->type != INK_META_ARRAY || !m->count || m->element == INK_META_TEXT || m->element == INK_META_ARRAY)
        return ink_fail(err, INK_E_FORMAT, "%s: %s is not a number", ink_weights_path(s->weights), name);
    *out = ink_meta_number_at(m, 0);
    for (size_t i = 1; i < m->count; i++)
        if (ink_meta_number_at(m, i) != *out)
            return ink_fail(err, INK_E_UNSUPPORTED, "%s: %s differs from layer to layer, which inkstone cannot do", ink_weights_path(s->weights), name);
    return INK_OK;
}

/* *out stays as it is when none of the names is there. */
static ink_status config_number(const ink_settings *s, const ink_setting *row, double *out, ink_err *err)
{
    for (const char *name = s->json ? row->hugging : row->file; name && *name;) {
        size_t n = strcspn(name, "|");
        if (s->json) {
            const ink_json *v = config_path(s->json, name, n);
            ink_json_type kind = ink_json_kind(v);
            if (v && kind != INK_JSON_INTEGER && kind != INK_JSON_REAL && kind != INK_JSON_TRUE && kind != INK_JSON_FALSE)
                return ink_fail(err, INK_E_FORMAT, "%s: %.*s in config.json is not a number", ink_weights_path(s->weights), (int)n, name);
            if (v) {
                *out = kind == INK_JSON_TRUE ? 1 : kind == INK_JSON_FALSE ? 0 : ink_json_number(v, 0);
                return INK_OK;
            }
        } else {
            const ink_meta *m = config_meta(s, name, n);
            if (m)
                return config_meta_number(s, m, name, out, err);
        }
        name += n + (name[n] == '|');
    }
    return INK_OK;
}

static void config_set(const ink_setting *row, double v, void *into)
{
    char *at = (char *)into + row->at;
    if (row->kind == INK_SETTING_COUNT)
        *(size_t *)(void *)at = (size_t)v;
    else if (row->kind == INK_SETTING_REAL)
        *(double *)(void *)at = v;
    else
        *(bool *)at = v != 0;
}

ink_status ink_settings_read(const ink_settings *s, const ink_setting *table, void *into, ink_err *err)
{
    for (const ink_setting *row = table; row->file || row->hugging; row++) {
        const char *name = (s->json && row->hugging) || !row->file ? row->hugging : row->file;
        const int first = (int)strcspn(name, "|"); /* of its names */
        double v = row->otherwise;
        INK_TRY(config_number(s, row, &v, err));
        if (isnan(v))
            return ink_fail(err, INK_E_FORMAT, "%s: the configuration lacks %.*s", ink_weights_path(s->weights), first, name);
        if (v != row->otherwise && !(v >= row->least && v <= row->most))
            return ink_fail(err, INK_E_FORMAT, "%s: %.*s is %.9g, outside %.9g to %.9g", ink_weights_path(s->weights), first, name, v, row->least, row->most);
        if (row->kind == INK_SETTING_COUNT && v != floor(v))
            return ink_fail(err, INK_E_FORMAT, "%s: %.*s is %.9g, not a whole number", ink_weights_path(s->weights), first, name, v);
        config_set(row, v, into);
    }
    return INK_OK;
}

const char *ink_settings_text(const ink_settings *s, const char *file, const char *hugging, char *room, size_t size)
{
    if (s->json)
        return ink_json_string(ink_settings_json(s, hugging), NULL);
    const ink_meta *m = config_meta(s, file, strlen(file));
    if (!m || m->type != INK_META_TEXT)
        return NULL;
    snprintf(room, size, "%.*s", (int)m->text.size, m->text.data);
    return room;
}

bool ink_config_says(const ink_weights *gguf, const char *key, const char *text)
{
    const ink_meta *m = ink_weights_meta(gguf, key);
    return m && m->type == INK_META_TEXT && m->text.size == strlen(text) && !memcmp(m->text.data, text, m->text.size);
}

static const char *config_word(const ink_json *v)
{
    ink_json_type kind = ink_json_kind(v);
    return kind == INK_JSON_TRUE ? "true" : kind == INK_JSON_FALSE ? "false" : ink_json_string(v, "no word");
}

ink_status ink_settings_choices(const ink_settings *s, const ink_choice *table, ink_err *err)
{
    enum { WORDS = sizeof table->words / sizeof *table->words };
    for (; table->hugging; table++) {
        const ink_json *v = ink_settings_json(s, table->hugging);
        size_t i = 0;
        while (v && i < WORDS && table->words[i] && strcmp(table->words[i], config_word(v)))
            i++;
        if (v && (i == WORDS || !table->words[i]))
            return ink_fail(err, INK_E_UNSUPPORTED, "%s: %s is \"%.60s\", which inkstone does not compute for this architecture; it computes \"%s\"",
                            ink_weights_path(s->weights), table->hugging, config_word(v), table->words[0]);
    }
    return INK_OK;
}

static const struct {
    const char *name;
    ink_rope_scaling scaling;
} config_scalings[] = { { "default", INK_ROPE_PLAIN }, { "none", INK_ROPE_PLAIN }, { "linear", INK_ROPE_LINEAR }, { "llama3", INK_ROPE_LLAMA3 }, { "yarn", INK_ROPE_YARN },
                        { "longrope", INK_ROPE_LONG }, { "su", INK_ROPE_LONG } };

typedef struct config_attention { /* ways to say by what cos and sin are multiplied, beyond what the scaling does by itself */
    double given, times, upper, lower;
    bool rounded;
} config_attention;

double ink_config_magnitude(double factor, double by)
{
    return factor > 1 ? 0.1 * by * log(factor) + 1 : 1;
}

size_t ink_config_usual(const ink_config *c)
{
    enum { USUAL = 8192 };
    const size_t most = c->rope.scaling == INK_ROPE_LONG && c->rope.original < (double)c->context ? (size_t)c->rope.original : c->context;
    return most < USUAL ? most : USUAL;
}

/* LongRoPE's divisors: lists in config.json, tensors in a GGUF, one of which holds metadata alone while it is being made. */
static ink_status config_stretch(const ink_settings *s, const char *list, const char *name, size_t pairs, float *out, ink_err *err)
{
    const ink_json *j = ink_settings_json(s, list);
    const ink_tensor *t = s->json ? NULL : ink_weights_find(s->weights, name);
    const size_t count = t ? (size_t)t->count : ink_json_size(j);
    if (!s->json && !ink_weights_count(s->weights))
        return INK_OK;
    if (count != pairs || pairs > INK_ROPE_STRETCHES || (t && t->type != INK_F32))
        return ink_fail(err, INK_E_FORMAT, "%s: %s has %zu values, but %zu pairs of dimensions rotate", ink_weights_path(s->weights), s->json ? list : name, count, pairs);
    if (t)
        ink_dequantize(t->type, t->data, count, out);
    for (size_t i = 0; i < count; i++) {
        out[i] = t ? out[i] : (float)ink_json_number(ink_json_at(j, i), 0);
        if (!(out[i] > 1e-6f && out[i] < 1e6f))
            return ink_fail(err, INK_E_FORMAT, "%s: value %zu of %s is no number above 0", ink_weights_path(s->weights), i + 1, s->json ? list : name);
    }
    return INK_OK;
}

static ink_status config_stretches(const ink_settings *s, ink_config *c, ink_err *err)
{
    static const char *const names[2][2] = { { "rope_scaling.short_factor", "rope_factors_short.weight" }, { "rope_scaling.long_factor", "rope_factors_long.weight" } };
    if (ink_settings_json(s, "rope_scaling.short_mscale") || ink_settings_json(s, "rope_scaling.long_mscale"))
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: rotary scaling with short_mscale and long_mscale is not known", ink_weights_path(s->weights));
    for (size_t i = 0; i < 2; i++)
        INK_TRY(config_stretch(s, names[i][0], names[i][1], c->rope.dims / 2, c->rope.stretch[i], err));
    return INK_OK;
}

double ink_config_long_magnitude(const ink_rope_options *o, double context)
{
    const double factor = context > o->original ? context / o->original : o->factor;
    return factor > 1 ? sqrt(1 + log(factor) / log(o->original)) : 1;
}

/* YaRN alone has a factor of its own, which a GGUF multiplies and a config.json replaces. */
#define AT(field) offsetof(config_attention, field)
static ink_status config_rope_attention(const ink_settings *s, double context, ink_rope_options *o, ink_err *err)
{
    static const ink_setting table[] = {
        { AT(given), INK_SETTING_REAL, NULL, "rope_scaling.attention_factor|rope_parameters.attention_factor", 1e-3, 1e6, 0 },
        { AT(times), INK_SETTING_REAL, "rope.scaling.attn_factor", NULL, 1e-3, 1e6, 1 },
        { AT(upper), INK_SETTING_REAL, NULL, "rope_scaling.mscale|rope_parameters.mscale", 1e-3, 1e6, 0 },
        { AT(lower), INK_SETTING_REAL, NULL, "rope_scaling.mscale_all_dim|rope_parameters.mscale_all_dim", 1e-3, 1e6, 0 },
        { AT(rounded), INK_SETTING_BOOL, NULL, "rope_scaling.truncate|rope_parameters.truncate", 0, 1, 1 },
        { 0, 0, NULL, NULL, 0, 0, 0 },
    };
    config_attention a;
    INK_TRY(ink_settings_read(s, table, &a, err));
    if (o->scaling == INK_ROPE_LONG) {
        o->attention = a.given != 0 ? a.given : s->json ? ink_config_long_magnitude(o, context) : a.times;
        return INK_OK;
    }
    if (o->scaling != INK_ROPE_YARN) {
        o->attention = a.times;
        return INK_OK;
    }
    o->unrounded = !a.rounded;
    o->attention = a.given != 0 ? a.given : a.times * ink_config_magnitude(o->factor, a.upper != 0 && a.lower != 0 ? a.upper : 1);
    if (a.given == 0 && a.upper != 0 && a.lower != 0)
        o->attention /= ink_config_magnitude(o->factor, a.lower);
    return INK_OK;
}
#undef AT

ink_status ink_config_whole_heads(const ink_settings *s, ink_config *c, ink_err *err)
{
    c->kv_heads = c->heads;
    c->head_dim = c->width / c->heads;
    return c->width % c->heads ? ink_fail(err, INK_E_FORMAT, "%s: %zu values cannot be shared by %zu heads", ink_weights_path(s->weights), c->width, c->heads) : INK_OK;
}

ink_status ink_config_share(const ink_settings *s, ink_config *c, ink_err *err)
{
    c->kv_heads = c->kv_heads ? c->kv_heads : c->heads;
    c->head_dim = c->head_dim ? c->head_dim : c->width / c->heads;
    return !(c->heads % c->kv_heads) && c->head_dim ? INK_OK :
           ink_fail(err, INK_E_FORMAT, "%s: %zu heads of %zu dimensions cannot share %zu heads of keys", ink_weights_path(s->weights), c->heads, c->head_dim, c->kv_heads);
}

/* config.json may say which part of a head rotates. */
static ink_status config_rope_part(const ink_settings *s, ink_config *c, ink_err *err)
{
    static const ink_setting table[] = { { 0, INK_SETTING_REAL, NULL, "partial_rotary_factor|rope_parameters.partial_rotary_factor|rotary_pct", 1e-3, 1, 0 }, { 0 } };
    double part;
    INK_TRY(ink_settings_read(s, table, &part, err));
    if (part != 0 && !c->rope.dims)
        c->rope.dims = (size_t)((double)c->head_dim * part);
    return INK_OK;
}

#define AT(field) offsetof(ink_config, field)
ink_status ink_config_rope(const ink_settings *s, ink_config *c, ink_err *err)
{
    static const ink_setting table[] = {
        { AT(rope.dims), INK_SETTING_COUNT, "rope.dimension_count", "rotary_dim", 2, 4096, 0 },
        { AT(rope.base), INK_SETTING_REAL, "rope.freq_base", "rope_theta|rope_parameters.rope_theta", 1, 1e12, 10000 },
        { AT(rope.factor), INK_SETTING_REAL, "rope.scaling.factor|rope.scale_linear", "rope_scaling.factor|rope_parameters.factor", 1e-3, 1e6, 1 },
        { AT(rope.original), INK_SETTING_REAL, "rope.scaling.original_context_length",
          "original_max_position_embeddings|rope_scaling.original_max_position_embeddings|rope_parameters.original_max_position_embeddings", 1, INK_CONFIG_MOST, 0 },
        { AT(rope.low), INK_SETTING_REAL, "rope.scaling.low_freq_factor|rope.scaling.yarn_beta_slow", "rope_scaling.low_freq_factor|rope_parameters.low_freq_factor|rope_scaling.beta_slow|rope_parameters.beta_slow", 1e-3, 1e6, 1 },
        { AT(rope.high), INK_SETTING_REAL, "rope.scaling.high_freq_factor|rope.scaling.yarn_beta_fast", "rope_scaling.high_freq_factor|rope_parameters.high_freq_factor|rope_scaling.beta_fast|rope_parameters.beta_fast", 1e-3, 1e6, 0 },
        { 0, 0, NULL, NULL, 0, 0, 0 },
    };
    INK_TRY(ink_settings_read(s, table, c, err));
    char room[32];
    const char *kind = ink_settings_text(s, "rope.scaling.type", ink_settings_json(s, "rope_scaling.rope_type") ? "rope_scaling.rope_type" :
                                         ink_settings_json(s, "rope_scaling.type") ? "rope_scaling.type" : "rope_parameters.rope_type", room, sizeof room);
    size_t i = 0;
    while (kind && i < sizeof config_scalings / sizeof *config_scalings && strcmp(config_scalings[i].name, kind))
        i++;
    if (i == sizeof config_scalings / sizeof *config_scalings)
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: rotary scaling \"%s\" is not known; known are linear, llama3, yarn and longrope", ink_weights_path(s->weights), kind);
    c->rope.scaling = kind ? config_scalings[i].scaling : c->rope.factor != 1 ? INK_ROPE_LINEAR : INK_ROPE_PLAIN;
    if (!s->json && ink_weights_find(s->weights, "rope_factors_long.weight")) /* files of llama.cpp's converter do not name it */
        c->rope.scaling = INK_ROPE_LONG;
    INK_TRY(config_rope_part(s, c, err));
    c->rope.dims = c->rope.dims ? c->rope.dims : c->head_dim;
    if (c->rope.scaling == INK_ROPE_LONG)
        INK_TRY(config_stretches(s, c, err));
    c->rope.original = c->rope.original != 0 ? c->rope.original : (double)c->context;
    c->rope.high = c->rope.high != 0 ? c->rope.high : c->rope.scaling == INK_ROPE_YARN ? 32 : 4;
    c->rope.divisors = s->json ? NULL : "rope_freqs.weight";
    INK_TRY(config_rope_attention(s, (double)c->context, &c->rope, err));
    return c->rope.dims <= c->head_dim ? INK_OK :
           ink_fail(err, INK_E_FORMAT, "%s: %zu dimensions rotate, but a head has %zu", ink_weights_path(s->weights), c->rope.dims, c->head_dim);
}
