/* Names of labels in files: id2label and label2id of a config.json, or labels.json beside an adapter. */
#include "models/labels.h"

#include "base/file.h"
#include "base/path.h"

#include <stdio.h>
#include <string.h>

enum { LABELS_FILE = 16 << 20 };

static ink_status labels_take(ink_labels *l, const ink_json *names, const char *path, ink_err *err)
{
    const bool list = ink_json_kind(names) == INK_JSON_ARRAY;
    const size_t count = list || ink_json_kind(names) == INK_JSON_OBJECT ? ink_json_size(names) : 0;
    for (size_t i = 0; i < count; i++) {
        char key[24];
        snprintf(key, sizeof key, "%zu", i);
        const char *name = ink_json_string(list ? ink_json_at(names, i) : ink_json_get(names, key), "");
        size_t number;
        if (ink_labels_take(l, name, strlen(name), &number, NULL) || number != i)
            return ink_fail(err, INK_E_FORMAT, "%s: name %zu of its labels is missing, or is there twice", path, i);
    }
    l->closed = l->count;
    return INK_OK;
}

ink_status ink_labels_read(ink_labels *l, const char *folder, ink_err *err)
{
    static const struct { const char *file, *key; } places[] = { { INK_LABELS_FILE, NULL }, { "config.json", "id2label" } };
    for (size_t i = 0; folder && i < 2 && !l->count; i++) {
        ink_path path;
        ink_json *j;
        INK_TRY(ink_path_format(&path, err, "%s/%s", folder, places[i].file));
        if (ink_file_kind(path.text) != 'f')
            continue;
        INK_TRY(ink_json_read(path.text, LABELS_FILE, &j, err));
        ink_status status = labels_take(l, places[i].key ? ink_json_get(j, places[i].key) : j, path.text, err);
        ink_json_free(j);
        INK_TRY(status);
    }
    return INK_OK;
}

/* LlamaForCausalLM, GPT2LMHeadModel, BertModel: the family's name, and what it is for now. */
void ink_labels_class(ink_json *config, const char *task)
{
    static const char *const ends[] = { "For", "LMHeadModel", "Model" };
    const char *was = ink_json_string(ink_json_at(ink_json_get(config, "architectures"), 0), "");
    size_t n = strlen(was);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        const char *end = strstr(was, ends[i]);
        n = end && (size_t)(end - was) < n ? (size_t)(end - was) : n;
    }
    if (!n)
        return;
    char name[128];
    const int size = snprintf(name, sizeof name, "%.*sFor%s", n < 60 ? (int)n : 60, was, task);
    ink_json *classes = ink_json_new_array();
    ink_json_append(classes, ink_json_new_text(name, (size_t)size));
    ink_json_set(config, "architectures", classes);
}

void ink_labels_tell(const ink_labels *l, ink_json *config)
{
    ink_json *names = ink_json_new_object(), *numbers = ink_json_new_object();
    for (size_t i = 0; i < l->count; i++) {
        char key[24];
        snprintf(key, sizeof key, "%zu", i);
        ink_json_set(names, key, ink_json_new_text(l->names[i], strlen(l->names[i])));
        ink_json_set(numbers, l->names[i], ink_json_new_integer((int64_t)i));
    }
    ink_json_set(config, "id2label", names);
    ink_json_set(config, "label2id", numbers);
}

ink_status ink_labels_write(const ink_labels *l, const char *folder, bool adapter, ink_err *err)
{
    ink_path path;
    ink_json *j;
    INK_TRY(ink_path_format(&path, err, "%s/%s", folder, adapter ? INK_LABELS_FILE : "config.json"));
    if (adapter) {
        j = ink_json_new_array();
        for (size_t i = 0; i < l->count; i++)
            ink_json_append(j, ink_json_new_text(l->names[i], strlen(l->names[i])));
    } else {
        INK_TRY(ink_json_read(path.text, LABELS_FILE, &j, err));
        ink_labels_tell(l, j);
        ink_labels_class(j, "TokenClassification");
    }
    ink_status status = ink_json_write(path.text, j, err);
    ink_json_free(j);
    return status;
}
