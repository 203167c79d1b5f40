/* A run of ideographs as words of an utterance: cut, read, changed by sandhi, written. */
#include "text/pinyin.h"
#include "text/unicode.h"

#include <stdlib.h>
#include <string.h>

/* The characters of the run, and one more that stands at its end. */
static ink_han_char *han_chars(const char *run, size_t n, size_t *count)
{
    ink_han_char *chars = calloc(ink_utf8_count(run, n) + 1, sizeof *chars);
    *count = 0;
    for (const char *at = run, *end = run + n; chars && at < end;) {
        const char *from = at;
        const uint32_t c = ink_utf8_next(&at, end);
        chars[(*count)++] = (ink_han_char){ .point = c, .at = (uint32_t)(from - run) };
    }
    if (chars)
        chars[*count].at = (uint32_t)n;
    return chars;
}

static void han_write(ink_uttering *u, const char *run, const ink_han_char *c, ink_buf *out)
{
    if (c->reading)
        ink_pinyin_write(c->reading, c->tone, u->p->style, out);
    else
        ink_utter_warn(u, "the ideograph \"%.*s\" (U+%04X) has no known reading; it is left out", (int)(c[1].at - c->at), run + c->at, (unsigned)c->point);
}

static void han_word(ink_uttering *u, const char *run, const ink_han_char *c, size_t n, ink_place *place, size_t from)
{
    ink_buf out;
    ink_buf_init(&out, 0);
    if (place)
        ink_place_set(place, u, from + c[0].at, from + c[n].at);
    for (size_t i = 0; i < n; i++)
        if (u->p->style == INK_STYLE_TEXT)
            ink_buf_add(&out, run + c[i].at, c[i + 1].at - c[i].at);
        else
            han_write(u, run, &c[i], &out);
    u->failed = u->failed || out.failed;
    if (out.len)
        ink_utter(u, run + c[0].at, c[n].at - c[0].at, out.data, out.len);
    u->blank = true;
    ink_buf_clear(&out);
}

static void han_words(ink_uttering *u, const char *run, const ink_han_char *c, size_t count, ink_place *place, size_t from)
{
    for (size_t i = 0, end; i < count && !u->failed; i = end) {
        end = i + 1;
        while (end < count && !c[end].begins)
            end++;
        han_word(u, run, c + i, end - i, place, from);
    }
}

void ink_utter_han(ink_uttering *u, const char *run, size_t n, ink_place *place, size_t from)
{
    size_t count;
    ink_han_char *chars = han_chars(run, n, &count);
    if (!chars || !ink_han_segment(run, chars, count, u->p->own)) {
        free(chars);
        u->failed = true;
        return;
    }
    ink_han_read(run, chars, count, u->p->own);
    if (u->p->sandhi)
        ink_han_sandhi(run, chars, count);
    han_words(u, run, chars, count, place, from);
    free(chars);
}
