/* A configuration on its way into a file, by the tables that read it: metadata of a GGUF, or config.json. */
#include "models/config.h"

#include "formats/write.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double write_value(const ink_setting *row, const ink_config *c)
{
    const char *at = (const char *)c + row->at;
    if (row->kind == INK_SETTING_COUNT)
        return (double)*(const size_t *)(const void *)at;
    return row->kind == INK_SETTING_REAL ? *(const double *)(const void *)at : *(const bool *)at;
}

/* Rows that this file can say, and for which there is something to say: a zero that may be left out means that there is none. */
static bool write_says(const ink_setting *row, const char *name, double v)
{
    return name && !(v == 0.0 && row->otherwise == 0.0);
}

static void write_key(const char *kind, const char *name, char key[160])
{
    const bool alone = !*kind || !strncmp(name, "tokenizer.", 10);
    snprintf(key, 160, "%s%s%.*s", alone ? "" : kind, alone ? "" : ".", (int)strcspn(name, "|"), name);
}

static void write_pair(ink_gguf_pairs *out, const char *kind, const ink_setting *row, double v)
{
    char key[160];
    write_key(kind, row->file, key);
    if (row->kind == INK_SETTING_COUNT)
        ink_gguf_count(out, key, (uint32_t)v);
    else if (row->kind == INK_SETTING_REAL)
        ink_gguf_real(out, key, v);
    else
        ink_gguf_bool(out, key, v != 0.0);
}

static const char *const write_scalings[] = { [INK_ROPE_LINEAR] = "linear", [INK_ROPE_LLAMA3] = "llama3", [INK_ROPE_YARN] = "yarn", [INK_ROPE_LONG] = "longrope" };

static ink_status write_gguf_rope(const ink_rope_options *r, const char *kind, ink_gguf_pairs *out, ink_err *err)
{
    const struct { const char *name; double v; } yarn[] = {
        { "rope.scaling.yarn_beta_slow", r->low }, { "rope.scaling.yarn_beta_fast", r->high }, { "rope.scaling.attn_factor", r->attention / (r->scaling == INK_ROPE_YARN ? ink_config_magnitude(r->factor, 1) : 1) } };
    char key[160];
    write_key(kind, "rope.dimension_count", key);
    ink_gguf_count(out, key, (uint32_t)r->dims);
    write_key(kind, "rope.freq_base", key);
    ink_gguf_real(out, key, r->base);
    if (r->scaling == INK_ROPE_PLAIN || r->scaling == INK_ROPE_LLAMA3) /* the latter is a tensor there */
        return INK_OK;
    if (r->unrounded)
        return ink_fail(err, INK_E_UNSUPPORTED, "a GGUF has no word for a YaRN ramp that is not rounded (\"truncate\": false)");
    write_key(kind, "rope.scaling.type", key);
    ink_gguf_text(out, key, write_scalings[r->scaling], strlen(write_scalings[r->scaling]));
    if (r->scaling != INK_ROPE_LONG) {
        write_key(kind, "rope.scaling.factor", key);
        ink_gguf_real(out, key, r->factor);
    }
    write_key(kind, "rope.scaling.original_context_length", key);
    ink_gguf_count(out, key, (uint32_t)r->original);
    for (size_t i = r->scaling == INK_ROPE_YARN ? 0 : r->scaling == INK_ROPE_LONG ? 2 : 3; i < 3; i++) {
        write_key(kind, yarn[i].name, key);
        ink_gguf_real(out, key, yarn[i].v);
    }
    return INK_OK;
}

ink_status ink_config_to_gguf(const ink_architecture *a, const char *kind, const ink_config *c, ink_gguf_pairs *out, ink_err *err)
{
    for (const ink_setting *const *table = a->settings; *table; table++)
        for (const ink_setting *row = *table; row->file || row->hugging; row++) {
            const double v = write_value(row, c);
            if (write_says(row, row->file, v))
                write_pair(out, kind, row, v);
        }
    char key[160];
    write_key(kind, "attention.value_length", key); /* or others take it for the width by the heads */
    ink_gguf_count(out, key, (uint32_t)c->head_dim);
    return c->rope.dims ? write_gguf_rope(&c->rope, kind, out, err) : INK_OK;
}

/* ---- config.json ---- */

/* The value goes under the first of the names; a dot goes into an object. */
static void write_entry(ink_json *object, const char *name, ink_json *v)
{
    char key[160];
    const size_t n = strcspn(name, "|"), dot = strcspn(name, ".");
    snprintf(key, sizeof key, "%.*s", (int)(dot < n ? dot : n), name);
    if (dot >= n) {
        ink_json_set(object, key, v);
        return;
    }
    ink_json *inner = (ink_json *)(uintptr_t)ink_json_get(object, key);
    if (!inner) {
        inner = ink_json_new_object();
        ink_json_set(object, key, inner);
    }
    write_entry(inner, name + dot + 1, v);
}

