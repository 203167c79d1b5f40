/* Merging: LoRA W + s B A (Hu et al. 2022, section 4.1), DoRA m (W + s B A) / |W + s B A| by rows (Liu et al. 2024, section 4.1), IA3
   factors on rows or columns (Liu et al. 2022, section 3.3). */
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "formats/write.h"
#include "models/adapter.h"
#include "train/train.h"

#include <ink/export.h>
#include <ink/model.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXPORT_LAYER = 320, EXPORT_NAME = EXPORT_LAYER + 64 };

typedef struct merge { /* what one adapter does to one tensor of the model */
    const ink_tensor *base;
    bool turned;                       /* it lies [in, out] */
    const ink_tensor *a, *b, *size;    /* LoRA; DoRA's magnitudes or NULL */
    const ink_tensor *factor;          /* IA3 */
    double scale;
} merge;

typedef struct export {
    ink_model *model;
    const ink_weights *base;
    ink_adapters adapters;
    ink_arena *arena;
    merge *list;
    size_t count, room;
} export;

static bool export_of(const export *e, const ink_tensor *t)
{
    for (size_t i = 0; i < e->count; i++)
        if (e->list[i].base == t)
            return true;
    return false;
}

static const ink_tensor *export_base(const export *e, const char *layer, const char *part, bool *turned)
{
    char name[EXPORT_NAME];
    ink_name_change change;
    snprintf(name, sizeof name, "%s.%s", layer, part);
    const ink_tensor *t = ink_names_find(ink_model_architecture(e->model)->rules, e->base, name, &change, NULL);
    *turned = change == INK_NAME_TRANSPOSED;
    return t;
}

static ink_status export_add(export *e, merge m, ink_err *err)
{
    if (e->count == e->room)
        return ink_fail(err, INK_E_LIMIT, "more merges than tensors of adapters");
    e->list[e->count++] = m;
    return INK_OK;
}

static const ink_tensor *export_part(const ink_nn_adapter *a, const char *layer, const char *part)
{
    char name[EXPORT_NAME];
    snprintf(name, sizeof name, "base_model.model.%s.%s", layer, part);
    return ink_weights_find(a->weights.file, name);
}

static ink_status export_lora(export *e, const ink_nn_adapter *a, const ink_tensor *down, const char *layer, ink_err *err)
{
    merge m = { .a = down, .b = export_part(a, layer, "lora_B.weight"), .size = a->dora ? export_part(a, layer, "lora_magnitude_vector") : NULL };
    m.base = export_base(e, layer, "weight", &m.turned);
    if (!m.base || m.base->ndim != 2)
        return ink_fail(err, INK_E_FORMAT, "%s: %s belongs to no matrix of %s", ink_weights_path(a->weights.file), down->name, ink_weights_path(e->base));
    const uint64_t out = m.base->dims[m.turned], in = m.base->dims[!m.turned];
    if (!m.b || down->ndim != 2 || m.b->ndim != 2 || down->dims[1] != in || m.b->dims[0] != out || m.b->dims[1] != down->dims[0] || (m.size && m.size->count != out) || (a->dora && !m.size))
        return ink_fail(err, INK_E_FORMAT, "%s: what belongs to %s does not fit its %llu × %llu", ink_weights_path(a->weights.file), layer, (unsigned long long)out, (unsigned long long)in);
    m.scale = a->strength * a->alpha / (a->root ? sqrt((double)down->dims[0]) : (double)down->dims[0]);
    return export_add(e, m, err);
}

static ink_status export_ia3(export *e, const ink_nn_adapter *a, const ink_tensor *factor, const char *layer, ink_err *err)
{
    merge m = { .factor = factor };
    m.base = export_base(e, layer, "weight", &m.turned);
    const bool input = factor->ndim == 2 && factor->dims[0] == 1;
    if (!m.base || m.base->ndim != 2 || factor->count != m.base->dims[input != m.turned])
        return ink_fail(err, INK_E_FORMAT, "%s: %s fits no matrix of %s", ink_weights_path(a->weights.file), factor->name, ink_weights_path(e->base));
    INK_TRY(export_add(e, m, err));
    m.base = input ? NULL : export_base(e, layer, "bias", &m.turned);
    return m.base ? export_add(e, m, err) : INK_OK;
}

static ink_status export_tensor(export *e, const ink_nn_adapter *a, const ink_tensor *t, ink_err *err)
{
    static const char prefix[] = "base_model.model.";
    static const struct { const char *end; int kind; } ends[] = { { ".lora_A.weight", 1 }, { ".lora_B.weight", 0 }, { ".lora_magnitude_vector", 0 }, { ".ia3_l", 2 } };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char layer[EXPORT_LAYER];
        if (strncmp(t->name, prefix, sizeof prefix - 1) || !ink_ends(t->name, ends[i].end))
            continue;
        snprintf(layer, sizeof layer, "%.*s", (int)(strlen(t->name) - strlen(ends[i].end) - (sizeof prefix - 1)), t->name + sizeof prefix - 1);
        return ends[i].kind == 1 ? export_lora(e, a, t, layer, err) : ends[i].kind == 2 ? export_ia3(e, a, t, layer, err) : INK_OK;
    }
    return ink_fail(err, INK_E_UNSUPPORTED, "%s: nobody knows how to merge %s", ink_weights_path(a->weights.file), t->name);
}

