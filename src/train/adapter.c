/* A new adapter: a PEFT folder whose values are drawn, and opened like any other then. A is uniform within 1 / sqrt(in) and B zero
   (Hu et al. 2022, section 4.1), DoRA's magnitudes are the lengths of the weight's rows, IA3's factors one; a prompt begins as
   tokens of the vocabulary (Lester et al. 2021, section 3.2), a prefix near zero. */
#include "base/file.h"
#include "base/path.h"
#include "base/rng.h"
#include "formats/write.h"
#include "train/principal.h"
#include "train/train.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ADAPTER_NAME = 320, ADAPTER_PARTS = 3 };

typedef struct adapter_new {
    const ink_train_options *o;
    const ink_method *m;
    const ink_model *model;
    ink_arena *arena;
    ink_nn_weights weights;   /* what the model asks for while it describes itself */
    ink_write_tensor *list;
    char (*names)[ADAPTER_NAME];
    ink_json *targets;
    size_t count;
    bool turned;              /* GPT-2's layers */
    ink_kernels kernels;      /* of PiSSA */
} adapter_new;

static ink_status adapter_describe(adapter_new *a, ink_err *err)
{
    const ink_architecture *arch = ink_model_architecture(a->model);
    a->weights = (ink_nn_weights){ .file = ink_model_weights(a->model), .rules = arch->rules, .arena = a->arena, .dense = true };
    INK_TRY(ink_architecture_ask(arch, ink_model_config(a->model), &a->weights, err));
    a->list = ink_arena_array(a->arena, ADAPTER_PARTS * a->weights.count + 1, sizeof *a->list);
    a->names = ink_arena_array(a->arena, ADAPTER_PARTS * a->weights.count + 1, sizeof *a->names);
    return a->list && a->names ? INK_OK : ink_arena_refused(a->arena, a->weights.count * sizeof *a->names, err);
}

static float *adapter_add(adapter_new *a, const char *layer, const char *part, size_t ndim, size_t rows, size_t width)
{
    ink_write_tensor *t = &a->list[a->count];
    float *data = ink_arena_array(a->arena, rows * width + 1, sizeof *data);
    if (layer)
        snprintf(a->names[a->count], sizeof *a->names, "base_model.model.%s.%s", layer, part);
    else
        snprintf(a->names[a->count], sizeof *a->names, "%s", part);
    *t = (ink_write_tensor){ .name = a->names[a->count], .type = INK_F32, .ndim = ndim, .dims = { ndim == 1 ? width : rows, width }, .data = data, .bytes = rows * width * sizeof *data };
    a->count += data != NULL;
    return data;
}

/* The last part of a layer's name, once. */
static void adapter_target(adapter_new *a, const char *layer)
{
    const char *last = strrchr(layer, '.') ? strrchr(layer, '.') + 1 : layer;
    for (size_t i = 0; i < ink_json_size(a->targets); i++)
        if (!strcmp(ink_json_string(ink_json_at(a->targets, i), ""), last))
            return;
    ink_json_append(a->targets, ink_json_new_text(last, strlen(last)));
}

/* Whether a layer's name ends in one of a list of names, parted by commas. */
static bool adapter_named(const char *layer, const char *list)
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

static bool adapter_magnitudes(const ink_nn_weight *w, size_t out, float *size)
{
    const ink_tensor *t = w->tensor;
    float *row = malloc(t->dims[1] * sizeof *row);
    double *sum = calloc(out, sizeof *sum);
    for (size_t r = 0; row && sum && r < t->dims[0]; r++) {
        ink_dequantize(t->type, t->data + r * (t->bytes / t->dims[0]), t->dims[1], row);
        for (size_t c = 0; c < t->dims[1]; c++)
            sum[w->change == INK_NAME_TRANSPOSED ? c : r] += (double)row[c] * (double)row[c];
    }
    for (size_t i = 0; row && sum && i < out; i++)
        size[i] = (float)sqrt(sum[i]);
    const bool made = row && sum;
    free(row);
    free(sum);
    return made;
}

