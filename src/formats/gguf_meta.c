/* Metadata of GGUF: pairs of a key and a typed value. Arrays stay where they lie; of texts, one pass checks the lengths
   and notes where each begins, so that a vocabulary costs no allocation per token. */
#include "formats/gguf.h"

enum { GGUF_TEXT = 8, GGUF_ARRAY = 9, GGUF_TEXTS = 1 << 25 }; /* the last: elements of all text arrays of a file */

typedef struct gguf_value { /* a type of values, by its number in the file */
    ink_meta_type type;
    ink_meta_kind kind;
    size_t width; /* bytes; 0 when they vary */
} gguf_value;

static const gguf_value gguf_values[] = {
    { INK_META_INTEGER, INK_META_UNSIGNED, 1 }, { INK_META_INTEGER, INK_META_SIGNED, 1 },   { INK_META_INTEGER, INK_META_UNSIGNED, 2 },
    { INK_META_INTEGER, INK_META_SIGNED, 2 },   { INK_META_INTEGER, INK_META_UNSIGNED, 4 }, { INK_META_INTEGER, INK_META_SIGNED, 4 },
    { INK_META_REAL, INK_META_FLOAT, 4 },       { INK_META_BOOL, INK_META_UNSIGNED, 1 },    { INK_META_TEXT, INK_META_BYTES, 0 },
    { INK_META_ARRAY, INK_META_BYTES, 0 },      { INK_META_INTEGER, INK_META_UNSIGNED, 8 }, { INK_META_INTEGER, INK_META_SIGNED, 8 },
    { INK_META_REAL, INK_META_FLOAT, 8 },
};
enum { GGUF_VALUES = sizeof gguf_values / sizeof *gguf_values };

ink_status gguf_take(gguf_reader *r, uint64_t n, const char *what, const uint8_t **out, ink_err *err)
{
    if (n > r->size - r->at)
        return ink_fail(err, INK_E_FORMAT, "%s: %s at byte %zu wants %llu bytes, but the file ends after %zu more; it is cut short or damaged", r->path,
                        what, r->at, (unsigned long long)n, r->size - r->at);
    *out = r->data + r->at;
    r->at += (size_t)n;
    return INK_OK;
}

ink_status gguf_take_u32(gguf_reader *r, const char *what, uint32_t *out, ink_err *err)
{
    const uint8_t *at = NULL;
    INK_TRY(gguf_take(r, sizeof *out, what, &at, err));
    *out = format_u32(at);
    return INK_OK;
}

ink_status gguf_take_u64(gguf_reader *r, const char *what, uint64_t *out, ink_err *err)
{
    const uint8_t *at = NULL;
    INK_TRY(gguf_take(r, sizeof *out, what, &at, err));
    *out = format_u64(at);
    return INK_OK;
}

ink_status gguf_take_text(gguf_reader *r, const char *what, ink_text *out, ink_err *err)
{
    uint64_t n = 0;
    const uint8_t *at = NULL;
    INK_TRY(gguf_take_u64(r, what, &n, err));
    INK_TRY(gguf_take(r, n, what, &at, err));
    *out = (ink_text){ (const char *)at, (size_t)n };
    return INK_OK;
}

/* Walks the texts of an array once. */
static ink_status gguf_index_texts(gguf_reader *r, const char *key, uint64_t count, ink_meta_array *out, ink_err *err)
{
    if (count > GGUF_TEXTS - r->texts)
        return ink_fail(err, INK_E_LIMIT, "%s: the array %s claims %llu texts, more than the %d that a file may hold", r->path, key, (unsigned long long)count,
                        GGUF_TEXTS);
    r->texts += (size_t)count;
    uint32_t *starts = ink_arena_array(r->weights->arena, (size_t)count, sizeof *starts);
    if (!starts)
        return ink_arena_refused(r->weights->arena, (size_t)count * sizeof *starts, err);
    const uint8_t *data = r->data + r->at;
    size_t room = r->size - r->at, at = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t n = room - at < 8 ? UINT64_MAX : format_u64(data + at);
        if (room - at < 8 || n > room - at - 8)
            return ink_fail(err, INK_E_FORMAT, "%s: text %zu of the array %s runs past the end of the file; it is cut short or damaged", r->path, i, key);
        if (at > UINT32_MAX)
            return ink_fail(err, INK_E_LIMIT, "%s: the array %s is larger than 4 GiB", r->path, key);
        starts[i] = (uint32_t)at;
        at += 8 + (size_t)n;
    }
    r->at += at;
    *out = (ink_meta_array){ .data = data, .starts = starts, .kind = INK_META_BYTES };
    return INK_OK;
}

