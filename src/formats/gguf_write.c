/* Writing GGUF, version 3: header, metadata, table of tensors, and their data, each begun at a multiple of 32 bytes. */
#include "formats/gguf.h"
#include "formats/write.h"

#include "tensor/weights.h"

enum { WRITE_ALIGNMENT = 32, WRITE_VERSION = 3, WRITE_DIMS = 4 };
enum { WRITE_U8 = 0, WRITE_U32 = 4, WRITE_I32 = 5, WRITE_F32 = 6, WRITE_BOOL = 7, WRITE_TEXT = 8, WRITE_ARRAY = 9, WRITE_U64 = 10, WRITE_I64 = 11, WRITE_F64 = 12 };

static void write_u32(ink_buf *b, uint32_t v) { ink_buf_add(b, &v, sizeof v); }
static void write_u64(ink_buf *b, uint64_t v) { ink_buf_add(b, &v, sizeof v); }

static void write_text(ink_buf *b, const char *text, size_t n)
{
    write_u64(b, n);
    ink_buf_add(b, text, n);
}

static ink_buf *write_key(ink_gguf_pairs *p, const char *key, size_t n, uint32_t type)
{
    write_text(&p->bytes, key, n);
    write_u32(&p->bytes, type);
    p->count++;
    return &p->bytes;
}

static ink_buf *write_list(ink_gguf_pairs *p, const char *key, size_t n, uint32_t element, size_t count)
{
    ink_buf *b = write_key(p, key, n, WRITE_ARRAY);
    write_u32(b, element);
    write_u64(b, count);
    return b;
}

void ink_gguf_pairs_init(ink_gguf_pairs *p)
{
    *p = (ink_gguf_pairs){ .count = 0 };
    ink_buf_init(&p->bytes, 0);
}

void ink_gguf_pairs_clear(ink_gguf_pairs *p) { ink_buf_clear(&p->bytes); }

void ink_gguf_text(ink_gguf_pairs *p, const char *key, const char *text, size_t n) { write_text(write_key(p, key, strlen(key), WRITE_TEXT), text, n); }
void ink_gguf_count(ink_gguf_pairs *p, const char *key, uint32_t v) { write_u32(write_key(p, key, strlen(key), WRITE_U32), v); }
void ink_gguf_bool(ink_gguf_pairs *p, const char *key, bool v) { ink_buf_char(write_key(p, key, strlen(key), WRITE_BOOL), (char)v); }

void ink_gguf_real(ink_gguf_pairs *p, const char *key, double v)
{
    const float single = (float)v;
    ink_buf_add(write_key(p, key, strlen(key), WRITE_F32), &single, sizeof single);
}

void ink_gguf_texts(ink_gguf_pairs *p, const char *key, const ink_text *list, size_t count)
{
    ink_buf *b = write_list(p, key, strlen(key), WRITE_TEXT, count);
    for (size_t i = 0; i < count; i++)
        write_text(b, list[i].data, list[i].size);
}

void ink_gguf_integers(ink_gguf_pairs *p, const char *key, const int32_t *list, size_t count)
{
    ink_buf_add(write_list(p, key, strlen(key), WRITE_I32, count), list, count * sizeof *list);
}

void ink_gguf_bytes(ink_gguf_pairs *p, const char *key, const void *bytes, size_t n) { ink_buf_add(write_list(p, key, strlen(key), WRITE_U8, n), bytes, n); }

void ink_gguf_reals(ink_gguf_pairs *p, const char *key, const float *list, size_t count)
{
    ink_buf_add(write_list(p, key, strlen(key), WRITE_F32, count), list, count * sizeof *list);
}

/* The number that GGUF has for numbers of this kind and width. */
static uint32_t write_type(ink_meta_type type, ink_meta_kind kind, size_t width)
{
    const uint32_t shift = width == 1 ? 0 : width == 2 ? 2 : width == 4 ? 4 : 10;
    if (type == INK_META_BOOL)
        return WRITE_BOOL;
    if (kind == INK_META_FLOAT)
        return width == 4 ? WRITE_F32 : WRITE_F64;
    return shift + (kind == INK_META_SIGNED);
}

