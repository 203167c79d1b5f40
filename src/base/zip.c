#include "base/zip.h"

#include <stdio.h>
#include <stdlib.h>
#include <zip.h>

struct ink_zip {
    zip_t *zip;
    char path[4096];
};

ink_status ink_zip_open(const char *path, ink_zip **out, ink_err *err)
{
    ink_zip *z = calloc(1, sizeof *z);
    if (!z)
        return ink_fail(err, INK_E_MEMORY, "%s: no memory to open it", path);
    int code = 0;
    snprintf(z->path, sizeof z->path, "%s", path);
    z->zip = zip_open(path, ZIP_RDONLY, &code);
    if (!z->zip) {
        zip_error_t why;
        zip_error_init_with_code(&why, code);
        ink_fail(err, INK_E_FORMAT, "%s: cannot be read as a zip file: %s", path, zip_error_strerror(&why));
        zip_error_fini(&why);
        free(z);
        return INK_E_FORMAT;
    }
    *out = z;
    return INK_OK;
}

void ink_zip_close(ink_zip *z)
{
    if (!z)
        return;
    zip_discard(z->zip);
    free(z);
}

static ink_status zip_pump(zip_file_t *file, const ink_zip *z, const char *member, uint64_t size, ink_writer *w, ink_err *err)
{
    char piece[65536];
    uint64_t done = 0;
    for (zip_int64_t n; (n = zip_fread(file, piece, sizeof piece)) != 0; done += (uint64_t)n) {
        if (n < 0 || (uint64_t)n > size - done)
            return ink_fail(err, INK_E_FORMAT, "%s: %s: is damaged", z->path, member);
        INK_TRY(ink_writer_add(w, piece, (size_t)n, err));
    }
    return done == size ? INK_OK : ink_fail(err, INK_E_FORMAT, "%s: %s: ends early", z->path, member);
}

ink_status ink_zip_copy(ink_zip *z, const char *member, uint64_t *left, ink_writer *w, ink_err *err)
{
    zip_stat_t st;
    if (zip_stat(z->zip, member, ZIP_FL_ENC_GUESS, &st) || !(st.valid & ZIP_STAT_SIZE))
        return ink_fail(err, INK_E_NOT_FOUND, "%s: has no %s", z->path, member);
    if (st.size > *left)
        return ink_fail(err, INK_E_LIMIT, "%s: %s has %llu bytes, at most %llu were expected", z->path, member, (unsigned long long)st.size,
                        (unsigned long long)*left);
    zip_file_t *file = zip_fopen_index(z->zip, st.index, 0);
    if (!file)
        return ink_fail(err, INK_E_FORMAT, "%s: %s: %s", z->path, member, zip_strerror(z->zip));
    ink_status status = zip_pump(file, z, member, st.size, w, err);
    zip_fclose(file);
    *left -= status == INK_OK ? st.size : 0;
    return status;
}

ink_status ink_zip_read(ink_zip *z, const char *member, size_t most, ink_buf *out, ink_err *err)
{
    zip_stat_t st;
    char piece[65536];
    ink_buf_init(out, most);
    if (zip_stat(z->zip, member, ZIP_FL_ENC_GUESS, &st))
        return ink_fail(err, INK_E_NOT_FOUND, "%s: has no %.900s", z->path, member);
    zip_file_t *file = zip_fopen_index(z->zip, st.index, 0);
    if (!file)
        return ink_fail(err, INK_E_FORMAT, "%s: %.900s: %s", z->path, member, zip_strerror(z->zip));
    zip_int64_t n;
    while ((n = zip_fread(file, piece, sizeof piece)) > 0 && !out->failed)
        ink_buf_add(out, piece, (size_t)n);
    zip_fclose(file);
    ink_status status = n < 0 ? ink_fail(err, INK_E_FORMAT, "%s: %.900s: is damaged", z->path, member) : ink_buf_check(out, member, err);
    if (status != INK_OK)
        ink_buf_clear(out);
    return status;
}
