/* Opening adapters and refusing what would silently do something else. */
#include "models/adapter.h"

#include "base/file.h"
#include "base/path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *peft;
    ink_adapter_kind kind;
} adapter_kinds[] = { { "LORA", INK_ADAPTER_LORA }, { "IA3", INK_ADAPTER_IA3 }, { "PROMPT_TUNING", INK_ADAPTER_PROMPT }, { "P_TUNING", INK_ADAPTER_PROMPT }, { "PREFIX_TUNING", INK_ADAPTER_PREFIX } };

static ink_status adapter_kind(ink_nn_adapter *a, const ink_json *config, const char *path, ink_err *err)
{
    const char *name = ink_json_string(ink_json_get(config, "peft_type"), "");
    for (size_t i = 0; i < sizeof adapter_kinds / sizeof *adapter_kinds; i++)
        if (!strcmp(name, adapter_kinds[i].peft)) {
            a->kind = adapter_kinds[i].kind;
            return INK_OK;
        }
    return ink_fail(err, INK_E_UNSUPPORTED, "%s: adapters of type \"%.40s\" are not known; LORA, IA3, PROMPT_TUNING, P_TUNING and PREFIX_TUNING are", path, name);
}

static ink_status adapter_settings(ink_nn_adapter *a, const ink_json *config, const char *path, ink_err *err)
{
    static const char *const refused[] = { "rank_pattern", "alpha_pattern", "layer_replication" };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (ink_json_size(ink_json_get(config, refused[i])))
            return ink_fail(err, INK_E_UNSUPPORTED, "%s: its %s is not known to inkstone", path, refused[i]);
    a->alpha = ink_json_number(ink_json_get(config, "lora_alpha"), 8);
    a->root = ink_json_bool(ink_json_get(config, "use_rslora"), 0);
    a->dora = ink_json_bool(ink_json_get(config, "use_dora"), 0);
    if (a->kind != INK_ADAPTER_PROMPT && a->kind != INK_ADAPTER_PREFIX)
        return INK_OK;
    const ink_tensor *t = ink_weights_find(a->weights.file, "prompt_embeddings");
    if (!t || t->ndim != 2 || !t->dims[0] || t->dims[0] > 4096)
        return ink_fail(err, INK_E_FORMAT, "%s: has no table prompt_embeddings of at most 4096 rows", path);
    a->tokens = t->dims[0];
    return INK_OK;
}

/* "DIR:0.5" is a folder and a number, unless a folder of that name exists. */
static ink_status adapter_split(const char *spec, ink_path *folder, double *strength, ink_err *err)
{
    const char *colon = strrchr(spec, ':');
    char *end;
    *strength = 1;
    if (!colon || ink_file_kind(spec))
        return ink_path_format(folder, err, "%s", spec);
    *strength = strtod(colon + 1, &end);
    if (*end || end == colon + 1)
        return ink_path_format(folder, err, "%s", spec);
    return ink_path_format(folder, err, "%.*s", (int)(colon - spec), spec);
}

static ink_status adapter_open_folder(ink_nn_adapter *a, const char *folder, ink_err *err)
{
    ink_json *config;
    ink_path path;
    INK_TRY(ink_path_format(&path, err, "%s/adapter_config.json", folder));
    if (ink_file_kind(folder) != 'd' || ink_file_kind(path.text) != 'f')
        return ink_fail(err, INK_E_NOT_FOUND, "%s: is no folder of an adapter; adapter_config.json is not in it", folder);
    INK_TRY(ink_json_read(path.text, 1 << 20, &config, err));
    ink_weights *file = NULL;
    ink_status status = ink_path_format(&path, err, "%s/adapter_model.safetensors", folder);
    if (status == INK_OK)
        status = ink_weights_open(path.text, &file, err);
    a->weights.file = file;
    if (status == INK_OK)
        status = adapter_kind(a, config, folder, err);
    if (status == INK_OK)
        status = adapter_settings(a, config, folder, err);
    ink_json_free(config);
    return status;
}