/* The weight as floats [out, in]; NULL: no memory. */
static float *adapter_floats(const ink_nn_weight *w, size_t out, size_t in)
{
    const ink_tensor *t = w->tensor;
    float *all = malloc(out * in * sizeof *all), *row = malloc(t->dims[1] * sizeof *row);
    for (size_t r = 0; all && row && r < t->dims[0]; r++) {
        ink_dequantize(t->type, t->data + r * (t->bytes / t->dims[0]), t->dims[1], row);
        for (size_t c = 0; c < t->dims[1]; c++)
            all[w->change == INK_NAME_TRANSPOSED ? c * in + r : r * in + c] = row[c];
    }
    if (!row) {
        free(all);
        all = NULL;
    }
    free(row);
    return all;
}

static double adapter_scale(const ink_train_options *o)
{
    const double alpha = o->alpha > 0 ? o->alpha : 2.0 * (double)o->rank;
    return alpha / (o->rslora ? sqrt((double)o->rank) : (double)o->rank);
}

/* PiSSA (Meng et al. 2024, section 3): B A begins as the strongest directions, and what learns is the difference to them. Here the weight stays
   as it is: beside A and B lie A and -B as they began, which rest (method.c), so any reader of LoRA has the same model. */
static ink_status adapter_pissa(adapter_new *a, const ink_nn_weight *w, const char *layer, size_t out, size_t in, ink_err *err)
{
    const size_t rank = (size_t)a->o->rank;
    const float by = (float)(1 / sqrt(adapter_scale(a->o)));
    float *matrix = adapter_floats(w, out, in), *down = adapter_add(a, layer, "lora_A.weight", 2, 2 * rank, in), *up = adapter_add(a, layer, "lora_B.weight", 2, out, 2 * rank);
    float *left = malloc(out * rank * sizeof *left);
    const bool there = matrix && down && up && left;
    ink_status status = there ? ink_principal_find(&(ink_principal){ &a->kernels, matrix, out, in, rank, (uint64_t)a->o->seed, left, down }, err)
                              : ink_fail(err, INK_E_MEMORY, "no memory for the strongest directions of %s", w->name);
    for (size_t i = 0; there && i < rank * in; i++)
        down[rank * in + i] = down[i] *= by;
    for (size_t i = 0; there && i < out * rank; i++) {
        float *row = up + i / rank * 2 * rank + i % rank;
        row[0] = left[i] * by;
        row[rank] = -row[0];
    }
    free(matrix);
    free(left);
    return status;
}

static bool adapter_lora(adapter_new *a, const ink_nn_weight *w, const char *layer, size_t out, size_t in)
{
    const size_t rank = (size_t)a->o->rank;
    const double most = 1 / sqrt((double)in);
    float *down = adapter_add(a, layer, "lora_A.weight", 2, rank, in);
    for (size_t i = 0; down && i < rank * in; i++)
        down[i] = (float)(most * (2 * ink_rng_uniform((uint64_t)a->o->seed, (uint64_t)(w->tensor - ink_weights_at(a->weights.file, 0)), i) - 1));
    float *up = adapter_add(a, layer, "lora_B.weight", 2, out, rank), *size = a->m->dora ? adapter_add(a, layer, "lora_magnitude_vector", 1, 1, out) : up;
    return down && up && size && (!a->m->dora || adapter_magnitudes(w, out, size));
}

static bool adapter_ia3(adapter_new *a, const char *layer, size_t out, size_t in)
{
    const bool input = adapter_named(layer, "mlp.c_proj,down_proj,wo");
    float *factor = input ? adapter_add(a, layer, "ia3_l", 2, 1, in) : adapter_add(a, layer, "ia3_l", 2, out, 1);
    for (size_t i = 0; factor && i < (input ? in : out); i++)
        factor[i] = 1;
    return factor;
}

