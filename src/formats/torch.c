/* PyTorch checkpoints (.pth, .pt, .bin) as containers of weights: a zip file with a pickle that lists tensors and a member of bytes for
   each storage. The pickle is read as data (formats/pickle.h); nothing is executed. Layout: PyTorch's torch/serialization.py and
   torch/_utils.py. */
#include "formats/archive.h"
#include "formats/format.h"
#include "formats/pickle.h"

#include <stdio.h>
#include <stdlib.h>

enum { TORCH_PICKLE = 256 << 20, TORCH_VALUES = 1 << 30 }; /* bytes of the pickle, and of what it says */
enum { TORCH_DEEP = 6, TORCH_WALK = 1 << 20 };             /* dicts inside of dicts, and entries that are looked at */

typedef struct torch_file {
    ink_weights *w;
    const char *path;
    archive zip;
    ink_arena *values;
    char prefix[INK_WEIGHTS_NAME + 1]; /* of members: "archive/" */
    size_t walked;
} torch_file;

static const struct {
    const char *storage;
    ink_type type;
} torch_types[] = {
    { "FloatStorage", INK_F32 }, { "HalfStorage", INK_F16 }, { "BFloat16Storage", INK_BF16 }, { "DoubleStorage", INK_F64 }, { "LongStorage", INK_I64 },
    { "IntStorage", INK_I32 }, { "ShortStorage", INK_I16 }, { "CharStorage", INK_I8 }, { "ByteStorage", INK_U8 }, { "BoolStorage", INK_BOOL },
};

static bool torch_probe(const uint8_t *head, size_t n) { return n > 4 && !memcmp(head, "PK\3\4", 4); }

/* ---- tensors ---- */

/* The arguments of a call of this function, else NULL. */
static const pickle_value *torch_called(const pickle_value *v, const char *module, const char *name)
{
    return v && v->kind == PICKLE_CALL && pickle_is_name(pickle_item(v, 0), module, name) ? pickle_item(v, 1) : NULL;
}

/* The arguments that rebuild a tensor, be it a parameter or not; NULL when v is none. */
static const pickle_value *torch_tensor(const pickle_value *v)
{
    const pickle_value *parameter = torch_called(v, "torch._utils", "_rebuild_parameter");
    return torch_called(parameter ? pickle_item(parameter, 0) : v, "torch._utils", "_rebuild_tensor_v2");
}

static const pickle_value *torch_entry(const pickle_value *v, size_t i, ink_text *key)
{
    *key = v->entries[i]->text;
    return v->entries[i]->kind == PICKLE_TEXT ? v->entries[i + 1] : NULL;
}

static ink_status torch_bad(const torch_file *f, const char *name, const char *what, ink_err *err)
{
    return ink_fail(err, INK_E_FORMAT, "%s: the tensor %.200s %s", f->path, name, what);
}

static bool torch_find_type(const pickle_value *class, ink_type *out)
{
    for (size_t i = 0; i < sizeof torch_types / sizeof *torch_types; i++)
        if (pickle_is_name(class, "torch", torch_types[i].storage)) {
            *out = torch_types[i].type;
            return true;
        }
    return false;
}

/* Sizes, and steps that must be those of rows one after the other (of a dimension of one, any). */
static ink_status torch_shape(const torch_file *f, const char *name, const pickle_value *sizes, const pickle_value *steps, ink_tensor *t, ink_err *err)
{
    uint64_t step = 1;
    if (!sizes || !steps || sizes->count != steps->count || sizes->count > INK_MAX_DIMS)
        return torch_bad(f, name, "has no shape of at most 6 dimensions", err);
    t->ndim = sizes->count;
    for (size_t i = t->ndim; i--;) {
        const int64_t size = pickle_integer(sizes->items[i], -1);
        if (size < 0)
            return torch_bad(f, name, "has a dimension below 0", err);
        t->dims[i] = (uint64_t)size;
        if (size > 1 && pickle_integer(steps->items[i], -1) != (int64_t)step)
            return ink_fail(err, INK_E_UNSUPPORTED, "%s: the tensor %.200s is a view with steps of its own; save its .contiguous()", f->path, name);
        if (__builtin_mul_overflow(step, (uint64_t)(size ? size : 1), &step) || step > INT64_MAX)
            return torch_bad(f, name, "claims more elements than 64 bits can count", err);
    }
    return INK_OK;
}

