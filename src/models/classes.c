#include "models/classes.h"

#include "base/path.h"
#include "base/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- labels ---- */

ink_status ink_classes_number(ink_labels *l, int64_t number, ink_err *err)
{
    if (number < 0 || number >= INK_LABELS_MOST || (l->closed && (size_t)number >= l->count))
        return ink_fail(err, INK_E_FORMAT, "its label %lld is outside 0 … %zu", (long long)number, l->closed ? l->count - 1 : (size_t)INK_LABELS_MOST - 1);
    for (char name[32]; l->count <= (size_t)number;) {
        const int n = snprintf(name, sizeof name, "LABEL_%zu", l->count);
        INK_TRY(ink_labels_add(l, name, (size_t)n, err));
    }
    return INK_OK;
}

/* The last weight of the head, whose rows are the labels. */
static void classes_last(const ink_architecture *a, char name[INK_NET_NAME])
{
    snprintf(name, INK_NET_NAME, "%s.weight", a->labels ? a->labels->out : INK_CLASSES_SCORE);
}

static ink_status classes_config(const ink_model *m, ink_json **out, ink_err *err)
{
    const ink_weights *w = ink_model_weights(m);
    ink_path path;
    if (!ink_weights_folder(w) || strcmp(ink_weights_format(w), "safetensors"))
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: a head for labels is known of Hugging Face's folders alone", ink_weights_path(w));
    INK_TRY(ink_path_format(&path, err, "%s/config.json", ink_weights_folder(w)));
    return ink_json_read(path.text, 1 << 20, out, err);
}

ink_status ink_classes_of(const ink_model *m, const char *adapter, ink_labels *out, ink_err *err)
{
    const ink_architecture *a = ink_model_architecture(m);
    char name[INK_NET_NAME];
    ink_name_change change;
    if (adapter)
        INK_TRY(ink_labels_read(out, adapter, err));
    classes_last(a, name);
    const ink_tensor *t = ink_names_find(a->rules, ink_model_weights(m), name, &change, NULL);
    ink_json *config;
    if (out->count || !t)
        return INK_OK;
    if (t->ndim != 2 || !t->dims[0] || t->dims[0] > INK_LABELS_MOST)
        return ink_fail(err, INK_E_FORMAT, "%s: %s is no head for labels", ink_weights_path(ink_model_weights(m)), name);
    INK_TRY(classes_config(m, &config, err));
    const ink_json *names = ink_json_get(config, "id2label");
    ink_status status = INK_OK;
    for (size_t i = 0; status == INK_OK && i < t->dims[0]; i++) {
        char key[32], usual[32];
        snprintf(key, sizeof key, "%zu", i);
        snprintf(usual, sizeof usual, "LABEL_%zu", i);
        const char *label = ink_json_string(ink_json_get(names, key), usual);
        status = ink_labels_add(out, label, strlen(label), err);
    }
    ink_json_free(config);
    out->closed = true;
    return status;
}

/* ---- the head ---- */

ink_node *ink_classes_rows(ink_net *n, const ink_architecture *a, const ink_config *c, ink_node *x)
{
    if (a->encoder)
        return x;
    n->headless = true;
    a->head(n, c, x);
    n->headless = false;
    if (n->headed)
        n->g->count = n->headed->index + 1;
    return n->headed ? n->headed : x;
}

static ink_node *classes_layer(ink_net *n, ink_node *x, const char *name, size_t out)
{
    ink_net m = ink_nn_adapt_whole(n, name);
    return ink_nn_linear(&m, x, name, out);
}

ink_node *ink_classes_head(ink_net *n, const ink_architecture *a, const ink_config *c, ink_node *rows, size_t labels)
{
    ink_net_at(n, "%s", "");
    if (!a->labels)
        return classes_layer(n, rows, INK_CLASSES_SCORE, labels);
    return classes_layer(n, a->labels->act(n->g, classes_layer(n, rows, a->labels->dense, c->width)), a->labels->out, labels);
}

/* ---- ids ---- */

static ink_status classes_add(ink_ids *ids, int32_t id, ink_err *err) { return id >= 0 ? ink_ids_add(ids, id, err) : INK_OK; }

