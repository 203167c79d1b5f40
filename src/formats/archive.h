/* Zip files whose members lie in them as they are, so that they can be mapped: PyTorch's checkpoints. (What is compressed is read
   through libzip, base/zip.h.) Layout: PKWARE's APPNOTE, sections 4.3.7 to 4.3.16. */
#ifndef INK_FORMATS_ARCHIVE_H
#define INK_FORMATS_ARCHIVE_H

#include "tensor/weights.h"

typedef struct archive_member {
    ink_text name; /* inside the file */
    size_t at, size;
} archive_member;

typedef struct archive {
    archive_member *list; /* in order of their names; malloc'd */
    size_t count;
} archive;

/* Every member lies inside the file. A compressed or encrypted one is an error. */
ink_status archive_read(const ink_map *map, const char *path, archive *out, ink_err *err);
void archive_clear(archive *a);
const archive_member *archive_find(const archive *a, const char *name); /* NULL when absent */

#endif
