/* What the targets of weights share: bytes as a file that never touches a disk, and a use of all that opening promises. */
#ifndef INK_FUZZ_WEIGHTS_H
#define INK_FUZZ_WEIGHTS_H

#include "base/file.h"
#include "fuzz.h"

#include <ink/about.h>
#include <ink/weights.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The path of a file in memory that holds these bytes; one at a time. */
static inline const char *fuzz_file(const uint8_t *data, size_t size)
{
    static char path[64];
    static int fd = -1;
    if (fd < 0)
        fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, 0) || ftruncate(fd, (off_t)size) || pwrite(fd, data, size, 0) != (ssize_t)size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return path;
}

/* Mappings end at a page, so a read past the file's end would pass unseen: the file is copied to the heap, where the address
   sanitizer sees the byte after the last. The linker puts these in place of ink_map_open and its like (--wrap). */
ink_status __real_ink_map_open(const char *path, ink_map *out, ink_err *err);
ink_status __wrap_ink_map_open(const char *path, ink_map *out, ink_err *err);
void __real_ink_map_close(ink_map *map);
void __wrap_ink_map_close(ink_map *map);
void __wrap_ink_map_release(const ink_map *map, size_t at, size_t size);

ink_status __wrap_ink_map_open(const char *path, ink_map *out, ink_err *err)
{
    ink_map map = { 0 };
    INK_TRY(__real_ink_map_open(path, &map, err));
    uint8_t *copy = malloc(map.size);
    if (map.size)
        memcpy(copy, map.data, map.size);
    *out = (ink_map){ copy, map.size };
    __real_ink_map_close(&map);
    return INK_OK;
}

void __wrap_ink_map_close(ink_map *map)
{
    free((void *)(uintptr_t)map->data);
    *map = (ink_map){ 0 };
}

void __wrap_ink_map_release(const ink_map *map, size_t at, size_t size)
{
    if (at > map->size || size > map->size - at)
        abort();
}

static inline unsigned fuzz_read_meta(const ink_weights *w)
{
    unsigned sum = 0;
    for (size_t i = 0; i < ink_weights_meta_count(w); i++) {
        const ink_meta *m = ink_weights_meta_at(w, i);
        sum += m->text.size ? (unsigned char)m->text.data[m->text.size - 1] : 0;
        for (size_t k = 0; m->type == INK_META_ARRAY && k < m->count; k++) {
            ink_text t = m->element == INK_META_TEXT ? ink_meta_text_at(m, k) : (ink_text){ 0 };
            sum += t.size ? (unsigned char)t.data[t.size - 1] : m->element != INK_META_TEXT && ink_meta_number_at(m, k) > 0;
        }
    }
    return sum;
}

static inline unsigned fuzz_read_tensors(const ink_weights *w)
{
    unsigned sum = 0;
    for (size_t i = 0; i < ink_weights_count(w); i++) {
        const ink_tensor *t = ink_weights_at(w, i);
        const ink_type_info *info = ink_type_find((int)t->type);
        fuzz_need(info && ink_weights_find(w, t->name) == t && t->bytes == t->count / info->block * info->bytes);
        for (size_t k = 0; k < t->bytes; k += 512)
            sum += t->data[k];
        sum += t->bytes ? t->data[t->bytes - 1] : 0;
        ink_weights_release(w, t);
    }
    return sum;
}

/* Opens, touches everything, closes. A refusal must have its sentence. */
static inline void fuzz_weights(const uint8_t *data, size_t size)
{
    ink_err err = { 0 };
    ink_weights *w;
    ink_arena *arena;
    if (ink_weights_open(fuzz_file(data, size), &w, &err)) {
        fuzz_need(err.text[0] && err.status);
        return;
    }
    volatile unsigned sum = fuzz_read_meta(w) + fuzz_read_tensors(w);
    if (!ink_arena_new("fuzz", 0, &arena, &err)) {
        sum += (unsigned)ink_about_read(w, arena).kv_values;
        ink_arena_free(arena);
    }
    (void)sum; /* volatile: the reading stays */
    ink_weights_close(w);
}

/* The same with the first bytes given, by which a format is known, so that no time is lost on finding them. */
static inline int fuzz_marked(const uint8_t *data, size_t size, const char *mark, size_t marked)
{
    if (size < 4 || size > 1 << 20)
        return 0;
    uint8_t *file = malloc(size);
    fuzz_need(file != NULL);
    memcpy(file, data, size);
    memcpy(file, mark, marked);
    fuzz_weights(file, size);
    free(file);
    return 0;
}

#endif
