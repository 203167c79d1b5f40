#include "train/data_write.h"

#include "base/file.h"
#include "base/path.h"
#include "base/sha256.h"

#include <stdlib.h>
#include <string.h>

/* NAME.jsonl, or NAME-00002-of-00004.jsonl. */
static ink_status writing_name(const ink_data_options *o, size_t i, size_t count, ink_path *path, ink_err *err)
{
    const char *slash = strrchr(o->out, '/'), *dot = strrchr(slash ? slash : o->out, '.');
    const size_t stem = dot ? (size_t)(dot - o->out) : strlen(o->out);
    if (count == 1)
        return ink_path_format(path, err, "%s", o->out);
    return ink_path_format(path, err, "%.*s-%05zu-of-%05zu%s", (int)stem, o->out, i + 1, count, dot ? dot : "");
}

ink_status ink_data_writing_begin(ink_data_writing *w, const ink_data_options *o, ink_err *err)
{
    enum { MOST = 256 };
    ink_path path;
    *w = (ink_data_writing){ .o = o, .count = !o->out ? 0 : o->shards ? o->shards : 1 };
    if (w->count > MOST)
        return ink_fail(err, INK_E_LIMIT, "%zu shards: at most %d are written", w->count, MOST);
    w->shards = calloc(w->count + 1, sizeof *w->shards);
    if (!w->shards)
        return ink_fail(err, INK_E_MEMORY, "no memory for %zu shards", w->count);
    for (; w->open < w->count; w->open++) {
        INK_TRY(writing_name(o, w->open, w->count, &path, err));
        INK_TRY(ink_writer_begin(&w->shards[w->open], path.text, err));
    }
    return INK_OK;
}

/* Whether it is new; rows are compared as JSON writes them on one line. */
static bool writing_new(ink_data_writing *w, const ink_buf *line)
{
    char digest[INK_SHA256_HEX];
    ink_sha256 sum;
    uint32_t number;
    ink_sha256_init(&sum);
    ink_sha256_add(&sum, line->data, line->len);
    ink_sha256_hex(&sum, digest);
    const size_t before = w->seen.count;
    w->status = w->o->dedupe ? ink_words_add(&w->seen, digest, sizeof digest - 1, 1, &number, &w->err) : INK_OK;
    return !w->o->dedupe || w->status != INK_OK || w->seen.count > before;
}

bool ink_data_writing_row(ink_data_writing *w, const char *row, size_t n)
{
    ink_json *value;
    ink_buf line;
    if (w->status != INK_OK || (!w->o->dedupe && !w->o->out) || ink_json_parse(row, n, "this row", &value, &w->err) != INK_OK)
        return true;
    ink_buf_init(&line, 0);
    ink_json_dump(value, 0, &line);
    ink_json_free(value);
    const bool is_new = writing_new(w, &line);
    ink_buf_char(&line, '\n');
    if (w->status == INK_OK)
        w->status = ink_buf_check(&line, "a row", &w->err);
    if (w->status == INK_OK && is_new && w->count)
        w->status = ink_writer_add(&w->shards[w->written % w->count], line.data, line.len, &w->err);
    ink_buf_clear(&line);
    w->written += is_new && w->count;
    w->duplicates += !is_new;
    return is_new;
}

ink_status ink_data_writing_end(ink_data_writing *w, ink_status status, ink_err *err)
{
    if (status == INK_OK && w->status != INK_OK)
        status = ink_fail(err, w->status, "%s", w->err.text);
    for (size_t i = 0; i < w->open; i++)
        if (status == INK_OK)
            status = ink_writer_commit(&w->shards[i], err);
        else
            ink_writer_abandon(&w->shards[i]);
    free(w->shards);
    ink_words_clear(&w->seen);
    w->shards = NULL;
    w->open = 0;
    return status;
}
