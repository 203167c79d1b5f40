/* SHA-256 (FIPS 180-4), for naming and checking files. */
#ifndef INK_BASE_SHA256_H
#define INK_BASE_SHA256_H

#include <ink/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { INK_SHA256_HEX = 65 }; /* digits and the NUL */

typedef struct ink_sha256 {
    uint32_t state[8];
    uint64_t bytes;
    uint8_t block[64];
} ink_sha256;

void ink_sha256_init(ink_sha256 *s);
void ink_sha256_add(ink_sha256 *s, const void *bytes, size_t n);
void ink_sha256_hex(ink_sha256 *s, char out[INK_SHA256_HEX]); /* ends it */
ink_status ink_sha256_file(const char *path, char out[INK_SHA256_HEX], ink_err *err);
bool ink_sha256_valid(const char *hex); /* 64 lower-case hexadecimal digits and no more: safe in a path */

#endif
