/* ink/base64.h: bytes as letters (RFC 4648, section 4). */
#ifndef INK_BASE64_H
#define INK_BASE64_H

#include <ink/buf.h>

INK_API void ink_base64_put(const void *bytes, size_t n, ink_buf *out); /* appended to it, with padding */
/* Appends what the letters stand for; padding may be left out. false: one is no letter of the alphabet, or memory was refused. */
INK_API bool ink_base64_read(const char *letters, size_t n, ink_buf *out);

#endif
