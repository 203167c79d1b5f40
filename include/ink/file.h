/* ink/file.h: files read whole, and files that appear whole: written beside their place, then renamed into it, so that a
   reader finds the old bytes or the new ones and never a part. A writer belongs to one thread. */
#ifndef INK_FILE_H
#define INK_FILE_H

#include <ink/err.h>
#include <stddef.h>

/* All bytes of a file ("-": standard input), malloc'd and NUL-terminated; more than max_bytes (0: 1 GiB) is INK_E_LIMIT. */
INK_API ink_status ink_file_text(const char *path, size_t max_bytes, char **text, size_t *size, ink_err *err);
INK_API ink_status ink_file_write(const char *path, const void *bytes, size_t n, ink_err *err);

/* The same in pieces: begin, add as often as needed, then commit or abandon. Where something stands that is no regular file
   (a pipe, a device), the bytes go straight into it. */
typedef struct ink_writer {
    int fd;
    char path[4096], temp[4160]; /* temp is empty when writing goes straight to path */
} ink_writer;
INK_API ink_status ink_writer_begin(ink_writer *w, const char *path, ink_err *err);
INK_API ink_status ink_writer_add(ink_writer *w, const void *bytes, size_t n, ink_err *err);
INK_API ink_status ink_writer_commit(ink_writer *w, ink_err *err);
INK_API void ink_writer_abandon(ink_writer *w); /* harmless after commit */

#endif
