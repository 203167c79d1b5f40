/* A new adapter: a PEFT folder whose values are drawn, and opened like any other then. */
#include "train/adapter.h"

#include "base/file.h"
#include "base/path.h"
#include "models/labels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ADAPTER_NAME = 320 };

static ink_status adapter_describe(ink_adapter_new *a, ink_err *err)
{
    const ink_architecture *arch = ink_model_architecture(a->model);
    a->weights = (ink_nn_weights){ .file = ink_model_weights(a->model), .rules = arch->rules, .arena = a->arena, .dense = true };
    if (a->o->stage == INK_STAGE_CLASSIFY)
        return ink_classes_ask(arch, ink_model_config(a->model), 0, &a->weights, err);
    return a->labels || a->o->stage == INK_STAGE_EMBED ? ink_architecture_ask_body(arch, ink_model_config(a->model), &a->weights, err) : ink_architecture_ask(arch, ink_model_config(a->model), &a->weights, err);
}

static bool adapter_room(ink_adapter_new *a, ink_adapter_file *f)
{
    enum { FIRST = 64 };
    if (f->count < f->room)
        return true;
    const size_t room = f->room ? 2 * f->room : FIRST;
    ink_write_tensor *list = ink_arena_array(a->arena, room, sizeof *list);
    if (list && f->count)
        memcpy(list, f->list, f->count * sizeof *list);
    f->list = list ? list : f->list;
    f->room = list ? room : f->room;
    return list;
}

float *ink_adapter_tensor(ink_adapter_new *a, ink_adapter_file *f, const char *name, size_t ndim, size_t rows, size_t width)
{
    float *data = adapter_room(a, f) ? ink_arena_array(a->arena, rows * width + 1, sizeof *data) : NULL;
    char *own = ink_arena_text(a->arena, name, strlen(name));
    if (!data || !own)
        return NULL;
    memset(data, 0, rows * width * sizeof *data);
    f->list[f->count++] = (ink_write_tensor){ .name = own, .type = INK_F32, .ndim = ndim, .dims = { ndim == 1 ? width : rows, width }, .data = data, .bytes = rows * width * sizeof *data };
    return data;
}

/* What PEFT calls a layer: without its family's prefix where transformers opens the body alone. */
static void adapter_layer_name(const ink_adapter_new *a, const char *layer, char own[INK_NAMES_LONGEST])
{
    if (a->o->stage == INK_STAGE_EMBED)
        ink_names_foreign(ink_model_architecture(a->model)->rules, "safetensors", layer, ink_model_config(a->model)->variant, own);
    else
        snprintf(own, INK_NAMES_LONGEST, "%s", layer);
}

float *ink_adapter_part(ink_adapter_new *a, const char *layer, const char *part, size_t ndim, size_t rows, size_t width)
{
    char own[INK_NAMES_LONGEST], name[ADAPTER_NAME];
    adapter_layer_name(a, layer, own);
    snprintf(name, sizeof name, "base_model.model.%s.%s", own, part);
    return ink_adapter_tensor(a, &a->own, name, ndim, rows, width);
}

/* The last part of a layer's name, once. */
static void adapter_target(ink_adapter_new *a, const char *layer)
{
    const char *last = strrchr(layer, '.') ? strrchr(layer, '.') + 1 : layer;
    while (!strcmp(last, "dense") && last > layer + 1 && last[-1] == '.') /* a name that many have is told apart by the one before it */
        for (last--; last > layer && last[-1] != '.';)
            last--;
    for (size_t i = 0; i < ink_json_size(a->targets); i++)
        if (!strcmp(ink_json_string(ink_json_at(a->targets, i), ""), last))
            return;
    ink_json_append(a->targets, ink_json_new_text(last, strlen(last)));
}

bool ink_adapter_named(const char *layer, const char *list)
{
    const size_t length = strlen(layer);
    for (const char *at = list; *at; at += *at == ',') {
        size_t n = strcspn(at, ",");
        if (n && n <= length && !strncmp(layer + length - n, at, n) && (n == length || layer[length - n - 1] == '.'))
            return true;
        at += n;
    }
    return false;
}

