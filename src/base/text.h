/* Questions about short texts. */
#ifndef INK_BASE_TEXT_H
#define INK_BASE_TEXT_H

#include <stdbool.h>
#include <string.h>

static inline bool ink_ends(const char *text, const char *end)
{
    const size_t n = strlen(text), m = strlen(end);
    return n >= m && !strcmp(text + n - m, end);
}

#endif
