/* Whole files: mapped for reading, replaced atomically for writing. */
#ifndef INK_BASE_FILE_H
#define INK_BASE_FILE_H

#include "base/buf.h"
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
/* Write-temp, fsync, rename, fsync-folder: path holds the old bytes or the new ones, never a part. */
ink_status ink_file_write(const char *path, const void *bytes, size_t n, ink_err *err);

/* The same in pieces: begin, write as often as needed, then commit or abandon. */
typedef struct ink_writer {
    int fd;
    char path[4096], temp[4160];
} ink_writer;
ink_status ink_writer_begin(ink_writer *w, const char *path, ink_err *err);
ink_status ink_writer_add(ink_writer *w, const void *bytes, size_t n, ink_err *err);
ink_status ink_writer_commit(ink_writer *w, ink_err *err);
void ink_writer_abandon(ink_writer *w); /* harmless after commit */

int ink_file_kind(const char *path); /* 'f' regular, 'd' folder, 0 absent, 'o' other */

#endif
