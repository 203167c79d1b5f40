/* What a code point is, and reading UTF-8. The table is made from chars.txt (Unicode 16) when the engine is built. */
#ifndef INK_TEXT_CHARS_H
#define INK_TEXT_CHARS_H

#include <stddef.h>
#include <stdint.h>

/* Every code point is of one class or of none: the general categories, upper case with title case, and white space before all. */
enum {
    INK_UPPER = 1, INK_LOWER = 2, INK_OTHER_LETTER = 4, INK_MARK = 8, INK_NUMBER = 16, INK_PUNCTUATION = 32, INK_SYMBOL = 64, INK_SPACE = 128,
    INK_LETTER = INK_UPPER | INK_LOWER | INK_OTHER_LETTER,
};

extern const uint8_t ink_char_block[], ink_char_class[];
extern const uint8_t ink_byte_class[]; /* of ASCII; none for the bytes beyond */

static inline unsigned ink_class_of(uint32_t point) /* point <= 0x10FFFF */
{
    return ink_char_class[ink_char_block[point >> 7] << 7 | (point & 127)];
}

typedef struct ink_char { /* one code point of a text, or one byte that is not UTF-8 (of no class, and beyond all code points) */
    uint32_t point;
    uint8_t size, class;
} ink_char;

enum { INK_NOT_UTF8 = 0x110000 };

/* The character at p < end. Overlong forms, surrogates and cut sequences are single bytes. */
static inline ink_char ink_char_at(const uint8_t *p, const uint8_t *end)
{
    const uint32_t a = p[0];
    const size_t left = (size_t)(end - p);
    if (a < 0x80)
        return (ink_char){ a, 1, ink_char_class[a] };
    uint32_t point = INK_NOT_UTF8;
    unsigned size = 1;
    if (a >= 0xE0 && a < 0xF0 && left >= 3 && (p[1] & 0xC0) == 0x80 && (p[2] & 0xC0) == 0x80) {
        point = (a & 15) << 12 | (p[1] & 63u) << 6 | (p[2] & 63u);
        size = 3;
        if (point < 0x800 || (point >= 0xD800 && point < 0xE000))
            return (ink_char){ INK_NOT_UTF8, 1, 0 };
    } else if (a >= 0xC2 && a < 0xE0 && left >= 2 && (p[1] & 0xC0) == 0x80) {
        point = (a & 31) << 6 | (p[1] & 63u);
        size = 2;
    } else if (a >= 0xF0 && a < 0xF5 && left >= 4 && (p[1] & 0xC0) == 0x80 && (p[2] & 0xC0) == 0x80 && (p[3] & 0xC0) == 0x80) {
        point = (a & 7) << 18 | (p[1] & 63u) << 12 | (p[2] & 63u) << 6 | (p[3] & 63u);
        size = 4;
        if (point < 0x10000 || point > 0x10FFFF)
            return (ink_char){ INK_NOT_UTF8, 1, 0 };
    } else {
        return (ink_char){ INK_NOT_UTF8, 1, 0 };
    }
    return (ink_char){ point, (uint8_t)size, (uint8_t)ink_class_of(point) };
}

#endif