static ink_status classes_append(ink_ids *ids, const ink_ids *part, size_t n, ink_err *err)
{
    for (size_t i = 0; i < n; i++)
        INK_TRY(ink_ids_add(ids, part->at[i], err));
    return INK_OK;
}

/* The parts, cut to what there is room for. */
static ink_status classes_join(const ink_model *m, const ink_tokenizer *t, ink_ids parts[2], bool pair, size_t longest, ink_ids *ids, size_t *second, bool *cut, ink_err *err)
{
    const ink_architecture *a = ink_model_architecture(m);
    const int32_t first = ink_tokenizer_adds_bos(t) ? ink_tokenizer_bos(t) : -1, last = a->encoder ? ink_tokenizer_closing(t) : -1;
    const size_t between = last < 0 || !pair ? 0 : a->labels && a->labels->twice ? 2 : 1, around = (size_t)(first >= 0) + (last >= 0) + between, before = ids->count;
    const size_t room = longest > around ? longest - around : 0;
    *cut = parts[0].count + parts[1].count > room;
    while (parts[0].count + parts[1].count > room)
        parts[parts[0].count < parts[1].count].count--;
    INK_TRY(classes_add(ids, first, err));
    INK_TRY(classes_append(ids, &parts[0], parts[0].count, err));
    for (size_t i = 0; i < between; i++)
        INK_TRY(classes_add(ids, last, err));
    *second = pair ? ids->count - before : 0;
    INK_TRY(classes_append(ids, &parts[1], parts[1].count, err));
    return classes_add(ids, last, err);
}

ink_status ink_classes_ids(const ink_model *m, const ink_class_text *text, size_t longest, ink_ids *ids, size_t *second, bool *cut, ink_err *err)
{
    const ink_tokenizer *t;
    ink_ids parts[2] = { { 0 }, { 0 } };
    INK_TRY(ink_model_tokenizer(m, &t, err));
    ink_status status = ink_tokenize(t, text->first, text->first_size, 0, &parts[0], err);
    if (status == INK_OK && text->second && !ink_model_architecture(m)->encoder)
        status = ink_tokenize(t, "\n", 1, 0, &parts[1], err);
    if (status == INK_OK && text->second)
        status = ink_tokenize(t, text->second, text->second_size, 0, &parts[1], err);
    if (status == INK_OK)
        status = classes_join(m, t, parts, text->second, longest, ids, second, cut, err);
    ink_ids_clear(&parts[0]);
    ink_ids_clear(&parts[1]);
    return status;
}

/* ---- a new head ---- */

static bool head_named(const ink_architecture *a, const char *name)
{
    return a->labels ? !strncmp(name, a->labels->dense, strlen(a->labels->dense)) || !strncmp(name, a->labels->out, strlen(a->labels->out)) : !strcmp(name, INK_CLASSES_SCORE ".weight");
}

bool ink_class_head_owns(const ink_class_head *h, size_t which) { return head_named(ink_model_architecture(h->model), h->weights.list[which]->name); }

/* Biases of an encoder's head are had, a score has none. */
static bool head_has(const void *user, const char *name)
{
    const ink_class_head *h = user;
    const ink_architecture *a = ink_model_architecture(h->model);
    ink_name_change change;
    return ink_names_find(a->rules, ink_model_weights(h->model), name, &change, NULL) || (a->labels && head_named(a, name));
}

ink_status ink_classes_ask(const ink_architecture *a, const ink_config *c, size_t labels, ink_nn_weights *weights, ink_err *err)
{
    ink_graph g;
    ink_net n;
    INK_TRY(ink_graph_init(&g, weights->arena, err));
    ink_node *rows = ink_classes_rows(&n, a, c, ink_architecture_asking(a, c, weights, &g, &n));
    if (labels)
        ink_classes_head(&n, a, c, rows, labels);
    return ink_graph_check(&g);
}