/* Layers are what the model multiplies with, but for its table of tokens and its head. */
static ink_status adapter_layers(adapter_new *a, ink_err *err)
{
    const char *target = a->m->adapter == INK_ADAPTER_IA3 ? "k_proj,v_proj,down_proj,c_attn,mlp.c_proj,k,v,wo" : a->o->lora_target;
    for (size_t i = 0; i < a->weights.count; i++) {
        const ink_nn_weight *w = a->weights.list[i];
        char layer[ADAPTER_NAME];
        const bool turned = w->change == INK_NAME_TRANSPOSED;
        if (!w->matrix || !strcmp(w->name, ink_model_architecture(a->model)->embedding) || !strcmp(w->name, ink_architecture_output(ink_model_architecture(a->model))))
            continue;
        snprintf(layer, sizeof layer, "%.*s", (int)(strlen(w->name) - strlen(".weight")), w->name);
        if (strcmp(target, "all") && !adapter_named(layer, target))
            continue;
        const size_t out = w->tensor->dims[turned ? 1 : 0], in = w->tensor->dims[turned ? 0 : 1];
        if (w->change == INK_NAME_ROPE_ROWS && (a->m->dora || a->o->pissa))
            return ink_fail(err, INK_E_UNSUPPORTED, "a new %s adapter cannot begin from this GGUF yet; use the Hugging Face folder of the model", a->m->dora ? "DoRA" : "PiSSA");
        if (a->o->pissa)
            INK_TRY(adapter_pissa(a, w, layer, out, in, err));
        else if (!(a->m->adapter == INK_ADAPTER_IA3 ? adapter_ia3(a, layer, out, in) : adapter_lora(a, w, layer, out, in)))
            return ink_arena_refused(a->arena, out * in, err);
        a->turned |= turned;
        adapter_target(a, layer);
    }
    return a->count ? INK_OK : ink_fail(err, INK_E_ARGUMENT, "no layer of the model is called %s (lora_target)", target);
}

static ink_status adapter_before(adapter_new *a, ink_err *err)
{
    const ink_config *c = ink_model_config(a->model);
    const bool prompt = a->m->adapter == INK_ADAPTER_PROMPT;
    const size_t n = (size_t)a->o->virtual_tokens, width = prompt ? c->width : 2 * c->layers * c->kv_heads * c->head_dim;
    float *data = adapter_add(a, NULL, "prompt_embeddings", 2, n, width);
    ink_name_change change;
    const ink_tensor *t = ink_names_find(ink_model_architecture(a->model)->rules, a->weights.file, ink_model_architecture(a->model)->embedding, &change, NULL);
    for (size_t r = 0; data && r < n; r++) {
        const uint64_t token = ink_rng_bits((uint64_t)a->o->seed, 2, r) % c->vocab;
        if (prompt && t)
            ink_dequantize(t->type, t->data + token * (t->bytes / c->vocab), width, data + r * width);
        for (size_t i = 0; !prompt && i < width; i++)
            data[r * width + i] = (float)(0.04 * (ink_rng_uniform((uint64_t)a->o->seed, 3, r * width + i) - 0.5));
    }
    return data ? INK_OK : ink_arena_refused(a->arena, n * width, err);
}

static void adapter_text(ink_json *j, const char *key, const char *text) { ink_json_set(j, key, ink_json_new_text(text, strlen(text))); }

