/* Questions about texts. */
#ifndef INK_BASE_TEXT_H
#define INK_BASE_TEXT_H

#include "base/count.h"

#include <stdbool.h>
#include <string.h>

static inline bool ink_ends(const char *text, const char *end)
{
    const size_t n = strlen(text), m = strlen(end);
    return n >= m && !strcmp(text + n - m, end);
}

/* Below, at or above 0 as a's n bytes stand before b's m, are the same, or stand after them; what begins with all of the other stands after it. UTF-8 sorts
   as its code points do. */
static inline int ink_bytes_compare(const void *a, size_t n, const void *b, size_t m)
{
    const size_t least = ink_least(n, m);
    const int order = least ? memcmp(a, b, least) : 0;
    return order ? order : (n > m) - (n < m);
}

#endif
