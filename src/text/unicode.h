/* UTF-8 and what Unicode says of a code point. utf8proc appears in unicode.c alone. */
#ifndef INK_TEXT_UNICODE_H
#define INK_TEXT_UNICODE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { /* traits of a code point */
    INK_UNICODE_LETTER = 1,   /* L* */
    INK_UNICODE_UPPER = 2,    /* Lu */
    INK_UNICODE_LOWER = 4,    /* Ll */
    INK_UNICODE_TITLE = 8,    /* Lt */
    INK_UNICODE_DECIMAL = 16, /* Nd */
    INK_UNICODE_NUMBER = 32,  /* N* */
    INK_UNICODE_SPACE = 64,   /* White_Space, and U+001C to U+001F as Python has it */
    INK_UNICODE_WORD = 256,   /* \w of UTS 18, annex C: letters, marks, digits, letter-like numbers and symbols, connectors, joiners */
    INK_UNICODE_NONSPACING = 512, /* Mn */
    INK_UNICODE_MARKS = 1024, /* P* */
    INK_UNICODE_OTHER = 2048, /* C* but Cn, which nobody has assigned */
    INK_UNICODE_PRINT = 128,  /* not C*, Z*; the space itself is printable */
};
unsigned ink_unicode_traits(uint32_t c);

/* Mapping one to one; the handful of capitals of several letters are in ink_unicode_upper_text. */
uint32_t ink_unicode_upper(uint32_t c);
uint32_t ink_unicode_lower(uint32_t c);
uint32_t ink_unicode_title(uint32_t c);
const char *ink_unicode_upper_text(uint32_t c); /* "SS" for the sharp s; NULL where one code point will do */

/* Appends well-formed text in a normal form: composed or decomposed (NFC, NFD), compatibility characters resolved or not (NFKC, NFKD).
   Time grows with the square of a run of combining marks. false when memory is refused. */
bool ink_unicode_normal(const char *text, size_t n, bool composed, bool compatible, ink_buf *out);

/* Bytes of the cluster of characters that begins at `at` (< end) and is taken for one (Unicode Annex 29, extended). Bytes that are not UTF-8 stand alone. */
size_t ink_unicode_cluster(const char *at, const char *end);

/* Reads a code point and moves *at (< end) past it; a byte that begins no well-formed sequence gives U+FFFD and is passed over alone. */
uint32_t ink_utf8_next(const char **at, const char *end);
size_t ink_utf8_put(uint32_t c, char out[4]); /* bytes written */
size_t ink_utf8_valid(const char *text, size_t n); /* bytes of the longest well-formed prefix */
size_t ink_utf8_count(const char *text, size_t n); /* code points of well-formed text */

#endif