static void write_array(ink_gguf_pairs *p, const ink_meta *m)
{
    const ink_meta_array *a = m->array;
    const bool texts = m->element == INK_META_TEXT;
    ink_buf *b = write_list(p, m->key.data, m->key.size, texts ? WRITE_TEXT : write_type(m->element, a->kind, a->width), m->count);
    if (!texts)
        ink_buf_add(b, a->data, m->count * a->width);
    for (size_t i = 0; texts && i < m->count; i++) {
        const ink_text t = ink_meta_text_at(m, i);
        write_text(b, t.data, t.size);
    }
}

void ink_gguf_meta(ink_gguf_pairs *p, const ink_meta *m)
{
    if (m->type == INK_META_ARRAY)
        write_array(p, m);
    else if (m->type == INK_META_TEXT)
        write_text(write_key(p, m->key.data, m->key.size, WRITE_TEXT), m->text.data, m->text.size);
    else if (m->type == INK_META_BOOL)
        ink_buf_char(write_key(p, m->key.data, m->key.size, WRITE_BOOL), (char)m->boolean);
    else if (m->type == INK_META_REAL && (double)(float)m->real == m->real) {
        const float single = (float)m->real;
        ink_buf_add(write_key(p, m->key.data, m->key.size, WRITE_F32), &single, sizeof single);
    } else if (m->type == INK_META_REAL)
        ink_buf_add(write_key(p, m->key.data, m->key.size, WRITE_F64), &m->real, sizeof m->real);
    else if (m->integer >= 0 && m->integer <= UINT32_MAX)
        write_u32(write_key(p, m->key.data, m->key.size, WRITE_U32), (uint32_t)m->integer);
    else
        write_u64(write_key(p, m->key.data, m->key.size, WRITE_I64), (uint64_t)m->integer);
}

static size_t write_gap(uint64_t at)
{
    return (size_t)(-at & (WRITE_ALIGNMENT - 1));
}

static ink_status write_head(const char *path, const ink_gguf_pairs *pairs, const ink_write_tensor *list, size_t count, ink_buf *out, ink_err *err)
{
    uint64_t at = 0;
    ink_buf_init(out, 0);
    ink_buf_text(out, "GGUF");
    write_u32(out, WRITE_VERSION);
    write_u64(out, count);
    write_u64(out, pairs->count);
    ink_buf_add(out, pairs->bytes.data, pairs->bytes.len);
    for (size_t i = 0; i < count; i++) {
        const ink_write_tensor *t = &list[i];
        if (t->ndim < 1 || t->ndim > WRITE_DIMS || t->type >= INK_BOOL)
            return ink_fail(err, INK_E_UNSUPPORTED, "%s: a GGUF cannot hold %s, which is of type %s with %zu dimensions", path, t->name, ink_type_find((int)t->type)->name, t->ndim);
        write_text(out, t->name, strlen(t->name));
        write_u32(out, (uint32_t)t->ndim);
        for (size_t d = t->ndim; d--;)
            write_u64(out, t->dims[d]);
        write_u32(out, (uint32_t)t->type);
        write_u64(out, at);
        at += t->bytes + write_gap(t->bytes);
    }
    ink_buf_add(out, (const char[WRITE_ALIGNMENT]){ 0 }, write_gap(out->len));
    return pairs->bytes.failed ? ink_buf_check(&pairs->bytes, "the metadata of a GGUF", err) : ink_buf_check(out, "the header of a GGUF", err);
}

static ink_status write_all(ink_writer *w, const ink_buf *head, const ink_write_tensor *list, size_t count, const ink_write_feed *feed, ink_err *err)
{
    static const char zeros[WRITE_ALIGNMENT];
    INK_TRY(ink_writer_add(w, head->data, head->len, err));
    for (size_t i = 0; i < count; i++) {
        INK_TRY(ink_write_data(w, list, i, feed, err));
        INK_TRY(ink_writer_add(w, zeros, write_gap(list[i].bytes), err));
    }
    return ink_writer_commit(w, err);
}

ink_status ink_gguf_write(const char *path, const ink_gguf_pairs *pairs, const ink_write_tensor *list, size_t count, const ink_write_feed *feed, ink_err *err)
{
    ink_buf head;
    ink_writer w;
    ink_status status = write_head(path, pairs, list, count, &head, err);
    if (status == INK_OK && (status = ink_writer_begin(&w, path, err)) == INK_OK) {
        status = write_all(&w, &head, list, count, feed, err);
        ink_writer_abandon(&w);
    }
    ink_buf_clear(&head);
    return status;
}
