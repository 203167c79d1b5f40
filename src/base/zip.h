/* Members of a zip file through libzip, which appears in zip.c alone. Only members asked for by name are read, so an
   archive's own names never become paths. */
#ifndef INK_BASE_ZIP_H
#define INK_BASE_ZIP_H

#include "base/buf.h"
#include "base/file.h"

typedef struct ink_zip ink_zip;

ink_status ink_zip_open(const char *path, ink_zip **out, ink_err *err);
void ink_zip_close(ink_zip *z); /* NULL is fine */
/* Appends the member to w and takes its size off *left; a larger one is refused. INK_E_NOT_FOUND when the archive has no
   such member. */
ink_status ink_zip_copy(ink_zip *z, const char *member, uint64_t *left, ink_writer *w, ink_err *err);
/* The whole member, of at most so many bytes. */
ink_status ink_zip_read(ink_zip *z, const char *member, size_t most, ink_buf *out, ink_err *err);

#endif