static void write_real(ink_json *object, const char *name, double v)
{
    char text[32];
    for (int digits = 1; digits <= 9; digits++) { /* what a single holds, in its shortest form */
        snprintf(text, sizeof text, "%.*g", digits, v);
        if ((float)strtod(text, NULL) == (float)v)
            break;
    }
    write_entry(object, name, ink_json_new_number(strtod(text, NULL)));
}

static void write_setting(ink_json *out, const ink_setting *row, double v)
{
    if (row->kind == INK_SETTING_COUNT)
        write_entry(out, row->hugging, ink_json_new_integer((int64_t)v));
    else if (row->kind == INK_SETTING_REAL)
        write_real(out, row->hugging, v);
    else
        write_entry(out, row->hugging, ink_json_new_bool(v != 0.0));
}

/* Phi 3's own reader takes three entries and no more; what multiplies cos and sin follows from the contexts, where nobody chose otherwise. */
static void write_json_long(const ink_rope_options *r, double context, ink_json *out)
{
    static const char *const names[] = { "rope_scaling.short_factor", "rope_scaling.long_factor" };
    write_entry(out, "rope_scaling.type", ink_json_new_text(write_scalings[r->scaling], strlen(write_scalings[r->scaling])));
    for (size_t i = 0; i < 2; i++) {
        ink_json *list = ink_json_new_array();
        for (size_t p = 0; p < r->dims / 2; p++)
            ink_json_append(list, ink_json_new_number((double)r->stretch[i][p]));
        write_entry(out, names[i], list);
    }
    write_entry(out, "original_max_position_embeddings", ink_json_new_integer((int64_t)r->original));
    if (fabs(ink_config_long_magnitude(r, context) - r->attention) > 1e-6 * r->attention)
        write_real(out, "rope_scaling.attention_factor", r->attention);
}

static void write_json_rope(const ink_config *c, ink_json *out)
{
    const ink_rope_options *r = &c->rope;
    write_real(out, "rope_theta", r->base);
    if (r->dims != c->head_dim)
        write_real(out, "partial_rotary_factor", (double)r->dims / (double)c->head_dim);
    if (r->scaling == INK_ROPE_PLAIN)
        return;
    if (r->scaling == INK_ROPE_LONG) {
        write_json_long(r, (double)c->context, out);
        return;
    }
    write_entry(out, "rope_scaling.rope_type", ink_json_new_text(write_scalings[r->scaling], strlen(write_scalings[r->scaling])));
    write_real(out, "rope_scaling.factor", r->factor);
    if (r->scaling == INK_ROPE_LINEAR)
        return;
    write_entry(out, "rope_scaling.original_max_position_embeddings", ink_json_new_integer((int64_t)r->original));
    write_real(out, r->scaling == INK_ROPE_YARN ? "rope_scaling.beta_slow" : "rope_scaling.low_freq_factor", r->low);
    write_real(out, r->scaling == INK_ROPE_YARN ? "rope_scaling.beta_fast" : "rope_scaling.high_freq_factor", r->high);
    if (r->scaling == INK_ROPE_YARN)
        write_real(out, "rope_scaling.attention_factor", r->attention);
}

ink_status ink_config_to_json(const ink_architecture *a, const ink_config *c, ink_json *out, ink_err *err)
{
    for (const ink_setting *const *table = a->settings; *table; table++)
        for (const ink_setting *row = *table; row->file || row->hugging; row++) {
            const double v = write_value(row, c);
            if (write_says(row, row->hugging, v))
                write_setting(out, row, v);
        }
    if (c->rope.dims)
        write_json_rope(c, out);
    write_entry(out, "vocab_size", ink_json_new_integer((int64_t)c->vocab));
    return out ? INK_OK : ink_fail(err, INK_E_MEMORY, "no memory for a configuration");
}

ink_status ink_config_same(const ink_architecture *a, const ink_config *was, const ink_config *is, const char *file, ink_err *err)
{
    if (was->rope.scaling == INK_ROPE_LONG && !(fabs(was->rope.attention - is->rope.attention) <= 1e-6 * was->rope.attention))
        return ink_fail(err, INK_E_UNSUPPORTED, "%s cannot say that LongRoPE multiplies cos and sin by %.9g: it would be read as %.9g", file, was->rope.attention, is->rope.attention);
    if (was->variant != is->variant)
        return ink_fail(err, INK_E_UNSUPPORTED, "%s has no word for how this %s computes (what it has between two products, say): it would be read as another", file, a->name);
    for (const ink_setting *const *table = a->settings; *table; table++)
        for (const ink_setting *row = *table; row->file || row->hugging; row++) {
            const double x = write_value(row, was), y = write_value(row, is);
            if (!(fabs(x - y) <= 1e-6 * fabs(x)))
                return ink_fail(err, INK_E_UNSUPPORTED, "%s cannot say that %s is %.9g: it would be read as %.9g", file, row->hugging ? row->hugging : row->file, x, y);
        }
    return INK_OK;
}
