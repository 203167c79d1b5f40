#include "models/tagging.h"

#include "base/file.h"
#include "base/path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LABELS_FILE = 16 << 20 };

int32_t ink_labels_number(ink_labels *l, const char *name, ink_err *err)
{
    const size_t n = strlen(name), number = ink_labels_find(l, name, n);
    if (number < l->count)
        return (int32_t)number;
    if (l->closed || !n) {
        ink_fail(err, INK_E_FORMAT, "\"%.60s\" is none of the %zu tags that the model knows", name, l->count);
        return -1;
    }
    return ink_labels_add(l, name, n, err) == INK_OK ? (int32_t)number : -1;
}

/* ---- files ---- */

static ink_status labels_take(ink_labels *l, const ink_json *names, const char *path, ink_err *err)
{
    const bool list = ink_json_kind(names) == INK_JSON_ARRAY;
    const size_t count = list || ink_json_kind(names) == INK_JSON_OBJECT ? ink_json_size(names) : 0;
    for (size_t i = 0; i < count; i++) {
        char key[24];
        snprintf(key, sizeof key, "%zu", i);
        const char *name = ink_json_string(list ? ink_json_at(names, i) : ink_json_get(names, key), "");
        if (!*name || ink_labels_number(l, name, err) != (int32_t)i)
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

/* "BertForMaskedLM" or "BertModel" was the class of what it came from. */
static void labels_class(ink_json *config)
{
    char class[96];
    const char *was = ink_json_string(ink_json_at(ink_json_get(config, "architectures"), 0), "");
    const char *cut = strstr(was, "For") ? strstr(was, "For") : strstr(was, "Model");
    if (!cut)
        return;
    const int n = snprintf(class, sizeof class, "%.*sForTokenClassification", (int)(cut - was < 60 ? cut - was : 60), was);
    ink_json *list = ink_json_new_array();
    ink_json_append(list, ink_json_new_text(class, (size_t)n));
    ink_json_set(config, "architectures", list);
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
        labels_class(j);
    }
    ink_status status = ink_json_write(path.text, j, err);
    ink_json_free(j);
    return status;
}

/* ---- words ---- */

ink_status ink_tagging_ids(const ink_tokenizer *t, const ink_text *words, size_t count, ink_ids *ids, size_t *starts, ink_err *err)
{
    const int32_t closing = ink_tokenizer_closing(t);
    const bool spaced = !strcmp(ink_tokenizer_kind(t), "byte-level BPE"); /* where a space belongs to the word that it precedes */
    const size_t begin = ids->count;
    INK_TRY(ink_tokenizer_begin(t, ids, err));
    for (size_t i = 0; i < count; i++) {
        const size_t from = ids->count, n = words[i].size;
        char *word = malloc(n + 1);
        if (!word)
            return ink_fail(err, INK_E_MEMORY, "no memory for a word of %zu bytes", n);
        *word = ' ';
        memcpy(word + 1, words[i].data, n);
        ink_status status = ink_tokenize(t, spaced ? word : word + 1, n + spaced, 0, ids, err);
        free(word);
        INK_TRY(status);
        starts[i] = ids->count > from ? from - begin : SIZE_MAX;
    }
    return closing >= 0 ? ink_ids_add(ids, closing, err) : INK_OK;
}
