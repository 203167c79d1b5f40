#include "base/base64.h"

#include <stdint.h>
#include <string.h>

static const char base64_letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void ink_base64_put(const void *bytes, size_t n, ink_buf *out)
{
    const uint8_t *b = bytes;
    for (size_t i = 0; i < n; i += 3) {
        const unsigned v = (unsigned)b[i] << 16 | (i + 1 < n ? (unsigned)b[i + 1] << 8 : 0) | (i + 2 < n ? b[i + 2] : 0u);
        const char four[4] = { base64_letters[v >> 18], base64_letters[v >> 12 & 63], i + 1 < n ? base64_letters[v >> 6 & 63] : '=', i + 2 < n ? base64_letters[v & 63] : '=' };
        ink_buf_add(out, four, 4);
    }
}

bool ink_base64_read(const char *letters, size_t n, ink_buf *out)
{
    uint32_t bits = 0;
    unsigned held = 0;
    while (n && letters[n - 1] == '=')
        n--;
    for (size_t i = 0; i < n; i++) {
        const char *at = letters[i] ? strchr(base64_letters, letters[i]) : NULL;
        if (!at)
            return false;
        bits = bits << 6 | (uint32_t)(at - base64_letters);
        held += 6;
        if (held >= 8) {
            held -= 8;
            ink_buf_char(out, (char)(bits >> held & 255));
        }
    }
    return !out->failed;
}