/* LoRA acts on a product before IA3 scales it. */
static ink_status export_plan(export *e, ink_err *err)
{
    for (size_t i = 0; i < e->adapters.count; i++)
        e->room += 2 * ink_weights_count(e->adapters.list[i]->weights.file);
    e->list = ink_arena_array(e->arena, e->room + 1, sizeof *e->list);
    if (!e->list)
        return ink_arena_refused(e->arena, e->room * sizeof *e->list, err);
    for (ink_adapter_kind kind = INK_ADAPTER_LORA; kind <= INK_ADAPTER_IA3; kind++)
        for (size_t i = 0; i < e->adapters.count; i++) {
            const ink_nn_adapter *a = e->adapters.list[i];
            if (a->kind != INK_ADAPTER_LORA && a->kind != INK_ADAPTER_IA3)
                return ink_fail(err, INK_E_UNSUPPORTED, "%s: a prompt or a prefix stands before a text and is no part of the weights; it cannot be merged", ink_weights_path(a->weights.file));
            for (size_t t = 0; a->kind == kind && t < ink_weights_count(a->weights.file); t++)
                INK_TRY(export_tensor(e, a, ink_weights_at(a->weights.file, t), err));
        }
    return INK_OK;
}

/* ---- arithmetic ---- */

static float *export_floats(const ink_tensor *t, ink_err *err)
{
    float *v = malloc((t->count + 1) * sizeof *v);
    if (v)
        ink_dequantize(t->type, t->data, t->count, v);
    else
        ink_fail(err, INK_E_MEMORY, "no memory for %s", t->name);
    return v;
}

static void merge_product(const merge *m, const float *a, const float *b, float *w)
{
    const size_t out = m->base->dims[m->turned], in = m->base->dims[!m->turned], rank = m->a->dims[0];
    for (size_t row = 0; row < (m->turned ? in : out); row++)
        for (size_t r = 0; r < rank; r++)
            if (m->turned) {
                const float by = (float)m->scale * a[r * in + row];
                for (size_t o = 0; o < out; o++)
                    w[row * out + o] += by * b[o * rank + r];
            } else {
                const float by = (float)m->scale * b[row * rank + r];
                for (size_t i = 0; i < in; i++)
                    w[row * in + i] += by * a[r * in + i];
            }
}

static void merge_sizes(const merge *m, const float *size, float *w)
{
    const size_t out = m->base->dims[m->turned], in = m->base->dims[!m->turned], row = m->turned ? 1 : in, step = m->turned ? out : 1;
    for (size_t o = 0; o < out; o++) {
        double sum = 0;
        for (size_t i = 0; i < in; i++)
            sum += (double)w[o * row + i * step] * (double)w[o * row + i * step];
        const float by = (float)((double)size[o] / sqrt(sum));
        for (size_t i = 0; i < in; i++)
            w[o * row + i * step] *= by;
    }
}

/* [out, 1] scales what belongs to each output, [1, in] what belongs to each input. */
static void merge_factor(const merge *m, const float *factor, float *w)
{
    const size_t cols = m->base->ndim == 2 ? m->base->dims[1] : 1, rows = m->base->count / cols;
    const bool input = m->factor->ndim == 2 && m->factor->dims[0] == 1, by_row = m->base->ndim == 1 || input == m->turned;
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols; c++)
            w[r * cols + c] *= factor[by_row ? r : c];
}

static ink_status merge_apply(const merge *m, float *w, ink_err *err)
{
    float *a = export_floats(m->factor ? m->factor : m->a, err), *b = m->b ? export_floats(m->b, err) : NULL, *size = m->size ? export_floats(m->size, err) : NULL;
    const bool have = a && (b || !m->b) && (size || !m->size);
    if (have && m->factor)
        merge_factor(m, a, w);
    else if (have)
        merge_product(m, a, b, w);
    if (have && size)
        merge_sizes(m, size, w);
    free(a);
    free(b);
    free(size);
    return have ? INK_OK : INK_E_MEMORY;
}

/* ---- writing ---- */

static ink_status export_feed(void *user, size_t which, ink_write_sink *to, ink_err *err)
{
    const export *e = user;
    const ink_tensor *t = ink_weights_at(e->base, which);
    if (!export_of(e, t)) {
        ink_status status = ink_write_more(to, t->data, t->bytes, err);
        ink_weights_release(e->base, t);
        return status;
    }
    float *w = export_floats(t, err);
    ink_status status = w ? INK_OK : INK_E_MEMORY;
    for (size_t i = 0; status == INK_OK && i < e->count; i++)
        if (e->list[i].base == t)
            status = merge_apply(&e->list[i], w, err);
    for (size_t i = 0; status == INK_OK && i < t->count; i++)
        if (!isfinite(w[i]))
            status = ink_fail(err, INK_E_FORMAT, "%s is not finite once it is merged; nothing was written", t->name);
    if (status == INK_OK)
        status = ink_write_more(to, w, t->count * sizeof *w, err);
    free(w);
    return status;
}