static ink_json *adapter_config(const adapter_new *a)
{
    static const char *const types[] = { [INK_ADAPTER_LORA] = "LORA", [INK_ADAPTER_IA3] = "IA3", [INK_ADAPTER_PROMPT] = "PROMPT_TUNING", [INK_ADAPTER_PREFIX] = "PREFIX_TUNING" };
    const ink_config *c = ink_model_config(a->model);
    const ink_adapter_kind kind = a->m->adapter;
    ink_json *j = ink_json_new_object();
    adapter_text(j, "peft_type", types[kind]);
    if (!ink_model_architecture(a->model)->encoder) /* PEFT has no word for masked words */
        adapter_text(j, "task_type", ink_model_architecture(a->model)->source ? "SEQ_2_SEQ_LM" : "CAUSAL_LM");
    adapter_text(j, "base_model_name_or_path", a->o->model);
    ink_json_set(j, "inference_mode", ink_json_new_bool(1));
    if (kind == INK_ADAPTER_PROMPT || kind == INK_ADAPTER_PREFIX) {
        ink_json_set(j, "num_virtual_tokens", ink_json_new_integer(a->o->virtual_tokens));
        ink_json_set(j, "num_layers", ink_json_new_integer((int64_t)c->layers));
        ink_json_set(j, "num_transformer_submodules", ink_json_new_integer(1));
        ink_json_set(j, "num_attention_heads", ink_json_new_integer((int64_t)(kind == INK_ADAPTER_PREFIX ? c->kv_heads : c->heads)));
        ink_json_set(j, "token_dim", ink_json_new_integer((int64_t)(kind == INK_ADAPTER_PREFIX ? c->kv_heads * c->head_dim : c->width)));
        return j;
    }
    ink_json *targets = ink_json_new_array();
    for (size_t i = 0; i < ink_json_size(a->targets); i++)
        ink_json_append(targets, ink_json_new_text(ink_json_string(ink_json_at(a->targets, i), ""), strlen(ink_json_string(ink_json_at(a->targets, i), ""))));
    ink_json_set(j, "target_modules", targets);
    ink_json_set(j, "fan_in_fan_out", ink_json_new_bool(a->turned));
    if (kind == INK_ADAPTER_IA3) {
        ink_json *inputs = ink_json_new_array();
        const char *name = a->turned ? "mlp.c_proj" : ink_model_architecture(a->model)->source ? "wo" : "down_proj";
        ink_json_append(inputs, ink_json_new_text(name, strlen(name)));
        ink_json_set(j, "feedforward_modules", inputs);
        return j;
    }
    const int64_t rank = a->o->pissa ? 2 * a->o->rank : a->o->rank;
    ink_json_set(j, "r", ink_json_new_integer(rank));
    ink_json_set(j, "lora_alpha", ink_json_new_number(adapter_scale(a->o) * (a->o->rslora ? sqrt((double)rank) : (double)rank)));
    ink_json_set(j, "lora_dropout", ink_json_new_number(0));
    ink_json_set(j, "use_rslora", ink_json_new_bool(a->o->rslora));
    ink_json_set(j, "use_dora", ink_json_new_bool(a->m->dora));
    adapter_text(j, "bias", "none");
    return j;
}

static ink_status adapter_write(const adapter_new *a, const char *folder, ink_err *err)
{
    ink_path path;
    INK_TRY(ink_path_make(folder, err));
    INK_TRY(ink_path_format(&path, err, "%s/adapter_config.json", folder));
    ink_json *config = adapter_config(a);
    ink_status status = ink_json_write(path.text, config, err);
    ink_json_free(config);
    INK_TRY(status);
    INK_TRY(ink_path_format(&path, err, "%s/adapter_model.safetensors", folder));
    return ink_safetensors_write(path.text, a->list, a->count, NULL, err);
}

ink_status ink_adapter_create(const ink_train_options *o, const ink_method *m, const ink_model *model, const char *folder, ink_err *err)
{
    adapter_new a = { .o = o, .m = m, .model = model };
    if (o->pissa)
        INK_TRY(ink_kernels_init(&a.kernels, err));
    INK_TRY(ink_arena_new("new adapter", 0, &a.arena, err));
    a.targets = ink_json_new_array();
    ink_status status = adapter_describe(&a, err);
    if (status == INK_OK)
        status = m->adapter == INK_ADAPTER_LORA || m->adapter == INK_ADAPTER_IA3 ? adapter_layers(&a, err) : adapter_before(&a, err);
    if (status == INK_OK)
        status = adapter_write(&a, folder, err);
    ink_json_free(a.targets);
    ink_arena_free(a.arena);
    return status;
}
