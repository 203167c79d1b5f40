/* Filling an ink_weights: every size is computed with overflow checks and held against the file's real length before a
   tensor is listed. */
#include "tensor/weights.h"

#include <stdlib.h>
#include <string.h>

ink_status ink_weights_new(const char *path, const char *folder, const char *format, ink_weights **out, ink_err *err)
{
    ink_weights *w = calloc(1, sizeof *w);
    if (!w)
        return ink_fail(err, INK_E_MEMORY, "%s: no memory to list its tensors", path);
    ink_status status = ink_arena_new("weights", 0, &w->arena, err);
    if (status == INK_OK) {
        w->format = format;
        w->path = ink_arena_text(w->arena, path, strlen(path));
        w->folder = folder ? ink_arena_text(w->arena, folder, strlen(folder)) : NULL;
        if (!w->path || (folder && !w->folder))
            status = ink_arena_refused(w->arena, strlen(path), err);
    }
    if (status)
        ink_weights_close(w);
    else
        *out = w;
    return status;
}

/* Room for one more entry of `size` bytes: doubles, so that a count in the file is never trusted. */
static bool fill_room(void *array, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return true;
    size_t wanted = *room ? *room * 2 : 64;
    void *old, *grown;
    memcpy(&old, array, sizeof old); /* array points to a typed pointer */
    grown = realloc(old, wanted * size);
    if (!grown)
        return false;
    memcpy(array, &grown, sizeof grown);
    *room = wanted;
    return true;
}

ink_status ink_weights_map(ink_weights *w, const char *path, size_t *file, ink_err *err)
{
    if (w->file_count >= INK_WEIGHTS_FILES)
        return ink_fail(err, INK_E_LIMIT, "%s: has more than %d files", w->path, INK_WEIGHTS_FILES);
    size_t n = w->file_count;
    if (n % 16 == 0) {
        ink_map *files = realloc(w->files, (n + 16) * sizeof *files);
        w->files = files ? files : w->files;
        const char **paths = realloc(w->file_paths, (n + 16) * sizeof *paths);
        w->file_paths = paths ? paths : w->file_paths;
        if (!files || !paths)
            return ink_fail(err, INK_E_MEMORY, "%s: no memory for its list of files", w->path);
    }
    w->file_paths[n] = ink_arena_text(w->arena, path, strlen(path));
    if (!w->file_paths[n])
        return ink_arena_refused(w->arena, strlen(path), err);
    INK_TRY(ink_map_open(path, &w->files[n], err));
    *file = w->file_count++;
    return INK_OK;
}

bool ink_weights_name_ok(const char *name, size_t n)
{
    if (!n || n > INK_WEIGHTS_NAME)
        return false;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)name[i] < ' ' || name[i] == 0x7f)
            return false;
    return true;
}

/* Elements and bytes of a shape; false when they do not fit 64 bits. */
static bool fill_size(ink_tensor *t, const ink_type_info *info)
{
    t->count = 1;
    for (size_t i = 0; i < t->ndim; i++)
        if (__builtin_mul_overflow(t->count, t->dims[i], &t->count))
            return false;
    return !__builtin_mul_overflow(t->count / info->block, info->bytes, &t->bytes);
}

ink_status ink_weights_add(ink_weights *w, ink_tensor t, const char *name, size_t n, size_t start, uint64_t offset, ink_err *err)
{
    const char *path = w->file_paths[t.file];
    if (!ink_weights_name_ok(name, n))
        return ink_fail(err, INK_E_FORMAT, "%s: the name of tensor %zu is empty, longer than %d bytes, or holds control characters", path, w->count,
                        INK_WEIGHTS_NAME);
    if (w->count >= INK_WEIGHTS_TENSORS)
        return ink_fail(err, INK_E_LIMIT, "%s: lists more than %d tensors", path, INK_WEIGHTS_TENSORS);
    t.name = ink_arena_text(w->arena, name, n);
    if (!t.name)
        return ink_arena_refused(w->arena, n, err);
    const ink_type_info *info = ink_type_find((int)t.type);
    uint64_t row = t.ndim ? t.dims[t.ndim - 1] : 1;
    if (row % info->block)
        return ink_fail(err, INK_E_FORMAT, "%s: the tensor %.200s of type %s has rows of %llu elements, which is no multiple of %zu", path, t.name,
                        info->name, (unsigned long long)row, info->block);
    if (!fill_size(&t, info))
        return ink_fail(err, INK_E_FORMAT, "%s: the tensor %.200s claims more elements than 64 bits can count", path, t.name);
    const ink_map *map = &w->files[t.file];
    size_t room = start < map->size ? map->size - start : 0;
    if (t.bytes && (offset > room || t.bytes > room - offset))
        return ink_fail(err, INK_E_FORMAT, "%s: the tensor %.200s wants %zu bytes from byte %llu of the data on, but the data have %zu; the file is cut short or damaged",
                        path, t.name, t.bytes, (unsigned long long)offset, room);
    t.data = t.bytes ? map->data + start + offset : map->data;
    if (!fill_room(&w->tensors, w->count, &w->tensor_room, sizeof t))
        return ink_fail(err, INK_E_MEMORY, "%s: no memory for its list of tensors", path);
    w->tensors[w->count++] = t;
    return INK_OK;
}

