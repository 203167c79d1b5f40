#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ink_buf_init(ink_buf *b, size_t max_bytes)
{
    *b = (ink_buf){ .max = max_bytes ? max_bytes : (size_t)1 << 30 };
}

void ink_buf_clear(ink_buf *b)
{
    free(b->data);
    *b = (ink_buf){ .max = b->max };
}

void ink_buf_reset(ink_buf *b)
{
    b->len = 0;
    b->failed = false;
    if (b->data)
        b->data[0] = 0;
}

/* Room for n more bytes and the NUL. */
static bool buf_reserve(ink_buf *b, size_t n)
{
    if (b->failed || n > b->max || b->len > b->max - n) {
        b->failed = true;
        return false;
    }
    if (b->cap - b->len > n)
        return true;
    size_t cap = b->cap ? b->cap : 64;
    while (cap - b->len <= n)
        cap *= 2;
    char *data = realloc(b->data, cap);
    if (!data) {
        b->failed = true;
        return false;
    }
    b->data = data;
    b->cap = cap;
    return true;
}

void ink_buf_add(ink_buf *b, const void *bytes, size_t n)
{
    if (!buf_reserve(b, n))
        return;
    if (n)
        memcpy(b->data + b->len, bytes, n);
    b->len += n;
    b->data[b->len] = 0;
}

void ink_buf_text(ink_buf *b, const char *text)
{
    ink_buf_add(b, text, strlen(text));
}

void ink_buf_char(ink_buf *b, char c)
{
    ink_buf_add(b, &c, 1);
}

void ink_buf_format(ink_buf *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0)
        b->failed = true;
    else if (buf_reserve(b, (size_t)n)) {
        vsnprintf(b->data + b->len, (size_t)n + 1, format, again);
        b->len += (size_t)n;
    }
    va_end(again);
}

ink_status ink_buf_check(const ink_buf *b, const char *what, ink_err *err)
{
    if (!b->failed)
        return INK_OK;
    return ink_fail(err, INK_E_LIMIT, "%s is longer than the %zu bytes allowed for it, or memory ran out", what, b->max);
}
