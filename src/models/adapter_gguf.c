/* LoRA as a GGUF, as llama.cpp lays it out: general.type is "adapter", adapter.type "lora", and for a matrix X of the model's GGUF there are X.lora_a
   [rank, in] and X.lora_b [out, rank], whose rows lie as X's do. What the product is multiplied by is adapter.lora.alpha / rank. */
#include "base/text.h"
#include "formats/write.h"
#include "models/adapter.h"
#include "tensor/weights.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LORA_NAME = INK_NAMES_LONGEST + 64 };

static const struct lora_part { /* as a GGUF and as PEFT call the two halves */
    const char *file, *peft;
    bool up;
} lora_parts[] = { { ".lora_a", ".lora_A.weight", false }, { ".lora_b", ".lora_B.weight", true } };
static const char lora_prefix[] = "base_model.model.";

static ink_name_heads lora_heads(const ink_config *c) { return (ink_name_heads){ .head_dim = c->head_dim, .kv_heads = c->kv_heads }; }

/* ---- reading ---- */

static ink_status lora_check(const ink_weights *w, const ink_model *model, double *alpha, ink_err *err)
{
    const char *path = ink_weights_path(w);
    const ink_meta *of = ink_weights_meta(w, "general.architecture"), *by = ink_weights_meta(w, "adapter.lora.alpha");
    char name[64] = "";
    if (strcmp(ink_weights_format(w), "gguf") || !ink_config_says(w, "general.type", "adapter"))
        return ink_fail(err, INK_E_FORMAT, "%s: is no adapter: a GGUF of one says so (general.type), and PEFT's are folders", path);
    if (!ink_config_says(w, "adapter.type", "lora") || ink_weights_meta(w, "adapter.alora.invocation_tokens"))
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: is an adapter of another kind than plain LoRA (adapter.type)", path);
    if (of && of->type == INK_META_TEXT)
        snprintf(name, sizeof name, "%.*s", (int)(of->text.size < 60 ? of->text.size : 60), of->text.data);
    if (!ink_architecture_goes_by(ink_model_architecture(model), name))
        return ink_fail(err, INK_E_FORMAT, "%s: is an adapter for models of architecture \"%s\", and this one is %s", path, name, ink_model_architecture(model)->name);
    *alpha = by && (by->type == INK_META_REAL || by->type == INK_META_INTEGER) ? by->real : 0;
    return isfinite(*alpha) && *alpha > 0 ? INK_OK : ink_fail(err, INK_E_FORMAT, "%s: its adapter.lora.alpha is missing, or is no number above 0", path);
}

/* The matrix of the model that the file calls `own`, with Hugging Face's name: of those that it may mean, the one that the model asks for. */
static const ink_nn_weight *lora_base(const ink_nn_weights *asked, const char *own, ink_name_change *change)
{
    char name[INK_NAMES_LONGEST];
    for (size_t at = 0; ink_names_general_at(asked->rules, "gguf", own, at, name, change); at++)
        for (size_t i = 0; i < asked->count && *change != INK_NAME_EXPERT; i++)
            if (!strcmp(asked->list[i]->name, name) && asked->list[i]->tensor->ndim == 2 && ink_ends(name, ".weight"))
                return asked->list[i];
    return NULL;
}

/* The bytes of a matrix with its rows in Hugging Face's order. */
static ink_status lora_rows(const ink_weights *w, const ink_tensor *t, ink_name_change change, ink_name_heads heads, uint8_t **out, ink_err *err)
{
    const size_t rows = (size_t)t->dims[0], row = t->bytes / rows;
    if (!heads.head_dim || rows % heads.head_dim)
        return ink_fail(err, INK_E_FORMAT, "%s: %s has %zu rows, which are no whole heads of %zu", ink_weights_path(w), t->name, rows, heads.head_dim);
    if (!(*out = ink_arena_alloc(w->arena, t->bytes)))
        return ink_arena_refused(w->arena, t->bytes, err);
    for (size_t r = 0; r < rows; r++)
        memcpy(*out + r * row, t->data + ink_name_row(change, heads, rows, r) * row, row);
    return INK_OK;
}

