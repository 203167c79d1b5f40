/* safetensors: a length, a JSON header, then data that the tensors fill without holes. Layout: research page 4.13, and
   the rules of the format's own reader (header of at most 100 MB, no overlap, nothing left over). */
#include "formats/safetensors.h"

#include <stdio.h>

enum { ST_HEADER = 100000000, ST_VALUES = 1 << 20, ST_PREFIX = 8 }; /* bytes of JSON; commas and colons in it; bytes of the length */

static const struct {
    const char *name;
    ink_type type;
} st_types[] = {
    { "F32", INK_F32 }, { "F16", INK_F16 }, { "BF16", INK_BF16 }, { "F64", INK_F64 }, { "I64", INK_I64 },
    { "I32", INK_I32 }, { "I16", INK_I16 }, { "I8", INK_I8 },     { "U8", INK_U8 },   { "BOOL", INK_BOOL },
};

static bool st_is_json(const uint8_t *head, size_t n)
{
    return n >= ST_PREFIX && head[0] == '{' && head[ST_PREFIX - 1]; /* as a length it would be beyond any file */
}

static bool st_probe(const uint8_t *head, size_t n)
{
    return st_is_json(head, n) || (n > ST_PREFIX && head[ST_PREFIX] == '{');
}

ink_status st_parse(const char *text, size_t n, const char *path, ink_json **out, ink_err *err)
{
    size_t values = 0;
    for (size_t i = 0; i < n; i++)
        values += text[i] == ',' || text[i] == ':';
    if (values > ST_VALUES)
        return ink_fail(err, INK_E_LIMIT, "%s: its JSON has more than %d values", path, ST_VALUES);
    INK_TRY(ink_json_parse(text, n, path, out, err));
    if (ink_json_kind(*out) == INK_JSON_OBJECT)
        return INK_OK;
    ink_json_free(*out);
    return ink_fail(err, INK_E_FORMAT, "%s: its JSON is not an object", path);
}

static ink_status st_find_type(const char *path, const char *name, const ink_json *value, ink_type *out, ink_err *err)
{
    size_t n = 0;
    const char *dtype = ink_json_text(value, &n);
    for (size_t i = 0; dtype && i < sizeof st_types / sizeof *st_types; i++)
        if (!strcmp(dtype, st_types[i].name)) {
            *out = st_types[i].type;
            return INK_OK;
        }
    if (!dtype || !ink_weights_name_ok(dtype, n))
        return ink_fail(err, INK_E_FORMAT, "%s: the dtype of the tensor %.200s is no name of a type", path, name);
    return ink_fail(err, INK_E_UNSUPPORTED, "%s: the tensor %.200s is of type %.20s, which inkstone does not read; save the model in F32, F16 or BF16", path,
                    name, dtype);
}

static ink_status st_read_shape(const char *path, const char *name, const ink_json *shape, ink_tensor *t, ink_err *err)
{
    size_t n = ink_json_size(shape);
    if (ink_json_kind(shape) != INK_JSON_ARRAY)
        return ink_fail(err, INK_E_FORMAT, "%s: the tensor %.200s has no shape", path, name);
    if (n > INK_MAX_DIMS)
        return ink_fail(err, INK_E_LIMIT, "%s: the tensor %.200s has %zu dimensions; up to %d are read", path, name, n, INK_MAX_DIMS);
    t->ndim = n;
    for (size_t i = 0; i < n; i++) {
        const ink_json *dim = ink_json_at(shape, i);
        int64_t size = ink_json_integer(dim, -1);
        if (ink_json_kind(dim) != INK_JSON_INTEGER || size < 0)
            return ink_fail(err, INK_E_FORMAT, "%s: dimension %zu of the tensor %.200s is no whole number from 0 on", path, i, name);
        t->dims[i] = (uint64_t)size;
    }
    return INK_OK;
}

static ink_status st_read_offsets(const char *path, const char *name, const ink_json *offsets, uint64_t span[2], ink_err *err)
{
    bool good = ink_json_kind(offsets) == INK_JSON_ARRAY && ink_json_size(offsets) == 2;
    for (size_t i = 0; i < 2 && good; i++) {
        int64_t at = ink_json_integer(ink_json_at(offsets, i), -1);
        good = ink_json_kind(ink_json_at(offsets, i)) == INK_JSON_INTEGER && at >= 0;
        span[i] = (uint64_t)at;
    }
    if (!good || span[0] > span[1])
        return ink_fail(err, INK_E_FORMAT, "%s: data_offsets of the tensor %.200s are not [begin, end] with 0 <= begin <= end", path, name);
    return INK_OK;
}

