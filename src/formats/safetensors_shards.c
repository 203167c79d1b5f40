/* A model in several safetensors files: an index maps each tensor's name to the file beside it that holds it. The names of
   files are input too: plain names of this folder, never paths. */
#include "base/path.h"
#include "formats/safetensors.h"

#include <stdlib.h>

enum { SHARDS_INDEX = 64 << 20 }; /* bytes of JSON */

static int shards_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static ink_status shards_check_name(const char *path, const char *tensor, const ink_json *value, ink_err *err)
{
    size_t n = 0;
    const char *name = ink_json_text(value, &n);
    if (name && strlen(name) == n && ink_path_safe(name) && !strchr(name, '/'))
        return INK_OK;
    return ink_fail(err, INK_E_FORMAT, "%s: weight_map sends the tensor %.200s to something other than the plain name of a file in this folder", path,
                    ink_weights_name_ok(tensor, strlen(tensor)) ? tensor : "?");
}

/* The names of the files, each once, sorted. *count is at most that of the map's entries. */
static ink_status shards_list(const char *path, const ink_json *map, const char **names, size_t *count, ink_err *err)
{
    const char *tensor;
    const ink_json *value;
    size_t n = 0, kept = 0;
    for (void *it = NULL; (it = ink_json_next(map, it, &tensor, &value));) {
        INK_TRY(shards_check_name(path, tensor, value, err));
        names[n++] = ink_json_string(value, "");
    }
    qsort(names, n, sizeof *names, shards_order);
    for (size_t i = 0; i < n; i++)
        if (!kept || strcmp(names[kept - 1], names[i]))
            names[kept++] = names[i];
    *count = kept;
    return INK_OK;
}

static ink_status shards_read(ink_weights *w, const char *const *names, size_t count, ink_err *err)
{
    for (size_t i = 0; i < count; i++) {
        ink_path path;
        INK_TRY(ink_path_format(&path, err, "%s/%s", w->folder, names[i]));
        INK_TRY(st_read_file(w, path.text, i == 0, err));
    }
    return ink_weights_seal(w, err);
}

/* Every tensor of the index has to be where it says. */
static ink_status shards_check(const ink_weights *w, const ink_json *map, ink_err *err)
{
    const char *name;
    const ink_json *value;
    for (void *it = NULL; (it = ink_json_next(map, it, &name, &value));) {
        const ink_tensor *t = ink_weights_find(w, name);
        const char *file = t ? strrchr(w->file_paths[t->file], '/') + 1 : "";
        if (!t || strcmp(file, ink_json_string(value, "")))
            return ink_fail(err, INK_E_FORMAT, "%s: the tensor %.200s is not in %s, where the index says it is", w->path,
                            ink_weights_name_ok(name, strlen(name)) ? name : "?", ink_json_string(value, ""));
    }
    return INK_OK;
}

static ink_status shards_follow(ink_weights *w, const ink_json *index, ink_err *err)
{
    const ink_json *map = ink_json_get(index, "weight_map");
    size_t count = 0;
    if (ink_json_kind(map) != INK_JSON_OBJECT || !ink_json_size(map))
        return ink_fail(err, INK_E_FORMAT, "%s: is JSON without a weight_map, so no index of a model", w->path);
    const char **names = malloc(ink_json_size(map) * sizeof *names);
    if (!names)
        return ink_fail(err, INK_E_MEMORY, "%s: no memory for its list of files", w->path);
    ink_status status = shards_list(w->path, map, names, &count, err);
    if (status == INK_OK)
        status = shards_read(w, names, count, err);
    free(names);
    return status ? status : shards_check(w, map, err);
}

ink_status st_read_shards(ink_weights *w, ink_err *err)
{
    ink_buf text;
    ink_json *index = NULL;
    INK_TRY(ink_file_read(w->path, SHARDS_INDEX, &text, err));
    ink_status status = st_parse(text.data, text.len, w->path, &index, err);
    ink_buf_clear(&text);
    INK_TRY(status);
    status = shards_follow(w, index, err);
    ink_json_free(index);
    return status;
}