float *ink_adapter_floats(const ink_adapter_layer *l)
{
    const ink_tensor *t = l->w->tensor;
    float *all = malloc(l->out * l->in * sizeof *all), *row = malloc(t->dims[1] * sizeof *row);
    for (size_t r = 0; all && row && r < t->dims[0]; r++) {
        ink_dequantize(t->type, t->data + ink_name_row(l->w->change, l->w->heads, t->dims[0], r) * (t->bytes / t->dims[0]), t->dims[1], row);
        for (size_t c = 0; c < t->dims[1]; c++)
            all[l->w->change == INK_NAME_TRANSPOSED ? c * l->in + r : r * l->in + c] = row[c];
    }
    if (!row) {
        free(all);
        all = NULL;
    }
    free(row);
    return all;
}

ink_status ink_adapter_layers(ink_adapter_new *a, const char *target, ink_adapter_draws *draw, ink_err *err)
{
    const ink_architecture *arch = ink_model_architecture(a->model);
    for (size_t i = 0; i < a->weights.count; i++) {
        const ink_nn_weight *w = a->weights.list[i];
        char layer[ADAPTER_NAME];
        const bool turned = w->change == INK_NAME_TRANSPOSED;
        if (!w->matrix || !strcmp(w->name, arch->embedding) || !strcmp(w->name, ink_architecture_output(arch)))
            continue;
        snprintf(layer, sizeof layer, "%.*s", (int)(strlen(w->name) - strlen(".weight")), w->name);
        if (strcmp(target, "all") && !ink_adapter_named(layer, target))
            continue;
        INK_TRY(draw(a, &(ink_adapter_layer){ w, layer, w->tensor->dims[turned ? 1 : 0], w->tensor->dims[turned ? 0 : 1] }, err));
        a->turned |= turned;
        adapter_target(a, layer);
    }
    return a->own.count ? INK_OK : ink_fail(err, INK_E_ARGUMENT, "no layer of the model is called %s (lora_target)", target);
}

void ink_adapter_text(ink_json *j, const char *key, const char *text) { ink_json_set(j, key, ink_json_new_text(text, strlen(text))); }

void ink_adapter_targets(const ink_adapter_new *a, ink_json *config)
{
    ink_json *targets = ink_json_new_array();
    for (size_t i = 0; i < ink_json_size(a->targets); i++)
        ink_json_append(targets, ink_json_new_text(ink_json_string(ink_json_at(a->targets, i), ""), strlen(ink_json_string(ink_json_at(a->targets, i), ""))));
    ink_json_set(config, "target_modules", targets);
    ink_json_set(config, "fan_in_fan_out", ink_json_new_bool(a->turned));
}

/* ---- a head for labels, of texts or of words, which the adapter holds whole (PEFT's modules_to_save) ---- */

static float *adapter_head_part(ink_adapter_new *a, const char *part, size_t ndim, size_t rows, size_t width, ink_err *err)
{
    char name[ADAPTER_NAME];
    snprintf(name, sizeof name, "base_model.%s%s", a->m->before ? "" : "model.", part); /* PEFT wraps a model once or twice */
    float *data = ink_adapter_tensor(a, &a->own, name, ndim, rows, width);
    if (!data)
        ink_arena_refused(a->arena, rows * width, err);
    return data;
}

static ink_status adapter_class_part(ink_adapter_new *a, const ink_class_head *h, size_t which, ink_err *err)
{
    ink_write_tensor t;
    INK_TRY(ink_class_head_tensor(h, which, &t, err));
    const size_t rows = t.ndim > 1 ? t.dims[0] : 1, width = t.dims[t.ndim - 1];
    float *data = adapter_head_part(a, t.name, t.ndim, rows, width, err);
    if (!data)
        return err->status;
    ink_dequantize(t.type, t.data, rows * width, data);
    return INK_OK;
}

static ink_status adapter_classes(ink_adapter_new *a, ink_err *err)
{
    ink_class_head h = { .model = a->model, .labels = a->labels->count, .seed = (uint64_t)a->o->seed, .arena = a->arena };
    INK_TRY(ink_class_head_ask(&h, err));
    for (size_t i = 0; i < h.weights.count; i++)
        if (ink_class_head_owns(&h, i))
            INK_TRY(adapter_class_part(a, &h, i, err));
    return INK_OK;
}