static ink_status gguf_take_array(gguf_reader *r, const char *key, ink_meta *m, ink_err *err)
{
    uint32_t type = 0;
    uint64_t count = 0, bytes;
    INK_TRY(gguf_take_u32(r, key, &type, err));
    INK_TRY(gguf_take_u64(r, key, &count, err));
    if (type >= GGUF_VALUES || type == GGUF_ARRAY)
        return ink_fail(err, INK_E_FORMAT, "%s: the array %s holds elements of type %u, which is %s", r->path, key, type,
                        type == GGUF_ARRAY ? "an array again; arrays do not nest" : "no type of GGUF");
    const gguf_value *v = &gguf_values[type];
    if (__builtin_mul_overflow(count, v->width ? v->width : 8, &bytes) || bytes > r->size - r->at)
        return ink_fail(err, INK_E_FORMAT, "%s: the array %s claims %llu elements, more than the rest of the file can hold", r->path, key,
                        (unsigned long long)count);
    ink_meta_array *array = ink_arena_alloc(r->weights->arena, sizeof *array);
    if (!array)
        return ink_arena_refused(r->weights->arena, sizeof *array, err);
    m->element = v->type;
    m->count = (size_t)count;
    m->array = array;
    if (type == GGUF_TEXT)
        return gguf_index_texts(r, key, count, array, err);
    *array = (ink_meta_array){ .data = r->data + r->at, .kind = v->kind, .width = v->width };
    r->at += (size_t)bytes;
    for (uint64_t i = 0; v->type == INK_META_BOOL && i < count; i++)
        if (array->data[i] > 1)
            return ink_fail(err, INK_E_FORMAT, "%s: element %llu of %s is neither true nor false but %u", r->path, (unsigned long long)i, key, array->data[i]);
    return INK_OK;
}

static ink_status gguf_take_value(gguf_reader *r, const char *key, uint32_t type, ink_meta *m, ink_err *err)
{
    const uint8_t *at = NULL;
    if (type == GGUF_TEXT)
        return gguf_take_text(r, key, &m->text, err);
    if (type == GGUF_ARRAY)
        return gguf_take_array(r, key, m, err);
    const gguf_value *v = &gguf_values[type];
    INK_TRY(gguf_take(r, v->width, key, &at, err));
    m->integer = ink_meta_bits(v->kind, v->width, at);
    m->real = v->kind == INK_META_FLOAT ? ink_meta_decode(v->kind, v->width, at) : (double)m->integer;
    if (v->kind == INK_META_UNSIGNED && m->integer < 0)
        return ink_fail(err, INK_E_LIMIT, "%s: %s is %llu; integers up to %lld are read", r->path, key, (unsigned long long)m->integer, (long long)INT64_MAX);
    if (v->type == INK_META_BOOL && *at > 1)
        return ink_fail(err, INK_E_FORMAT, "%s: %s is neither true nor false but %u", r->path, key, *at);
    m->boolean = v->type == INK_META_BOOL && *at;
    return INK_OK;
}

ink_status gguf_take_pair(gguf_reader *r, ink_meta *out, ink_err *err)
{
    uint32_t type = 0;
    char key[128];
    *out = (ink_meta){ 0 };
    size_t at = r->at;
    INK_TRY(gguf_take_text(r, "a metadata key", &out->key, err));
    if (!ink_weights_name_ok(out->key.data, out->key.size))
        return ink_fail(err, INK_E_FORMAT, "%s: the metadata key at byte %zu is empty, longer than %d bytes, or holds control characters", r->path, at,
                        INK_WEIGHTS_NAME);
    size_t n = out->key.size < sizeof key - 1 ? out->key.size : sizeof key - 1;
    memcpy(key, out->key.data, n); /* for sentences */
    key[n] = 0;
    INK_TRY(gguf_take_u32(r, key, &type, err));
    if (type >= GGUF_VALUES)
        return ink_fail(err, INK_E_FORMAT, "%s: the value of %s has the type %u, which is no type of GGUF", r->path, key, type);
    out->type = gguf_values[type].type;
    return gguf_take_value(r, key, type, out, err);
}
