/* Paths of bounded length, and the folders that inkstone keeps. */
#ifndef INK_BASE_PATH_H
#define INK_BASE_PATH_H

#include <ink/err.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct ink_path {
    char text[3072];
} ink_path;

ink_status ink_path_format(ink_path *out, ink_err *err, const char *format, ...) __attribute__((format(printf, 3, 4)));
ink_status ink_path_home(ink_path *out, ink_err *err);           /* INKSTONE_HOME, or .inkstone in the person's home */
ink_status ink_path_make(const char *folder, ink_err *err);      /* with its parents; fine when it exists */
ink_status ink_path_delete(const char *path, ink_err *err);      /* a file, or a folder with all in it; fine when absent; follows no link */
uint64_t ink_path_bytes(const char *folder);                     /* of the files below it */
/* A relative path of printable ASCII without "..", empty parts, backslashes or a leading dot part; safe below a folder. */
bool ink_path_safe(const char *relative);

#endif