static ink_status lora_take(ink_weights *w, size_t i, const ink_nn_weights *asked, ink_name_heads heads, ink_err *err)
{
    const ink_tensor *t = ink_weights_at(w, i);
    const struct lora_part *part = ink_ends(t->name, lora_parts[0].file) ? &lora_parts[0] : ink_ends(t->name, lora_parts[1].file) ? &lora_parts[1] : NULL;
    char own[LORA_NAME], peft[LORA_NAME];
    ink_name_change change;
    uint8_t *rows = NULL;
    if (!part)
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: holds %.200s, which is no half of a LoRA (.lora_a, .lora_b)", ink_weights_path(w), t->name);
    snprintf(own, sizeof own, "%.*s", (int)(strlen(t->name) - strlen(part->file)), t->name);
    const ink_nn_weight *base = lora_base(asked, own, &change);
    if (!base)
        return ink_fail(err, INK_E_FORMAT, "%s: %.200s belongs to no layer of this model; the adapter is of another one", ink_weights_path(w), t->name);
    const bool turned = base->change == INK_NAME_TRANSPOSED;
    if (t->ndim != 2 || t->dims[!part->up] != base->tensor->dims[part->up ? turned : !turned])
        return ink_fail(err, INK_E_FORMAT, "%s: %.200s does not fit the %llu × %llu of the model's", ink_weights_path(w), t->name, (unsigned long long)base->tensor->dims[turned],
                        (unsigned long long)base->tensor->dims[!turned]);
    if (part->up && ink_name_moves(change))
        INK_TRY(lora_rows(w, t, change, heads, &rows, err));
    snprintf(peft, sizeof peft, "%s%.*s%s", lora_prefix, (int)(strlen(base->name) - strlen(".weight")), base->name, part->peft);
    return ink_weights_put(w, i, peft, rows, err);
}

static ink_status lora_take_all(ink_weights *w, const ink_model *model, ink_arena *arena, ink_err *err)
{
    const ink_architecture *arch = ink_model_architecture(model);
    ink_nn_weights asked = { .file = ink_model_weights(model), .rules = arch->rules, .arena = arena, .dense = true };
    INK_TRY(ink_architecture_ask(arch, ink_model_config(model), &asked, err));
    for (size_t i = 0; i < ink_weights_count(w); i++)
        INK_TRY(lora_take(w, i, &asked, lora_heads(ink_model_config(model)), err));
    return ink_weights_count(w) ? ink_weights_seal(w, err) : ink_fail(err, INK_E_FORMAT, "%s: holds no tensor", ink_weights_path(w));
}

ink_status ink_adapter_gguf_open(ink_nn_adapter *a, const char *path, const ink_model *model, ink_err *err)
{
    ink_weights *w;
    INK_TRY(ink_weights_open(path, &w, err));
    a->weights.file = w;
    a->kind = INK_ADAPTER_LORA;
    INK_TRY(lora_check(w, model, &a->alpha, err));
    ink_arena *arena;
    INK_TRY(ink_arena_new("names of a model", 0, &arena, err));
    ink_status status = lora_take_all(w, model, arena, err);
    ink_arena_free(arena);
    return status;
}

/* ---- writing ---- */

typedef struct lora_file {
    const ink_nn_adapter *a;
    const ink_model *model;
    ink_name_change *changes; /* [tensor] */
} lora_file;

static ink_status lora_feed(void *user, size_t which, ink_write_sink *to, ink_err *err)
{
    const lora_file *f = user;
    const ink_tensor *t = ink_weights_at(f->a->weights.file, which);
    const ink_name_heads heads = lora_heads(ink_model_config(f->model));
    if (!ink_name_moves(f->changes[which]))
        return ink_write_more(to, t->data, t->bytes, err);
    const size_t rows = (size_t)t->dims[0], row = t->bytes / rows;
    for (size_t r = 0; r < rows; r++)
        INK_TRY(ink_write_more(to, t->data + ink_name_row_back(f->changes[which], heads, rows, r) * row, row, err));
    return INK_OK;
}

/* What a GGUF calls one of PEFT's tensors, whose shape is the model's. */
static ink_status lora_name(const lora_file *f, size_t which, char own[LORA_NAME], ink_err *err)
{
    const ink_weights *w = f->a->weights.file;
    const ink_tensor *t = ink_weights_at(w, which);
    const ink_architecture *arch = ink_model_architecture(f->model);
    char name[LORA_NAME], found[INK_NAMES_LONGEST];
    ink_name_change there = INK_NAME_SAME;
    for (size_t p = 0; p < 2; p++) {
        const struct lora_part *part = &lora_parts[p];
        if (strncmp(t->name, lora_prefix, sizeof lora_prefix - 1) || !ink_ends(t->name, part->peft))
            continue;
        snprintf(name, sizeof name, "%.*s.weight", (int)(strlen(t->name) - strlen(part->peft) - (sizeof lora_prefix - 1)), t->name + sizeof lora_prefix - 1);
        const ink_tensor *base = strlen(name) < INK_NAMES_LONGEST ? ink_names_find(arch->rules, ink_model_weights(f->model), name, &there, NULL) : NULL;
        const bool turned = there == INK_NAME_TRANSPOSED;
        if (!base || base->ndim != 2 || t->ndim != 2 || t->dims[!part->up] != base->dims[part->up ? turned : !turned])
            return ink_fail(err, INK_E_FORMAT, "%s: %s fits no matrix of %s", ink_weights_path(w), t->name, ink_weights_path(ink_model_weights(f->model)));
        f->changes[which] = ink_names_foreign(arch->rules, "gguf", name, ink_model_config(f->model)->variant, found);
        if (!strcmp(found, name) || f->changes[which] == INK_NAME_EXPERT)
            return ink_fail(err, INK_E_UNSUPPORTED, "%s: a GGUF has no word for %s of this architecture", ink_weights_path(w), t->name);
        f->changes[which] = part->up ? f->changes[which] : INK_NAME_SAME;
        snprintf(own, LORA_NAME, "%s%s", found, part->file);
        return INK_OK;
    }
    return ink_fail(err, INK_E_UNSUPPORTED, "%s: %s is no half of a LoRA, and a GGUF of an adapter holds nothing else", ink_weights_path(w), t->name);
}

