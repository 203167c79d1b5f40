/* Whole files, for the engine itself: mapped, or read into a buffer. Writing them is <ink/file.h>'s work. */
#ifndef INK_BASE_FILE_H
#define INK_BASE_FILE_H

#include "base/buf.h"

#include <ink/file.h>
#include <stdint.h>

typedef struct ink_map { /* a read-only mapping; data is NULL when the file is empty */
    const uint8_t *data;
    size_t size;
} ink_map;

ink_status ink_map_open(const char *path, ink_map *out, ink_err *err); /* regular files only */
void ink_map_close(ink_map *map);
/* Gives the pages that lie wholly inside [at, at + size) back; they are read again from the file if touched. */
void ink_map_release(const ink_map *map, size_t at, size_t size);

ink_status ink_file_read(const char *path, size_t max_bytes, ink_buf *out, ink_err *err); /* "-": standard input */
int ink_file_kind(const char *path); /* 'f' regular, 'd' folder, 0 absent, 'o' other */

#endif