static ink_status adapter_tags(ink_adapter_new *a, ink_err *err)
{
    const size_t labels = a->labels->count, width = ink_model_config(a->model)->width;
    float *weight = adapter_head_part(a, "classifier.weight", 2, labels, width, err);
    if (!weight || !adapter_head_part(a, "classifier.bias", 1, 1, labels, err))
        return err->status;
    ink_labels_draw(a->labels, (uint64_t)a->o->seed, width, weight);
    return INK_OK;
}

static ink_status adapter_head(ink_adapter_new *a, ink_err *err)
{
    if (!a->labels)
        return INK_OK;
    return a->o->stage == INK_STAGE_CLASSIFY ? adapter_classes(a, err) : adapter_tags(a, err);
}

static void adapter_modules(const ink_adapter_new *a, ink_json *config)
{
    static const char *const tags[] = { "classifier", NULL }, *const score[] = { INK_CLASSES_SCORE, NULL };
    const bool classes = a->o->stage == INK_STAGE_CLASSIFY;
    const ink_label_names *l = ink_model_architecture(a->model)->labels;
    ink_json *modules = ink_json_new_array();
    for (const char *const *m = !classes ? tags : l ? l->modules : score; *m; m++)
        ink_json_append(modules, ink_json_new_text(*m, strlen(*m)));
    ink_json_set(config, "modules_to_save", modules);
    ink_adapter_text(config, "task_type", classes ? "SEQ_CLS" : "TOKEN_CLS");
}

static ink_json *adapter_config(const ink_adapter_new *a)
{
    ink_json *j = ink_json_new_object();
    ink_adapter_text(j, "peft_type", a->m->peft);
    if (a->labels)
        adapter_modules(a, j);
    else if (a->o->stage == INK_STAGE_EMBED)
        ink_adapter_text(j, "task_type", "FEATURE_EXTRACTION");
    else if (!ink_model_architecture(a->model)->encoder) /* PEFT has no word for masked words */
        ink_adapter_text(j, "task_type", ink_model_architecture(a->model)->source ? "SEQ_2_SEQ_LM" : "CAUSAL_LM");
    ink_adapter_text(j, "base_model_name_or_path", a->o->model);
    ink_json_set(j, "inference_mode", ink_json_new_bool(1));
    a->m->describe(a, j);
    return j;
}

static ink_status adapter_file(const ink_adapter_file *f, const char *folder, const char *name, ink_err *err)
{
    ink_path path;
    INK_TRY(ink_path_format(&path, err, "%s/%s.safetensors", folder, name));
    return ink_safetensors_write(path.text, f->list, f->count, NULL, err);
}

static ink_status adapter_write(const ink_adapter_new *a, const char *folder, ink_err *err)
{
    ink_path path;
    INK_TRY(ink_path_make(folder, err));
    INK_TRY(ink_path_format(&path, err, "%s/adapter_config.json", folder));
    ink_json *config = adapter_config(a);
    ink_status status = ink_json_write(path.text, config, err);
    ink_json_free(config);
    INK_TRY(status);
    if (a->labels)
        INK_TRY(ink_labels_write(a->labels, folder, true, err));
    INK_TRY(adapter_file(&a->own, folder, "adapter_model", err));
    return a->encoder.count ? adapter_file(&a->encoder, folder, INK_PROMPT_ENCODER_FILE, err) : INK_OK;
}

ink_status ink_adapter_create(const ink_train_options *o, const ink_method_adapter *m, const ink_model *model, const ink_labels *labels, const char *folder, ink_err *err)
{
    ink_adapter_new a = { .o = o, .m = m, .model = model, .labels = labels };
    if (o->pissa)
        INK_TRY(ink_kernels_init(&a.kernels, err));
    INK_TRY(ink_arena_new("new adapter", 0, &a.arena, err));
    a.targets = ink_json_new_array();
    ink_status status = adapter_describe(&a, err);
    if (status == INK_OK)
        status = m->draw(&a, err);
    if (status == INK_OK)
        status = adapter_head(&a, err);
    if (status == INK_OK)
        status = adapter_write(&a, folder, err);
    ink_json_free(a.targets);
    ink_arena_free(a.arena);
    return status;
}