static ink_status st_read_tensor(ink_weights *w, size_t file, size_t start, const char *name, const ink_json *entry, ink_err *err)
{
    const char *path = w->file_paths[file];
    uint64_t span[2] = { 0 };
    ink_tensor t = { .file = file };
    if (!ink_weights_name_ok(name, strlen(name)))
        return ink_fail(err, INK_E_FORMAT, "%s: the name of a tensor is empty, longer than %d bytes, or holds control characters", path, INK_WEIGHTS_NAME);
    if (ink_json_kind(entry) != INK_JSON_OBJECT)
        return ink_fail(err, INK_E_FORMAT, "%s: the entry of the tensor %.200s is not an object", path, name);
    INK_TRY(st_find_type(path, name, ink_json_get(entry, "dtype"), &t.type, err));
    INK_TRY(st_read_shape(path, name, ink_json_get(entry, "shape"), &t, err));
    INK_TRY(st_read_offsets(path, name, ink_json_get(entry, "data_offsets"), span, err));
    INK_TRY(ink_weights_add(w, t, name, strlen(name), start, span[0], err));
    size_t bytes = w->tensors[w->count - 1].bytes;
    if (span[1] - span[0] != bytes)
        return ink_fail(err, INK_E_FORMAT, "%s: the tensor %.200s has %llu bytes by its data_offsets and %zu by its shape", path, name,
                        (unsigned long long)(span[1] - span[0]), bytes);
    return INK_OK;
}

static ink_status st_keep_meta(ink_weights *w, const char *path, const ink_json *meta, ink_err *err)
{
    const char *key;
    const ink_json *value;
    if (ink_json_kind(meta) != INK_JSON_OBJECT)
        return ink_fail(err, INK_E_FORMAT, "%s: __metadata__ is not an object", path);
    for (void *it = NULL; (it = ink_json_next(meta, it, &key, &value));) {
        size_t n = 0;
        const char *text = ink_json_text(value, &n);
        if (!ink_weights_name_ok(key, strlen(key)) || !text)
            return ink_fail(err, INK_E_FORMAT, "%s: __metadata__ maps something other than a name to a text", path);
        ink_meta m = { .type = INK_META_TEXT };
        m.key = (ink_text){ ink_arena_text(w->arena, key, strlen(key)), strlen(key) };
        m.text = (ink_text){ ink_arena_text(w->arena, text, n), n };
        if (!m.key.data || !m.text.data)
            return ink_arena_refused(w->arena, n, err);
        INK_TRY(ink_weights_add_meta(w, &m, err));
    }
    return INK_OK;
}

static ink_status st_read_header(ink_weights *w, size_t file, size_t start, const ink_json *header, bool keep_meta, ink_err *err)
{
    const char *name;
    const ink_json *entry;
    for (void *it = NULL; (it = ink_json_next(header, it, &name, &entry));)
        if (strcmp(name, "__metadata__"))
            INK_TRY(st_read_tensor(w, file, start, name, entry, err));
        else if (keep_meta)
            INK_TRY(st_keep_meta(w, w->file_paths[file], entry, err));
    return INK_OK;
}

ink_status st_read_file(ink_weights *w, const char *path, bool keep_meta, ink_err *err)
{
    size_t file = 0, first = w->count;
    ink_json *header = NULL;
    INK_TRY(ink_weights_map(w, path, &file, err));
    const ink_map *map = &w->files[file];
    if (map->size < ST_PREFIX)
        return ink_fail(err, INK_E_FORMAT, "%s: has %zu bytes, too few for safetensors", path, map->size);
    uint64_t n = format_u64(map->data);
    if (n > ST_HEADER)
        return ink_fail(err, INK_E_LIMIT, "%s: its header claims %llu bytes; at most %d are read", path, (unsigned long long)n, ST_HEADER);
    if (n > map->size - ST_PREFIX)
        return ink_fail(err, INK_E_FORMAT, "%s: its header claims %llu bytes, but %zu follow; the file is cut short or damaged", path, (unsigned long long)n,
                        map->size - ST_PREFIX);
    INK_TRY(st_parse((const char *)map->data + ST_PREFIX, (size_t)n, path, &header, err));
    ink_status status = st_read_header(w, file, ST_PREFIX + (size_t)n, header, keep_meta, err);
    ink_json_free(header);
    INK_TRY(status);
    return ink_weights_check_layout(w, first, file, ST_PREFIX + (size_t)n, true, err);
}

static ink_status st_open(const char *path, ink_weights **out, ink_err *err)
{
    char folder[4096];
    uint8_t head[ST_PREFIX];
    ink_weights *w = NULL;
    size_t n = 0;
    INK_TRY(format_folder(path, folder, sizeof folder, err));
    INK_TRY(format_head(path, head, sizeof head, &n, err));
    INK_TRY(ink_weights_new(path, folder, "safetensors", &w, err));
    ink_status status = st_is_json(head, n) ? st_read_shards(w, err) : st_read_file(w, path, true, err);
    if (status == INK_OK && !w->by_name)
        status = ink_weights_seal(w, err);
    if (status)
        ink_weights_close(w);
    else
        *out = w;
    return status;
}

static const char *const st_entries[] = { "model.safetensors", "model.safetensors.index.json", "diffusion_pytorch_model.safetensors",
                                          "diffusion_pytorch_model.safetensors.index.json", "adapter_model.safetensors", NULL };
const ink_format ink_format_safetensors = { .name = "safetensors", .probe = st_probe, .open = st_open, .entries = st_entries };
