/* Reading what a format has listed: names found by binary search (no hash that a hostile file could crowd), arrays read
   where they lie. */
#include "base/text.h"
#include "tensor/weights.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void ink_weights_close(ink_weights *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < w->file_count; i++)
        ink_map_close(&w->files[i]);
    free(w->files);
    free(w->file_paths);
    free(w->tensors);
    free(w->meta);
    free(w->by_name);
    free(w->by_key);
    ink_arena_free(w->arena);
    free(w);
}

const char *ink_weights_path(const ink_weights *w) { return w->path; }
const char *ink_weights_folder(const ink_weights *w) { return w->folder; }
const char *ink_weights_format(const ink_weights *w) { return w->format; }
size_t ink_weights_count(const ink_weights *w) { return w->count; }
size_t ink_weights_meta_count(const ink_weights *w) { return w->meta_count; }

size_t ink_weights_bytes(const ink_weights *w)
{
    size_t bytes = 0;
    for (size_t i = 0; i < w->file_count; i++)
        bytes += w->files[i].size;
    return bytes;
}

const ink_tensor *ink_weights_at(const ink_weights *w, size_t i)
{
    assert(i < w->count);
    return &w->tensors[i];
}

const ink_meta *ink_weights_meta_at(const ink_weights *w, size_t i)
{
    assert(i < w->meta_count);
    return &w->meta[i];
}

static int weights_seek_name(const void *name, const void *slot)
{
    return strcmp(name, (*(const ink_tensor *const *)slot)->name);
}

const ink_tensor *ink_weights_find(const ink_weights *w, const char *name)
{
    const ink_tensor **slot = w->count ? bsearch(name, w->by_name, w->count, sizeof *w->by_name, weights_seek_name) : NULL;
    return slot ? *slot : NULL;
}

static int weights_compare_text(ink_text a, ink_text b) { return ink_bytes_compare(a.data, a.size, b.data, b.size); }

static int weights_seek_key(const void *key, const void *slot)
{
    return weights_compare_text(*(const ink_text *)key, (*(const ink_meta *const *)slot)->key);
}

const ink_meta *ink_weights_meta(const ink_weights *w, const char *key)
{
    ink_text wanted = { key, strlen(key) };
    const ink_meta **slot = w->meta_count ? bsearch(&wanted, w->by_key, w->meta_count, sizeof *w->by_key, weights_seek_key) : NULL;
    return slot ? *slot : NULL;
}

void ink_weights_release(const ink_weights *w, const ink_tensor *t)
{
    const ink_map *map = &w->files[t->file];
    if (t->bytes && t->data >= map->data && t->data < map->data + map->size) /* not one that was put in its place */
        ink_map_release(map, (size_t)(t->data - map->data), t->bytes);
}

int64_t ink_meta_bits(ink_meta_kind kind, size_t width, const uint8_t *at)
{
    uint64_t bits = 0;
    memcpy(&bits, at, width);
    unsigned spare = (unsigned)(64 - 8 * width);
    return kind == INK_META_SIGNED ? (int64_t)(bits << spare) >> spare : (int64_t)bits;
}

double ink_meta_decode(ink_meta_kind kind, size_t width, const uint8_t *at)
{
    int64_t bits = ink_meta_bits(kind, width, at);
    float single;
    double real;
    if (kind != INK_META_FLOAT)
        return kind == INK_META_UNSIGNED ? (double)(uint64_t)bits : (double)bits;
    memcpy(&single, &bits, sizeof single);
    memcpy(&real, &bits, sizeof real);
    return width == sizeof single ? (double)single : real;
}

ink_text ink_meta_text_at(const ink_meta *array, size_t i)
{
    const ink_meta_array *a = array->array;
    assert(array->type == INK_META_ARRAY && array->element == INK_META_TEXT && i < array->count);
    const uint8_t *at = a->data + a->starts[i];
    uint64_t size;
    memcpy(&size, at, sizeof size);
    return (ink_text){ (const char *)at + sizeof size, (size_t)size };
}

double ink_meta_number_at(const ink_meta *array, size_t i)
{
    const ink_meta_array *a = array->array;
    assert(array->type == INK_META_ARRAY && a->kind != INK_META_BYTES && i < array->count);
    return ink_meta_decode(a->kind, a->width, a->data + i * a->width);
}

static int weights_order_names(const void *a, const void *b)
{
    return weights_seek_name((*(const ink_tensor *const *)a)->name, b);
}

static int weights_order_keys(const void *a, const void *b)
{
    return weights_seek_key(&(*(const ink_meta *const *)a)->key, b);
}

static ink_status weights_seal_names(ink_weights *w, ink_err *err)
{
    free(w->by_name);
    w->by_name = malloc((w->count + 1) * sizeof *w->by_name);
    if (!w->by_name)
        return ink_fail(err, INK_E_MEMORY, "%s: no memory for the index of %zu tensors", w->path, w->count);
    for (size_t i = 0; i < w->count; i++)
        w->by_name[i] = &w->tensors[i];
    qsort(w->by_name, w->count, sizeof *w->by_name, weights_order_names);
    for (size_t i = 1; i < w->count; i++)
        if (!strcmp(w->by_name[i - 1]->name, w->by_name[i]->name))
            return ink_fail(err, INK_E_FORMAT, "%s: the tensor %.200s is listed twice", w->file_paths[w->by_name[i]->file], w->by_name[i]->name);
    return INK_OK;
}

ink_status ink_weights_seal(ink_weights *w, ink_err *err)
{
    INK_TRY(weights_seal_names(w, err));
    free(w->by_key);
    w->by_key = malloc((w->meta_count + 1) * sizeof *w->by_key);
    if (!w->by_key)
        return ink_fail(err, INK_E_MEMORY, "%s: no memory for the index of %zu keys", w->path, w->meta_count);
    for (size_t i = 0; i < w->meta_count; i++)
        w->by_key[i] = &w->meta[i];
    qsort(w->by_key, w->meta_count, sizeof *w->by_key, weights_order_keys);
    for (size_t i = 1; i < w->meta_count; i++) {
        ink_text key = w->by_key[i]->key;
        if (!weights_compare_text(w->by_key[i - 1]->key, key))
            return ink_fail(err, INK_E_FORMAT, "%s: the key %.*s is there twice", w->path, key.size < 200 ? (int)key.size : 200, key.data);
    }
    return INK_OK;
}