/* An adapter made for a body alone lacks the prefix of the model's family, as a file of such a body does. */
static ink_status adapter_rules(ink_nn_adapter *a, const ink_model *model, ink_err *err)
{
    static const ink_name_rule none[] = { { NULL, NULL, NULL, INK_NAME_SAME } };
    const ink_name_rule *of = ink_model_architecture(model)->rules;
    size_t count = 0, made = 0;
    a->weights.rules = none;
    if (!ink_model_architecture(model)->encoder)
        return INK_OK;
    while (of[count].format)
        count++;
    ink_name_rule *rules = ink_arena_array(a->weights.arena, count + 1, sizeof *rules);
    for (size_t i = 0; rules && i < count; i++)
        if (!strcmp(of[i].format, "safetensors")) {
            rules[made] = of[i];
            rules[made].file = ink_arena_format(a->weights.arena, "base_model.model.%s", of[i].file);
            rules[made].name = ink_arena_format(a->weights.arena, "base_model.model.%s", of[i].name);
            if (!rules[made].file || !rules[made++].name)
                rules = NULL;
        }
    if (!rules)
        return ink_arena_refused(a->weights.arena, count * sizeof *rules, err);
    rules[made] = none[0];
    a->weights.rules = rules;
    return INK_OK;
}

static ink_status adapter_open(ink_nn_adapter *a, const char *path, const ink_model *model, ink_err *err)
{
    INK_TRY(adapter_rules(a, model, err));
    return ink_file_kind(path) == 'f' ? ink_adapter_gguf_open(a, path, model, err) : adapter_open_folder(a, path, err);
}

static bool adapter_before(const ink_nn_adapter *a) { return a->kind == INK_ADAPTER_PROMPT || a->kind == INK_ADAPTER_PREFIX; }

static ink_status adapter_together(const ink_adapters *all, const ink_nn_adapter *a, const char *folder, ink_err *err)
{
    if (a->kind != INK_ADAPTER_LORA && a->strength != 1)
        return ink_fail(err, INK_E_ARGUMENT, "%s: only adapters of the LoRA family can be scaled", folder);
    for (size_t i = 0; i < all->count; i++) {
        const ink_nn_adapter *b = all->list[i];
        if ((adapter_before(a) && adapter_before(b)) || (a->kind == INK_ADAPTER_IA3 && b->kind == INK_ADAPTER_IA3))
            return ink_fail(err, INK_E_ARGUMENT, "%s: at most one prompt or prefix and one IA3 act at a time", folder);
        if (a->kind == INK_ADAPTER_LORA && b->kind == INK_ADAPTER_LORA && (a->dora || b->dora))
            return ink_fail(err, INK_E_ARGUMENT, "%s: DoRA sets the size of the whole weight, so no other adapter of the LoRA family acts beside it", folder);
    }
    return INK_OK;
}

ink_status ink_adapters_add(ink_adapters *all, const char *spec, const ink_model *model, ink_arena *arena, ink_err *err)
{
    ink_path path;
    if (all->count == INK_ADAPTERS)
        return ink_fail(err, INK_E_LIMIT, "more than %d adapters", INK_ADAPTERS);
    ink_nn_adapter *a = ink_arena_alloc(arena, sizeof *a);
    if (!a)
        return ink_arena_refused(arena, sizeof *a, err);
    *a = (ink_nn_adapter){ .weights = { .arena = arena } };
    INK_TRY(adapter_split(spec, &path, &a->strength, err));
    ink_status status = adapter_open(a, path.text, model, err);
    if (status == INK_OK)
        status = adapter_together(all, a, path.text, err);
    all->list[all->count] = a;
    all->count += status == INK_OK;
    if (status != INK_OK)
        ink_weights_close((ink_weights *)(uintptr_t)a->weights.file);
    return status;
}

ink_status ink_adapters_check(const ink_adapters *all, ink_err *err)
{
    for (size_t i = 0; i < all->count; i++) {
        const ink_nn_weights *w = &all->list[i]->weights;
        for (size_t t = 0; t < ink_weights_count(w->file); t++) {
            const ink_tensor *tensor = ink_weights_at(w->file, t);
            if (!ink_nn_weights_asked(w, tensor))
                return ink_fail(err, INK_E_FORMAT, "%s: %s belongs to no layer of this model; the adapter is of another one", ink_weights_path(w->file), tensor->name);
        }
    }
    return INK_OK;
}

void ink_adapters_close(ink_adapters *all)
{
    for (size_t i = 0; i < all->count; i++) {
        ink_nn_weights_free(&all->list[i]->weights);
        ink_weights_close((ink_weights *)(uintptr_t)all->list[i]->weights.file);
    }
    all->count = 0;
}

size_t ink_adapters_tokens(const ink_adapters *all, ink_adapter_kind kind)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->list[i]->kind == kind)
            return all->list[i]->tokens;
    return 0;
}