static ink_status export_write(export *e, const char *folder, ink_export_report *report, ink_err *err)
{
    const size_t count = ink_weights_count(e->base);
    const ink_write_feed feed = { export_feed, e };
    ink_path path;
    ink_write_tensor *list = ink_arena_array(e->arena, count + 1, sizeof *list);
    if (!list)
        return ink_arena_refused(e->arena, count * sizeof *list, err);
    for (size_t i = 0; i < count; i++) {
        const ink_tensor *t = ink_weights_at(e->base, i);
        const bool merged = export_of(e, t);
        list[i] = (ink_write_tensor){ .name = t->name, .type = merged ? INK_F32 : t->type, .ndim = t->ndim, .bytes = merged ? t->count * sizeof(float) : t->bytes };
        memcpy(list[i].dims, t->dims, sizeof list[i].dims);
        report->merged += merged;
    }
    report->tensors = count;
    INK_TRY(ink_path_make(folder, err));
    INK_TRY(ink_save_beside(ink_weights_folder(e->base), folder, false, err));
    INK_TRY(ink_path_format(&path, err, "%s/model.safetensors", folder));
    return ink_safetensors_write(path.text, list, count, &feed, err);
}

static ink_status export_merge(export *e, const char *model, const ink_export_options *o, const char *folder, ink_export_report *report, ink_err *err)
{
    INK_TRY(ink_arena_new("export", 0, &e->arena, err));
    INK_TRY(ink_model_open(model, &e->model, err));
    e->base = ink_model_weights(e->model);
    for (size_t i = 0; i < o->adapter_count; i++)
        INK_TRY(ink_adapters_add(&e->adapters, o->adapters[i], e->model, e->arena, err));
    INK_TRY(export_plan(e, err));
    return export_write(e, folder, report, err);
}

/* ---- an adapter alone ---- */

static ink_status export_adapter(export *e, const char *model, const ink_export_options *o, const char *to, ink_export_report *report, ink_err *err)
{
    if (o->adapter_count != 1 || o->type || !ink_ends(to, ".gguf"))
        return ink_fail(err, INK_E_ARGUMENT, "an adapter alone is written as it is: one adapter, no type, and a file that ends in .gguf");
    INK_TRY(ink_arena_new("export", 0, &e->arena, err));
    INK_TRY(ink_model_open(model, &e->model, err));
    INK_TRY(ink_adapters_add(&e->adapters, o->adapters[0], e->model, e->arena, err));
    report->tensors = ink_weights_count(e->adapters.list[0]->weights.file);
    return ink_adapter_gguf_write(e->adapters.list[0], e->model, to, err);
}

static ink_status export_folder(const char *model, const ink_export_options *o, const char *folder, ink_export_report *report, ink_err *err)
{
    export e = { 0 };
    ink_status status = o->alone ? export_adapter(&e, model, o, folder, report, err) : export_merge(&e, model, o, folder, report, err);
    ink_adapters_close(&e.adapters);
    ink_model_close(e.model);
    ink_arena_free(e.arena);
    return status;
}

/* ---- the way there: a GGUF becomes a folder first, and the merged folder a GGUF at the end ---- */

static ink_status export_stages(const char *model, const char *base, const char *merged, const ink_export_options *o, const char *to, ink_export_report *report, ink_err *err)
{
    const ink_convert_options wide = { .type = "F32", .threads = o->threads }, as = { .type = o->type, .threads = o->threads };
    ink_weights *w;
    ink_convert_report unused;
    INK_TRY(ink_weights_open(model, &w, err));
    const bool gguf = !strcmp(ink_weights_format(w), "gguf"), last = o->type || ink_ends(to, ".gguf");
    ink_weights_close(w);
    if (gguf)
        INK_TRY(ink_convert(model, base, &wide, &unused, err));
    INK_TRY(export_folder(gguf ? base : model, o, last ? merged : to, report, err));
    return last ? ink_convert(merged, to, &as, &unused, err) : INK_OK;
}

ink_status ink_export(const char *model, const ink_export_options *o, const char *to, ink_export_report *report, ink_err *err)
{
    ink_path base, merged;
    *report = (ink_export_report){ 0 };
    if (o->alone)
        return export_folder(model, o, to, report, err);
    INK_TRY(ink_path_format(&base, err, "%s.base", to));
    INK_TRY(ink_path_format(&merged, err, "%s.merged", to));
    if (ink_file_kind(base.text) || ink_file_kind(merged.text))
        return ink_fail(err, INK_E_ARGUMENT, "%s and %s are needed for the time of the export; take away what is there", base.text, merged.text);
    ink_status status = export_stages(model, base.text, merged.text, o, to, report, err);
    ink_path_delete(base.text, NULL);
    ink_path_delete(merged.text, NULL);
    return status;
}
