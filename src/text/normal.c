#include "text/normal.h"
#include "text/tokenizer.h"
#include "text/unicode.h"

enum { NORMAL_PART = 256, NORMAL_LONGEST = 4096, NORMAL_NO_FINAL = 0x11A7 };

/* Whether nothing of the text before c can join with it: c is no mark, and no vowel or final of Hangul, nor becomes one of these. */
static bool normal_starts(ink_char c)
{
    static const struct { uint32_t first, last; } joining[] = { { 0x1160, 0x11FF }, { 0x3131, 0x318E }, { 0xFF9E, 0xFFDC } };
    for (size_t i = 0; i < sizeof joining / sizeof *joining; i++)
        if (c.point >= joining[i].first && c.point <= joining[i].last)
            return c.point == NORMAL_NO_FINAL;
    return !(c.class & INK_MARK);
}

/* Where a part of UTF-8 that may be taken alone ends: from p on, some hundred bytes. utf8proc takes U+11A7 for a final of Hangul
   and loses it, so nothing is put before it. */
static const uint8_t *normal_part(const uint8_t *p, const uint8_t *end)
{
    for (const uint8_t *q = p; q < end;) {
        ink_char c = ink_char_at(q, end);
        const bool full = q - p >= NORMAL_PART || (q > p && c.point == NORMAL_NO_FINAL);
        if (c.point == INK_NOT_UTF8 || (full && normal_starts(c)) || q - p >= NORMAL_LONGEST)
            return q;
        q += c.size;
    }
    return end;
}

static const uint8_t *normal_ascii(const uint8_t *p, const uint8_t *end)
{
    while (p < end && *p < 0x80)
        p++;
    return p;
}

void ink_normalize(const uint8_t *p, size_t n, int form, ink_buf *out)
{
    const bool composed = form == INK_NORMAL_C || form == INK_NORMAL_KC, compatible = form == INK_NORMAL_KC || form == INK_NORMAL_KD;
    for (const uint8_t *end = p + n, *stop; p < end; p = stop) {
        stop = normal_ascii(p, end); /* all normal, but the last may take a mark */
        stop -= stop > p && stop < end;
        if (stop > p) {
            ink_buf_add(out, p, (size_t)(stop - p));
            continue;
        }
        stop = normal_part(p, end);
        if (stop == p)
            ink_buf_add(out, p, (size_t)(++stop - p));
        else if (!ink_unicode_normal((const char *)p, (size_t)(stop - p), composed, compatible, out))
            out->failed = true;
    }
}
