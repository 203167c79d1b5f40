/* Writing safetensors: a length, a JSON header padded to eight bytes, the data in the order given. */
#include "formats/safetensors.h"
#include "formats/write.h"

#include <stdio.h>

static const char *write_type(ink_type type)
{
    return type == INK_F32 ? "F32" : type == INK_F16 ? "F16" : type == INK_BF16 ? "BF16" : type == INK_I64 ? "I64" : type == INK_I32 ? "I32" : type == INK_U8 ? "U8" : type == INK_BOOL ? "BOOL" : NULL;
}

static ink_json *write_entry(const ink_write_tensor *t, uint64_t at)
{
    ink_json *e = ink_json_new_object(), *shape = ink_json_new_array(), *span = ink_json_new_array();
    for (size_t i = 0; i < t->ndim; i++)
        ink_json_append(shape, ink_json_new_integer((int64_t)t->dims[i]));
    ink_json_append(span, ink_json_new_integer((int64_t)at));
    ink_json_append(span, ink_json_new_integer((int64_t)(at + t->bytes)));
    ink_json_set(e, "dtype", ink_json_new_text(write_type(t->type), strlen(write_type(t->type))));
    ink_json_set(e, "shape", shape);
    ink_json_set(e, "data_offsets", span);
    return e;
}

static ink_status write_header(const ink_write_tensor *list, size_t count, ink_buf *out, ink_err *err)
{
    ink_json *root = ink_json_new_object(), *meta = ink_json_new_object();
    uint64_t at = 0;
    ink_json_set(meta, "format", ink_json_new_text("pt", 2));
    ink_json_set(root, "__metadata__", meta);
    for (size_t i = 0; i < count; at += list[i++].bytes)
        ink_json_set(root, list[i].name, write_entry(&list[i], at));
    ink_buf_init(out, 0);
    ink_json_dump(root, 0, out);
    ink_json_free(root);
    while (out->len % 8)
        ink_buf_char(out, ' ');
    return ink_buf_check(out, "the header of safetensors", err);
}

static ink_status write_all(ink_writer *w, const ink_buf *header, const ink_write_tensor *list, size_t count, const ink_write_feed *feed, ink_err *err)
{
    const uint64_t length = header->len;
    INK_TRY(ink_writer_add(w, &length, sizeof length, err));
    INK_TRY(ink_writer_add(w, header->data, header->len, err));
    for (size_t i = 0; i < count; i++)
        INK_TRY(ink_write_data(w, list, i, feed, err));
    return ink_writer_commit(w, err);
}

ink_status ink_safetensors_write(const char *path, const ink_write_tensor *list, size_t count, const ink_write_feed *feed, ink_err *err)
{
    ink_buf header;
    ink_writer w;
    for (size_t i = 0; i < count; i++)
        if (!write_type(list[i].type))
            return ink_fail(err, INK_E_UNSUPPORTED, "%s: safetensors cannot hold %s, which is of type %s", path, list[i].name, ink_type_find((int)list[i].type)->name);
    INK_TRY(write_header(list, count, &header, err));
    ink_status status = ink_writer_begin(&w, path, err);
    if (status == INK_OK) {
        status = write_all(&w, &header, list, count, feed, err);
        ink_writer_abandon(&w);
    }
    ink_buf_clear(&header);
    return status;
}
