/* GGUF, versions 2 and 3 (little-endian): header, metadata, tensor table, data. Of a split file, the first part opens all
   (NAME-00001-of-0000N.gguf). Layout: research page 4.1; nothing here knows an architecture. */
#include "formats/gguf.h"

#include "base/text.h"

#include <stdio.h>

enum { GGUF_DIMS = 4, GGUF_ALIGNMENT = 32, GGUF_SPLITS = 1000, GGUF_LEAST_TENSOR = 33, GGUF_LEAST_PAIR = 14 }; /* the last two: bytes */

typedef struct gguf_head { /* of one file */
    uint64_t tensors, pairs;
    int64_t alignment, split_no, split_count, split_tensors; /* 0 when not said */
} gguf_head;

static const struct {
    const char *key;
    size_t at;
} gguf_head_keys[] = {
    { "general.alignment", offsetof(gguf_head, alignment) },
    { "split.no", offsetof(gguf_head, split_no) },
    { "split.count", offsetof(gguf_head, split_count) },
    { "split.tensors.count", offsetof(gguf_head, split_tensors) },
};

static bool gguf_probe(const uint8_t *head, size_t n)
{
    return n >= 4 && !memcmp(head, "GGUF", 4);
}

static ink_status gguf_read_version(gguf_reader *r, ink_err *err)
{
    uint32_t version = 0;
    r->at = 4;
    INK_TRY(gguf_take_u32(r, "the version", &version, err));
    if (version == 1)
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: is GGUF version 1, which has not been written since August 2023; convert the model again", r->path);
    if (version && !(version & 0xffff))
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: is a GGUF for big-endian machines; convert the model again for this one", r->path);
    if (version != 2 && version != 3)
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: is GGUF version %u; versions 2 and 3 can be read", r->path, version);
    return INK_OK;
}

static ink_status gguf_read_counts(gguf_reader *r, gguf_head *h, ink_err *err)
{
    INK_TRY(gguf_take_u64(r, "the number of tensors", &h->tensors, err));
    INK_TRY(gguf_take_u64(r, "the number of metadata pairs", &h->pairs, err));
    size_t left = r->size - r->at;
    if (h->tensors > left / GGUF_LEAST_TENSOR)
        return ink_fail(err, INK_E_FORMAT, "%s: claims %llu tensors, more than %zu bytes can describe", r->path, (unsigned long long)h->tensors, left);
    if (h->pairs > left / GGUF_LEAST_PAIR)
        return ink_fail(err, INK_E_FORMAT, "%s: claims %llu metadata pairs, more than %zu bytes can hold", r->path, (unsigned long long)h->pairs, left);
    return INK_OK;
}

static ink_status gguf_note_pair(gguf_reader *r, const ink_meta *m, gguf_head *h, ink_err *err)
{
    for (size_t i = 0; i < sizeof gguf_head_keys / sizeof *gguf_head_keys; i++) {
        const char *key = gguf_head_keys[i].key;
        if (m->key.size != strlen(key) || memcmp(m->key.data, key, m->key.size))
            continue;
        if (m->type != INK_META_INTEGER || m->integer < 0)
            return ink_fail(err, INK_E_FORMAT, "%s: %s is not a whole number", r->path, key);
        memcpy((char *)h + gguf_head_keys[i].at, &m->integer, sizeof m->integer);
    }
    return INK_OK;
}

static ink_status gguf_read_pairs(gguf_reader *r, gguf_head *h, bool keep, ink_err *err)
{
    h->alignment = GGUF_ALIGNMENT;
    for (uint64_t i = 0; i < h->pairs; i++) {
        ink_meta m;
        INK_TRY(gguf_take_pair(r, &m, err));
        INK_TRY(gguf_note_pair(r, &m, h, err));
        if (keep)
            INK_TRY(ink_weights_add_meta(r->weights, &m, err));
    }
    if (h->alignment < 1 || h->alignment > 1 << 20 || (h->alignment & (h->alignment - 1)))
        return ink_fail(err, INK_E_FORMAT, "%s: the alignment %lld is no power of two up to 1048576", r->path, (long long)h->alignment);
    return INK_OK;
}