/* ("storage", class, key, device, elements) */
static ink_status torch_storage(const torch_file *f, const char *name, const pickle_value *outside, ink_tensor *t, const archive_member **out, ink_err *err)
{
    char member[2 * INK_WEIGHTS_NAME];
    const pickle_value *place = outside && outside->kind == PICKLE_OUTSIDE ? pickle_item(outside, 0) : NULL, *key = pickle_item(place, 2);
    if (!key || key->kind != PICKLE_TEXT || key->text.size >= INK_WEIGHTS_NAME)
        return torch_bad(f, name, "does not say where its values are", err);
    if (!torch_find_type(pickle_item(place, 1), &t->type))
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: the tensor %.200s is of a type that inkstone does not read; save the model in float32, float16 or bfloat16", f->path, name);
    snprintf(member, sizeof member, "%sdata/%.*s", f->prefix, (int)key->text.size, key->text.data);
    *out = archive_find(&f->zip, member);
    return *out ? INK_OK : torch_bad(f, name, "has its values in a member that is not there", err);
}

/* (storage, offset, sizes, steps, …) */
static ink_status torch_add(torch_file *f, const char *name, const pickle_value *args, ink_err *err)
{
    ink_tensor t = { 0 };
    const archive_member *m = NULL;
    const int64_t offset = pickle_integer(pickle_item(args, 1), -1);
    INK_TRY(torch_storage(f, name, pickle_item(args, 0), &t, &m, err));
    INK_TRY(torch_shape(f, name, pickle_item(args, 2), pickle_item(args, 3), &t, err));
    const size_t size = ink_type_find((int)t.type)->bytes;
    if (offset < 0 || (uint64_t)offset > m->size / size)
        return torch_bad(f, name, "begins outside of its storage", err);
    INK_TRY(ink_weights_add(f->w, t, name, strlen(name), m->at, (uint64_t)offset * size, err));
    if (f->w->tensors[f->w->count - 1].bytes > m->size - (size_t)offset * size)
        return torch_bad(f, name, "is larger than its storage", err);
    return INK_OK;
}

/* ---- the pickle ---- */

/* All tensors of a dict and of the dicts inside, their keys joined by dots. */
static ink_status torch_walk(torch_file *f, const pickle_value *v, const char *prefix, size_t deep, ink_err *err)
{
    for (size_t i = 0; i + 1 < v->entry_count; i += 2) {
        char name[INK_WEIGHTS_NAME + 1];
        ink_text key;
        const pickle_value *inside = torch_entry(v, i, &key), *args = torch_tensor(inside);
        if (!inside || (!args && !inside->entry_count))
            continue;
        if (++f->walked > TORCH_WALK)
            return ink_fail(err, INK_E_LIMIT, "%s: its pickle holds more than %d entries", f->path, TORCH_WALK);
        const int n = snprintf(name, sizeof name, "%s%.*s%s", prefix, (int)(key.size < sizeof name ? key.size : sizeof name), key.data, args ? "" : ".");
        if (n < 0 || (size_t)n >= sizeof name)
            return ink_fail(err, INK_E_LIMIT, "%s: the name of a tensor is longer than %d bytes", f->path, INK_WEIGHTS_NAME);
        if (args)
            INK_TRY(torch_add(f, name, args, err));
        else if (deep < TORCH_DEEP)
            INK_TRY(torch_walk(f, inside, name, deep + 1, err));
    }
    return INK_OK;
}

/* Numbers and texts beside the tensors, such as how many steps were taken. */
static ink_status torch_note(torch_file *f, const pickle_value *root, ink_err *err)
{
    for (size_t i = 0; i + 1 < root->entry_count; i += 2) {
        ink_text key;
        const pickle_value *v = torch_entry(root, i, &key);
        if (!v || v->kind == PICKLE_NONE || v->kind > PICKLE_TEXT || !ink_weights_name_ok(key.data, key.size))
            continue;
        static const ink_meta_type types[] = { [PICKLE_BOOL] = INK_META_BOOL, [PICKLE_INTEGER] = INK_META_INTEGER, [PICKLE_REAL] = INK_META_REAL, [PICKLE_TEXT] = INK_META_TEXT };
        const ink_meta m = { .key = key, .type = types[v->kind], .boolean = v->integer != 0, .integer = v->integer, .text = v->text,
                             .real = v->kind == PICKLE_REAL ? v->real : (double)v->integer };
        INK_TRY(ink_weights_add_meta(f->w, &m, err));
    }
    return INK_OK;
}