ink_status ink_class_head_ask(ink_class_head *h, ink_err *err)
{
    const ink_architecture *a = ink_model_architecture(h->model);
    if (a->keeps_state)
        return ink_fail(err, INK_E_UNSUPPORTED, "%s is a %s, of which no head for labels is known; encoders and transformers that foresee text have one", ink_weights_path(ink_model_weights(h->model)), a->name);
    h->weights = (ink_nn_weights){ .file = ink_model_weights(h->model), .rules = a->rules, .arena = h->arena, .dense = true, .has = head_has, .has_user = h };
    return ink_classes_ask(a, ink_model_config(h->model), h->labels, &h->weights, err);
}

ink_status ink_class_head_tensor(const ink_class_head *h, size_t which, ink_write_tensor *out, ink_err *err)
{
    const double deviation = 0.02;
    const ink_nn_weight *w = h->weights.list[which];
    const ink_model *m = h->model;
    ink_name_change change;
    const ink_tensor *t = ink_names_find(ink_model_architecture(m)->rules, ink_model_weights(m), w->name, &change, NULL);
    if (t && change != INK_NAME_SAME && change != INK_NAME_TRANSPOSED)
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: %s lies there in a way that no head for labels can be put beside yet", ink_weights_path(ink_model_weights(m)), t->name);
    float *data = t ? NULL : ink_arena_array(h->arena, w->tensor->count + 1, sizeof *data);
    if (!t && !data)
        return ink_arena_refused(h->arena, w->tensor->count * sizeof *data, err);
    for (size_t i = 0; data && i < w->tensor->count; i++)
        data[i] = w->tensor->ndim > 1 ? (float)(deviation * ink_rng_normal(h->seed, which, i)) : 0;
    const ink_tensor *as = t ? t : w->tensor;
    *out = (ink_write_tensor){ .name = w->name, .type = as->type, .ndim = as->ndim, .data = t ? (const void *)t->data : data, .bytes = t ? t->bytes : as->count * sizeof *data };
    memcpy(out->dims, as->dims, sizeof out->dims);
    return INK_OK;
}

static ink_status head_weights(const ink_class_head *h, const char *folder, ink_err *err)
{
    const size_t count = h->weights.count;
    ink_path path;
    ink_write_tensor *list = ink_arena_array(h->arena, count + 1, sizeof *list);
    if (!list)
        return ink_arena_refused(h->arena, count * sizeof *list, err);
    for (size_t i = 0; i < count; i++)
        INK_TRY(ink_class_head_tensor(h, i, &list[i], err));
    INK_TRY(ink_path_format(&path, err, "%s/model.safetensors", folder));
    return ink_safetensors_write(path.text, list, count, NULL, err);
}

static ink_status head_config(const ink_model *m, const ink_labels *labels, const char *folder, ink_err *err)
{
    static const char problem[] = "single_label_classification";
    ink_json *config;
    ink_path path;
    INK_TRY(classes_config(m, &config, err));
    ink_labels_class(config, "SequenceClassification");
    ink_labels_tell(labels, config);
    ink_json_set(config, "problem_type", ink_json_new_text(problem, sizeof problem - 1));
    const int64_t end = ink_json_integer(ink_json_get(config, "eos_token_id"), -1);
    if (ink_json_integer(ink_json_get(config, "pad_token_id"), -1) < 0 && end >= 0) /* transformers finds the last token by it */
        ink_json_set(config, "pad_token_id", ink_json_new_integer(end));
    ink_status status = ink_path_format(&path, err, "%s/config.json", folder);
    if (status == INK_OK)
        status = ink_json_write(path.text, config, err);
    ink_json_free(config);
    return status;
}

ink_status ink_classes_create(const ink_model *m, const ink_labels *labels, uint64_t seed, const char *folder, ink_err *err)
{
    ink_class_head h = { .model = m, .labels = labels->count, .seed = seed };
    INK_TRY(ink_arena_new("a head for labels", 0, &h.arena, err));
    ink_status status = ink_class_head_ask(&h, err);
    if (status == INK_OK)
        status = ink_path_make(folder, err);
    if (status == INK_OK)
        status = head_config(m, labels, folder, err);
    if (status == INK_OK)
        status = head_weights(&h, folder, err);
    ink_arena_free(h.arena);
    return status;
}
