#define _GNU_SOURCE /* memmem */
#include "text/normal_steps.h"

#include "text/normal.h"
#include "text/unicode.h"

#include <string.h>

typedef void step_apply(const ink_normal_step *s, const ink_charsmap *m, ink_text text, ink_buf *out);

static ink_char step_char(const char *p, const char *end)
{
    return ink_char_at((const uint8_t *)p, (const uint8_t *)end);
}

static void step_put(uint32_t point, ink_buf *out)
{
    char bytes[4];
    ink_buf_add(out, bytes, ink_utf8_put(point, bytes));
}

static void step_form(const ink_normal_step *s, const ink_charsmap *m, ink_text text, ink_buf *out)
{
    (void)m;
    ink_normalize((const uint8_t *)text.data, text.size, s->form, out);
}

/* One character becomes two: the capital I with a dot. */
static void step_lower(const ink_normal_step *s, const ink_charsmap *m, ink_text text, ink_buf *out)
{
    (void)s, (void)m;
    for (const char *p = text.data, *end = p + text.size; p < end;) {
        const ink_char c = step_char(p, end);
        if (c.point == 0x130)
            ink_buf_text(out, "i\xcc\x87");
        else if (c.point == INK_NOT_UTF8)
            ink_buf_add(out, p, c.size);
        else
            step_put(ink_unicode_lower(c.point), out);
        p += c.size;
    }
}

static void step_accents(const ink_normal_step *s, const ink_charsmap *m, ink_text text, ink_buf *out)
{
    (void)s, (void)m;
    for (const char *p = text.data, *end = p + text.size; p < end;) {
        const ink_char c = step_char(p, end);
        if (!(c.class & INK_MARK))
            ink_buf_add(out, p, c.size);
        p += c.size;
    }
}

static bool step_strips(const ink_normal_step *s, ink_char c) { return s->spaces ? c.point == ' ' : ink_is_white(c); }

static void step_strip(const ink_normal_step *s, const ink_charsmap *m, ink_text text, ink_buf *out)
{
    (void)m;
    const char *p = text.data, *end = p + text.size, *last = s->right ? p : end;
    for (ink_char c; s->left && p < end && step_strips(s, c = step_char(p, end));)
        p += c.size;
    for (const char *q = p; s->right && q < end;) {
        const ink_char c = step_char(q, end);
        q += c.size;
        last = step_strips(s, c) || (s->spaces && c.point == 0x2581) ? last : q; /* SentencePiece has made marks of them by then */
    }
    if (last > p)
        ink_buf_add(out, p, (size_t)(last - p));
}

static void step_replace(const ink_normal_step *s, const ink_charsmap *m, ink_text text, ink_buf *out)
{
    (void)m;
    const size_t n = strlen(s->what);
    const char *p = text.data, *end = p + text.size;
    for (const char *at; (at = memmem(p, (size_t)(end - p), s->what, n)) != NULL; p = at + n) {
        ink_buf_add(out, p, (size_t)(at - p));
        ink_buf_text(out, s->by);
    }
    ink_buf_add(out, p, (size_t)(end - p));
}

static void step_spaces(const ink_normal_step *s, const ink_charsmap *m, ink_text text, ink_buf *out)
{
    (void)m;
    for (size_t i = 0, n; i < text.size; i += n) {
        for (n = 0; i + n < text.size && text.data[i + n] == ' ';)
            n++;
        if (n > 1)
            ink_buf_text(out, s->by);
        else
            ink_buf_char(out, text.data[i]);
        n += !n;
    }
}

/* Which characters go, and which become spaces: as the neural translators of Google had it, and tokenizers do. */
static void step_nmt(const ink_normal_step *s, const ink_charsmap *m, ink_text text, ink_buf *out)
{
    static const struct { uint32_t first, last; bool space; } table[] = {
        { 0x1, 0x8, false }, { 0x9, 0xA, true }, { 0xB, 0xB, false }, { 0xC, 0xD, true }, { 0xE, 0x1F, false }, { 0x7F, 0x7F, false }, { 0x8F, 0x8F, false }, { 0x9F, 0x9F, false },
        { 0x1680, 0x1680, true }, { 0x200B, 0x200F, true }, { 0x2028, 0x2029, true }, { 0x2581, 0x2581, true }, { 0xFEFF, 0xFEFF, true }, { 0xFFFD, 0xFFFD, true },
    };
    (void)s, (void)m;
    for (const char *p = text.data, *end = p + text.size; p < end;) {
        const ink_char c = step_char(p, end);
        size_t i = 0;
        while (i < sizeof table / sizeof *table && (c.point < table[i].first || c.point > table[i].last))
            i++;
        if (i == sizeof table / sizeof *table)
            ink_buf_add(out, p, c.size);
        else
            ink_buf_add(out, " ", table[i].space);
        p += c.size;
    }
}

static void step_charsmap(const ink_normal_step *s, const ink_charsmap *m, ink_text text, ink_buf *out)
{
    ink_charsmap_apply(m, text.data, text.size, s->clusters, out);
}

void ink_normal_step_apply(const ink_normal_step *s, const ink_charsmap *m, ink_text text, ink_buf *out)
{
    static step_apply *const kinds[INK_STEP_KINDS] = {
        [INK_STEP_FORM] = step_form,       [INK_STEP_LOWER] = step_lower,   [INK_STEP_ACCENTS] = step_accents, [INK_STEP_STRIP] = step_strip,
        [INK_STEP_REPLACE] = step_replace, [INK_STEP_SPACES] = step_spaces, [INK_STEP_NMT] = step_nmt,         [INK_STEP_CHARSMAP] = step_charsmap,
    };
    kinds[s->kind](s, m, text, out);
}