static bool torch_holds_tensors(const pickle_value *v)
{
    for (size_t i = 0; v && i + 1 < v->entry_count; i += 2)
        if (torch_tensor(v->entries[i + 1]))
            return true;
    return false;
}

/* The part of a checkpoint that is a model; what stands beside it (the state of an optimiser) is not. */
static ink_status torch_list(torch_file *f, const pickle_value *root, ink_err *err)
{
    static const char *const parts[] = { "model", "state_dict", "model_state_dict" };
    INK_TRY(torch_note(f, root, err));
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (torch_holds_tensors(pickle_entry(root, parts[i])))
            return torch_walk(f, pickle_entry(root, parts[i]), "", 1, err);
    return torch_walk(f, root, "", 0, err);
}

/* ---- the file ---- */

/* The pickle lies in the folder whose name all members share. */
static const archive_member *torch_pickle(torch_file *f)
{
    static const char tail[] = "data.pkl";
    const size_t n = sizeof tail - 1;
    for (size_t i = 0; i < f->zip.count; i++) {
        const ink_text name = f->zip.list[i].name;
        const bool last = name.size >= n && !memcmp(name.data + name.size - n, tail, n);
        if (!last || name.size - n >= sizeof f->prefix || (name.size > n && name.data[name.size - n - 1] != '/'))
            continue;
        snprintf(f->prefix, sizeof f->prefix, "%.*s", (int)(name.size - n), name.data);
        return &f->zip.list[i];
    }
    return NULL;
}

static ink_status torch_check_order(const torch_file *f, const ink_map *map, ink_err *err)
{
    char name[INK_WEIGHTS_NAME + 16];
    snprintf(name, sizeof name, "%sbyteorder", f->prefix);
    const archive_member *m = archive_find(&f->zip, name);
    const bool little = !m || (m->size >= 6 && !memcmp(map->data + m->at, "little", 6));
    return little ? INK_OK : ink_fail(err, INK_E_UNSUPPORTED, "%s: was written by a big-endian machine; save it again on another", f->path);
}

static ink_status torch_read_values(torch_file *f, const ink_map *map, ink_err *err)
{
    const pickle_value *root = NULL;
    size_t used;
    const archive_member *m = torch_pickle(f);
    if (!m)
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: is a zip archive without a data.pkl, so no PyTorch checkpoint", f->path);
    if (m->size > TORCH_PICKLE)
        return ink_fail(err, INK_E_LIMIT, "%s: its pickle has %zu bytes; at most %d are read", f->path, m->size, TORCH_PICKLE);
    INK_TRY(torch_check_order(f, map, err));
    INK_TRY(pickle_read((ink_text){ (const char *)map->data + m->at, m->size }, f->path, f->values, &root, &used, err));
    INK_TRY(torch_list(f, root, err));
    if (!f->w->count)
        return ink_fail(err, INK_E_FORMAT, "%s: its pickle names no tensors", f->path);
    return ink_weights_seal(f->w, err);
}

static ink_status torch_read(torch_file *f, ink_err *err)
{
    size_t file = 0;
    INK_TRY(ink_weights_map(f->w, f->path, &file, err));
    const ink_map map = f->w->files[file];
    INK_TRY(archive_read(&map, f->path, &f->zip, err));
    INK_TRY(ink_arena_new("pickle", TORCH_VALUES, &f->values, err));
    return torch_read_values(f, &map, err);
}

static ink_status torch_open(const char *path, ink_weights **out, ink_err *err)
{
    char folder[4096];
    torch_file f = { .path = path };
    INK_TRY(format_folder(path, folder, sizeof folder, err));
    INK_TRY(ink_weights_new(path, folder, "torch", &f.w, err));
    ink_status status = torch_read(&f, err);
    archive_clear(&f.zip);
    ink_arena_free(f.values);
    if (status)
        ink_weights_close(f.w);
    else
        *out = f.w;
    return status;
}

static const char *const torch_entries[] = { "pytorch_model.bin", NULL };
const ink_format ink_format_torch = { .name = "torch", .probe = torch_probe, .open = torch_open, .entries = torch_entries };