typedef struct gguf_entry { /* of the tensor table */
    ink_text name;
    ink_tensor tensor;
    uint64_t offset;
} gguf_entry;

static ink_status gguf_check_type(const gguf_reader *r, const char *name, uint32_t type, ink_err *err)
{
    const char *known = type < 1000 ? ink_type_refused((int)type) : NULL;
    if (type < 1000 && ink_type_find((int)type))
        return INK_OK;
    if (known)
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: the tensor %s is of type %s, which inkstone does not read; take the model in Q4_K_M, Q8_0 or F16", r->path,
                        name, known);
    return ink_fail(err, INK_E_UNSUPPORTED, "%s: the tensor %s is of type number %u, which is no type of GGUF (some programs write types of their own)",
                    r->path, name, type);
}

/* GGUF lists the fastest dimension first; ours come outermost first. */
static ink_status gguf_take_dims(gguf_reader *r, const char *name, ink_tensor *t, ink_err *err)
{
    uint32_t ndim = 0;
    INK_TRY(gguf_take_u32(r, name, &ndim, err));
    if (ndim < 1 || ndim > GGUF_DIMS)
        return ink_fail(err, INK_E_FORMAT, "%s: the tensor %s has %u dimensions; 1 to %d are possible", r->path, name, ndim, GGUF_DIMS);
    t->ndim = ndim;
    for (uint32_t i = 0; i < ndim; i++) {
        uint64_t *dim = &t->dims[ndim - 1 - i];
        INK_TRY(gguf_take_u64(r, name, dim, err));
        if (!*dim || *dim > INT64_MAX)
            return ink_fail(err, INK_E_FORMAT, "%s: dimension %u of the tensor %s is %lld; it must be 1 or more", r->path, i, name, (long long)*dim);
    }
    return INK_OK;
}

static ink_status gguf_take_entry(gguf_reader *r, gguf_entry *e, ink_err *err)
{
    uint32_t type = 0;
    char name[128];
    *e = (gguf_entry){ 0 };
    INK_TRY(gguf_take_text(r, "the name of a tensor", &e->name, err));
    if (!ink_weights_name_ok(e->name.data, e->name.size))
        return ink_fail(err, INK_E_FORMAT, "%s: the name of a tensor before byte %zu is empty, longer than %d bytes, or holds control characters", r->path, r->at,
                        INK_WEIGHTS_NAME);
    snprintf(name, sizeof name, "%.*s", (int)e->name.size, e->name.data); /* for sentences */
    INK_TRY(gguf_take_dims(r, name, &e->tensor, err));
    INK_TRY(gguf_take_u32(r, name, &type, err));
    INK_TRY(gguf_check_type(r, name, type, err));
    e->tensor.type = (ink_type)type;
    return gguf_take_u64(r, name, &e->offset, err);
}

/* The data begin after the table, so the table is walked twice: once to find its end, once to list what it says. */
static ink_status gguf_read_tensors(gguf_reader *r, const gguf_head *h, size_t file, ink_err *err)
{
    gguf_entry e;
    size_t table = r->at, first = r->weights->count, align = (size_t)h->alignment, data;
    if (h->tensors > INK_WEIGHTS_TENSORS)
        return ink_fail(err, INK_E_LIMIT, "%s: lists more than %d tensors", r->path, INK_WEIGHTS_TENSORS);
    for (uint64_t i = 0; i < h->tensors; i++)
        INK_TRY(gguf_take_entry(r, &e, err));
    data = (r->at + align - 1) & ~(align - 1);
    r->at = table;
    for (uint64_t i = 0; i < h->tensors; i++) {
        INK_TRY(gguf_take_entry(r, &e, err));
        if (e.offset % align)
            return ink_fail(err, INK_E_FORMAT, "%s: the data of tensor %llu begin at byte %llu, which is no multiple of the alignment %zu", r->path,
                            (unsigned long long)i, (unsigned long long)e.offset, align);
        e.tensor.file = file;
        INK_TRY(ink_weights_add(r->weights, e.tensor, e.name.data, e.name.size, data, e.offset, err));
    }
    return ink_weights_check_layout(r->weights, first, file, data, false, err);
}

