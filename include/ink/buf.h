/* ink/buf.h: a growing run of bytes with a maximum. Appends after a failure do nothing, so a writer checks once, at the end. */
#ifndef INK_BUF_H
#define INK_BUF_H

#include <ink/err.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct ink_buf {
    char *data; /* NUL-terminated whenever it is not NULL; owned, freed by ink_buf_clear */
    size_t len, cap, max;
    bool failed; /* an append was refused: over max, or out of memory */
} ink_buf;

INK_API void ink_buf_init(ink_buf *b, size_t max_bytes); /* 0: 1 GiB */
INK_API void ink_buf_clear(ink_buf *b);                  /* frees, leaves it usable */
INK_API void ink_buf_reset(ink_buf *b);                  /* empties, keeps the memory */
INK_API void ink_buf_add(ink_buf *b, const void *bytes, size_t n);
INK_API void ink_buf_text(ink_buf *b, const char *text);
INK_API void ink_buf_char(ink_buf *b, char c);
INK_API void ink_buf_format(ink_buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
INK_API ink_status ink_buf_check(const ink_buf *b, const char *what, ink_err *err);

#endif