/* rsLoRA's root goes into alpha, so all ranks have to be the same. */
static ink_status lora_alpha(const ink_nn_adapter *a, double *alpha, ink_err *err)
{
    uint64_t rank = 0;
    for (size_t i = 0; i < ink_weights_count(a->weights.file); i++) {
        const ink_tensor *t = ink_weights_at(a->weights.file, i);
        if (!ink_ends(t->name, lora_parts[0].peft))
            continue;
        if (a->root && rank && rank != t->dims[0])
            return ink_fail(err, INK_E_UNSUPPORTED, "%s: its ranks differ and alpha is divided by their roots, which a GGUF cannot say", ink_weights_path(a->weights.file));
        rank = t->dims[0];
    }
    *alpha = a->strength * a->alpha * (a->root ? sqrt((double)rank) : 1);
    return *alpha > 0 ? INK_OK : ink_fail(err, INK_E_ARGUMENT, "%s: a GGUF says alpha %g as nothing; give the adapter a scale above 0", ink_weights_path(a->weights.file), *alpha);
}

static const char *lora_architecture(const ink_model *model)
{
    const ink_kind *kinds = ink_model_architecture(model)->kinds;
    for (const ink_kind *k = kinds; k && k->file; k++)
        if (!strcmp(k->hugging, ink_model_kind(model)) || !strcmp(k->file, ink_model_kind(model)))
            return k->file;
    return NULL;
}

static ink_status lora_write(const lora_file *f, ink_write_tensor *list, char (*names)[LORA_NAME], const char *path, ink_err *err)
{
    const char *architecture = lora_architecture(f->model);
    const size_t count = ink_weights_count(f->a->weights.file);
    ink_gguf_pairs pairs;
    double alpha = 0;
    if (!architecture)
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: models of architecture %s have no form in a GGUF", ink_weights_path(ink_model_weights(f->model)), ink_model_architecture(f->model)->name);
    INK_TRY(lora_alpha(f->a, &alpha, err));
    for (size_t i = 0; i < count; i++) {
        const ink_tensor *t = ink_weights_at(f->a->weights.file, i);
        INK_TRY(lora_name(f, i, names[i], err));
        list[i] = (ink_write_tensor){ .name = names[i], .type = t->type, .ndim = t->ndim, .dims = { t->dims[0], t->dims[1] }, .bytes = t->bytes };
    }
    ink_gguf_pairs_init(&pairs);
    ink_gguf_text(&pairs, "general.architecture", architecture, strlen(architecture));
    ink_gguf_text(&pairs, "general.type", "adapter", strlen("adapter"));
    ink_gguf_text(&pairs, "adapter.type", "lora", strlen("lora"));
    ink_gguf_real(&pairs, "adapter.lora.alpha", alpha);
    ink_status status = ink_gguf_write(path, &pairs, list, count, &(ink_write_feed){ lora_feed, (void *)(uintptr_t)f }, err);
    ink_gguf_pairs_clear(&pairs);
    return status;
}

ink_status ink_adapter_gguf_write(const ink_nn_adapter *a, const ink_model *model, const char *path, ink_err *err)
{
    if (a->kind != INK_ADAPTER_LORA || a->dora)
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: is no plain LoRA, and a GGUF of an adapter can be nothing else", ink_weights_path(a->weights.file));
    const size_t count = ink_weights_count(a->weights.file);
    const lora_file f = { a, model, calloc(count + 1, sizeof *f.changes) };
    ink_write_tensor *list = calloc(count + 1, sizeof *list);
    char(*names)[LORA_NAME] = calloc(count + 1, sizeof *names);
    ink_status status = f.changes && list && names ? lora_write(&f, list, names, path, err) : ink_fail(err, INK_E_MEMORY, "no memory for the names of %zu tensors", count);
    free(f.changes);
    free(list);
    free(names);
    return status;
}
