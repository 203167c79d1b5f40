/* The list at a zip file's end, and where each member's bytes begin. */
#include "base/text.h"
#include "formats/archive.h"
#include "formats/format.h"

#include <stdlib.h>

enum { ZIP_END = 22, ZIP_END64 = 56, ZIP_SEEK = 20, ZIP_ENTRY = 46, ZIP_HEAD = 30, ZIP_COMMENT = 65535 }; /* bytes of each */
enum { ARCHIVE_MOST = 1 << 20 };                                                                          /* members */

static const uint8_t zip_end[] = "PK\5\6", zip_end64[] = "PK\6\6", zip_seek[] = "PK\6\7", zip_entry[] = "PK\1\2", zip_head[] = "PK\3\4";

typedef struct zip_list { /* where the list is, by the record at the end */
    uint64_t count, at;
} zip_list;

static uint32_t zip_u16(const uint8_t *at) { return (uint32_t)at[0] | (uint32_t)at[1] << 8; }

static ink_status zip_damaged(const char *path, const char *what, ink_err *err)
{
    return ink_fail(err, INK_E_FORMAT, "%s: is damaged or cut short as a zip file: %s", path, what);
}

/* Whether a record of n bytes with this mark lies at `at`. */
static bool zip_is(const ink_map *map, uint64_t at, size_t n, const uint8_t *mark)
{
    return at <= map->size && n <= map->size - at && !memcmp(map->data + at, mark, 4);
}

static ink_status zip_find_list(const ink_map *map, const char *path, zip_list *out, ink_err *err)
{
    size_t at = map->size >= ZIP_END ? map->size - ZIP_END : 0;
    const size_t lowest = at > ZIP_COMMENT ? at - ZIP_COMMENT : 0;
    while (at > lowest && !zip_is(map, at, ZIP_END, zip_end))
        at--;
    if (!zip_is(map, at, ZIP_END, zip_end))
        return zip_damaged(path, "it has no list of members", err);
    *out = (zip_list){ zip_u16(map->data + at + 10), format_u32(map->data + at + 16) };
    if (at < ZIP_SEEK || !zip_is(map, at - ZIP_SEEK, ZIP_SEEK, zip_seek))
        return INK_OK;
    const uint64_t wide = format_u64(map->data + at - ZIP_SEEK + 8);
    if (!zip_is(map, wide, ZIP_END64, zip_end64))
        return zip_damaged(path, "its list of members is not where it says", err);
    *out = (zip_list){ format_u64(map->data + wide + 32), format_u64(map->data + wide + 48) };
    return INK_OK;
}

/* Sizes of more than 32 bits stand in a field of their own: those that do not fit, in this order. */
static bool zip_widen(const uint8_t *extra, size_t n, uint64_t *const wide[3])
{
    for (size_t at = 0; n - at >= 4; at += 4 + zip_u16(extra + at + 2)) {
        const size_t size = zip_u16(extra + at + 2);
        if (size > n - at - 4)
            return false;
        if (zip_u16(extra + at) != 1)
            continue;
        size_t from = at + 4;
        for (size_t i = 0; i < 3; i++)
            if (*wide[i] == UINT32_MAX) {
                if (from + 8 > at + 4 + size)
                    return false;
                *wide[i] = format_u64(extra + from);
                from += 8;
            }
        return true;
    }
    return true;
}

/* The member of an entry of the list, and how long the entry is. */
static ink_status zip_read_entry(const ink_map *map, const char *path, uint64_t at, archive_member *out, size_t *length, ink_err *err)
{
    if (!zip_is(map, at, ZIP_ENTRY, zip_entry))
        return zip_damaged(path, "its list of members ends early", err);
    const uint8_t *e = map->data + at;
    const size_t name = zip_u16(e + 28), extra = zip_u16(e + 30);
    uint64_t packed = format_u32(e + 20), size = format_u32(e + 24), head = format_u32(e + 42);
    *length = ZIP_ENTRY + name + extra + zip_u16(e + 32);
    if (*length > map->size - at || !zip_widen(e + ZIP_ENTRY + name, extra, (uint64_t *const[]){ &size, &packed, &head }))
        return zip_damaged(path, "an entry of its list is cut off", err);
    out->name = (ink_text){ (const char *)e + ZIP_ENTRY, name };
    if (!ink_weights_name_ok(out->name.data, name))
        return zip_damaged(path, "a member's name is empty or holds control characters", err);
    if (zip_u16(e + 10) || zip_u16(e + 8) & 1)
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: its member %.*s is compressed or encrypted; a checkpoint's lie in it as they are", path, name < 200 ? (int)name : 200, out->name.data);
    if (packed != size || !zip_is(map, head, ZIP_HEAD, zip_head))
        return zip_damaged(path, "a member is not where the list says", err);
    const uint64_t begin = head + ZIP_HEAD + zip_u16(map->data + head + 26) + zip_u16(map->data + head + 28);
    if (begin > map->size || size > map->size - begin)
        return zip_damaged(path, "a member goes beyond its end", err);
    out->at = (size_t)begin;
    out->size = (size_t)size;
    return INK_OK;
}

static int archive_compare(ink_text a, ink_text b) { return ink_bytes_compare(a.data, a.size, b.data, b.size); }

static int archive_order(const void *a, const void *b) { return archive_compare(((const archive_member *)a)->name, ((const archive_member *)b)->name); }

ink_status archive_read(const ink_map *map, const char *path, archive *out, ink_err *err)
{
    zip_list list = { 0 };
    INK_TRY(zip_find_list(map, path, &list, err));
    if (list.count > ARCHIVE_MOST || list.count > map->size / ZIP_ENTRY)
        return ink_fail(err, INK_E_LIMIT, "%s: claims %llu members, more than fit", path, (unsigned long long)list.count);
    *out = (archive){ .list = calloc((size_t)list.count + 1, sizeof *out->list) };
    if (!out->list)
        return ink_fail(err, INK_E_MEMORY, "%s: no memory for its list of members", path);
    ink_status status = INK_OK;
    size_t length = 0;
    for (uint64_t at = list.at; status == INK_OK && out->count < list.count; at += length, out->count += status == INK_OK)
        status = zip_read_entry(map, path, at, &out->list[out->count], &length, err);
    if (status != INK_OK) {
        archive_clear(out);
        return status;
    }
    qsort(out->list, out->count, sizeof *out->list, archive_order);
    return INK_OK;
}

void archive_clear(archive *a)
{
    free(a->list);
    *a = (archive){ 0 };
}

static int archive_seek(const void *key, const void *member) { return archive_compare(*(const ink_text *)key, ((const archive_member *)member)->name); }

const archive_member *archive_find(const archive *a, const char *name)
{
    const ink_text key = { name, strlen(name) };
    return a->count ? bsearch(&key, a->list, a->count, sizeof *a->list, archive_seek) : NULL;
}