static ink_status gguf_read_file(ink_weights *w, const char *path, gguf_head *h, ink_err *err)
{
    size_t file = 0;
    INK_TRY(ink_weights_map(w, path, &file, err));
    gguf_reader r = { .weights = w, .path = w->file_paths[file], .data = w->files[file].data, .size = w->files[file].size };
    *h = (gguf_head){ 0 };
    if (!gguf_probe(r.data, r.size))
        return ink_fail(err, INK_E_FORMAT, "%s: does not begin with GGUF", path);
    INK_TRY(gguf_read_version(&r, err));
    INK_TRY(gguf_read_counts(&r, h, err));
    INK_TRY(gguf_read_pairs(&r, h, file == 0, err));
    return gguf_read_tensors(&r, h, file, err);
}

/* The other parts' paths come from the first one's: "-00001-of-00003.gguf" at its end gives way to "-00002-of-00003.gguf". */
static ink_status gguf_read_parts(ink_weights *w, const gguf_head *first, ink_err *err)
{
    char ending[64], path[4096];
    size_t n = strlen(w->path), k = (size_t)snprintf(ending, sizeof ending, "-00001-of-%05d.gguf", (int)first->split_count);
    if (n >= sizeof path || !ink_ends(w->path, ending))
        return ink_fail(err, INK_E_FORMAT, "%s: is the first of %d parts, so its name has to end in %s for the others to be found", w->path,
                        (int)first->split_count, ending);
    for (int64_t i = 1; i < first->split_count; i++) {
        gguf_head part;
        snprintf(path, sizeof path, "%.*s-%05d-of-%05d.gguf", (int)(n - k), w->path, (int)i + 1, (int)first->split_count);
        INK_TRY(gguf_read_file(w, path, &part, err));
        if (part.split_no != i || part.split_count != first->split_count)
            return ink_fail(err, INK_E_FORMAT, "%s: says that it is part %lld of %lld; it should be part %lld of %lld", path, (long long)part.split_no + 1,
                            (long long)part.split_count, (long long)i + 1, (long long)first->split_count);
    }
    if (first->split_tensors && (uint64_t)first->split_tensors != w->count)
        return ink_fail(err, INK_E_FORMAT, "%s: the model should have %lld tensors, but its parts have %zu", w->path, (long long)first->split_tensors, w->count);
    return INK_OK;
}

static ink_status gguf_read_all(ink_weights *w, ink_err *err)
{
    gguf_head head;
    INK_TRY(gguf_read_file(w, w->path, &head, err));
    if (head.split_no)
        return ink_fail(err, INK_E_ARGUMENT, "%s: is part %lld of %lld; open the first part (NAME-00001-of-%05lld.gguf) and the others will be found", w->path,
                        (long long)head.split_no + 1, (long long)head.split_count, (long long)head.split_count);
    if (head.split_count > GGUF_SPLITS)
        return ink_fail(err, INK_E_LIMIT, "%s: says that it has %lld parts; at most %d are read", w->path, (long long)head.split_count, GGUF_SPLITS);
    if (head.split_count > 1)
        INK_TRY(gguf_read_parts(w, &head, err));
    return ink_weights_seal(w, err);
}

static ink_status gguf_open(const char *path, ink_weights **out, ink_err *err)
{
    ink_weights *w;
    INK_TRY(ink_weights_new(path, NULL, "gguf", &w, err));
    ink_status status = gguf_read_all(w, err);
    if (status)
        ink_weights_close(w);
    else
        *out = w;
    return status;
}

static const char *const gguf_entries[] = { "model.gguf", NULL };
const ink_format ink_format_gguf = { .name = "gguf", .probe = gguf_probe, .open = gguf_open, .entries = gguf_entries };