ink_status ink_weights_put(ink_weights *w, size_t i, const char *name, const uint8_t *data, ink_err *err)
{
    char *own = ink_arena_text(w->arena, name, strlen(name));
    if (!own)
        return ink_arena_refused(w->arena, strlen(name), err);
    w->tensors[i].name = own;
    w->tensors[i].data = data ? data : w->tensors[i].data;
    return INK_OK;
}

ink_status ink_weights_make(ink_weights *w, const char *name, size_t rows, size_t cols, const float *values, ink_err *err)
{
    ink_tensor t = { .type = INK_F32, .ndim = rows ? 2 : 1, .dims = { rows ? rows : cols, rows ? cols : 0 } };
    if (!fill_size(&t, ink_type_find(INK_F32)) || !fill_room(&w->tensors, w->count, &w->tensor_room, sizeof t))
        return ink_fail(err, INK_E_MEMORY, "%s: no memory for %s", w->path, name);
    uint8_t *own = ink_arena_alloc(w->arena, t.bytes);
    if (!own)
        return ink_arena_refused(w->arena, t.bytes, err);
    memcpy(own, values, t.bytes);
    w->tensors[w->count] = t;
    return ink_weights_put(w, w->count++, name, own, err);
}

ink_status ink_weights_add_meta(ink_weights *w, const ink_meta *m, ink_err *err)
{
    if (w->meta_count >= INK_WEIGHTS_KEYS)
        return ink_fail(err, INK_E_LIMIT, "%s: has more than %d metadata keys", w->path, INK_WEIGHTS_KEYS);
    if (!fill_room(&w->meta, w->meta_count, &w->meta_room, sizeof *m))
        return ink_fail(err, INK_E_MEMORY, "%s: no memory for its metadata", w->path);
    w->meta[w->meta_count++] = *m;
    return INK_OK;
}

static int fill_order_data(const void *a, const void *b)
{
    const ink_tensor *s = *(const ink_tensor *const *)a, *t = *(const ink_tensor *const *)b;
    return s->data != t->data ? (s->data > t->data) - (s->data < t->data) : (s->bytes > t->bytes) - (s->bytes < t->bytes);
}

static ink_status fill_check_sorted(const ink_weights *w, const ink_tensor **sorted, size_t n, const uint8_t *from, const uint8_t *end, bool whole,
                                    ink_err *err)
{
    const uint8_t *at = from;
    for (size_t i = 0; i < n; i++) {
        const ink_tensor *t = sorted[i];
        if (!t->bytes)
            continue;
        if (t->data < at)
            return ink_fail(err, INK_E_FORMAT, "%s: the tensor %.200s shares bytes with another", w->file_paths[t->file], t->name);
        if (whole && t->data > at)
            return ink_fail(err, INK_E_FORMAT, "%s: %zu bytes before the tensor %.200s belong to no tensor", w->file_paths[t->file], (size_t)(t->data - at),
                            t->name);
        at = t->data + t->bytes;
    }
    if (whole && at != end)
        return ink_fail(err, INK_E_FORMAT, "%s: %zu bytes at the end belong to no tensor", w->path, (size_t)(end - at));
    return INK_OK;
}

ink_status ink_weights_check_layout(const ink_weights *w, size_t first, size_t file, size_t start, bool whole, ink_err *err)
{
    const ink_map *map = &w->files[file];
    size_t n = w->count - first;
    const ink_tensor **sorted = malloc((n + 1) * sizeof *sorted);
    if (!sorted)
        return ink_fail(err, INK_E_MEMORY, "%s: no memory to check its tensors", w->path);
    for (size_t i = 0; i < n; i++)
        sorted[i] = &w->tensors[first + i];
    qsort(sorted, n, sizeof *sorted, fill_order_data);
    start = start < map->size ? start : map->size;
    ink_status status = fill_check_sorted(w, sorted, n, map->data + start, map->data + map->size, whole, err);
    free(sorted);
    return status;
}
