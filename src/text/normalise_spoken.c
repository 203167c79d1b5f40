/* ink_spoken: the public face of the normaliser. Bytes that are not UTF-8 become U+FFFD first, and places are told in the
   bytes of the source all the same. */
#include "text/normalise.h"
#include "text/normalise_spoken.h"
#include "text/unicode.h"

#include <stdlib.h>
#include <string.h>

enum { SPOKEN_LONGEST = 64 << 20 };

void ink_spoken_clear(ink_spoken *s)
{
    free(s->text);
    free(s->parts);
    *s = (ink_spoken){ 0 };
}

static uint32_t clean_narrow(uint32_t c)
{
    static const struct {
        uint32_t wide, narrow;
    } marks[] = { { 0x3000, ' ' }, { 0x3002, '.' }, { 0x201c, '"' }, { 0x201d, '"' }, { 0x2018, '\'' }, { 0x2019, '\'' } };
    if (c >= 0xff01 && c <= 0xff5e)
        return c - 0xff01 + '!';
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (c == marks[i].wide)
            return marks[i].narrow;
    return c;
}

/* Passes one character of the source; what it becomes is in out, its length is returned. */
static size_t clean_char(const char **at, const char *end, bool narrow, char out[4])
{
    const uint32_t c = ink_utf8_next(at, end);
    return ink_utf8_put(narrow ? clean_narrow(c) : c, out);
}

ink_status ink_clean_make(const char *text, size_t n, bool narrow, ink_clean *out, ink_err *err)
{
    *out = (ink_clean){ 0 };
    ink_buf_init(&out->text, 0);
    if (n > SPOKEN_LONGEST)
        return ink_fail(err, INK_E_LIMIT, "a text of %zu bytes; at most %d are spoken at once", n, SPOKEN_LONGEST);
    for (const char *at = text, *end = text + n; at < end;) {
        const char *from = at;
        char made[4];
        const size_t size = clean_char(&at, end, narrow, made);
        if (size == 3 && !memcmp(made, "\xef\xbf\xbd", 3) && !out->bad++)
            out->first = (size_t)(from - text);
        out->changed += size != (size_t)(at - from);
        ink_buf_add(&out->text, made, size);
    }
    ink_buf_add(&out->text, "", 0);
    ink_status status = ink_buf_check(&out->text, "a text to speak", err);
    if (status)
        ink_buf_clear(&out->text);
    return status;
}

void ink_clean_free(ink_clean *c)
{
    ink_buf_clear(&c->text);
}

void ink_clean_start(ink_clean_walk *w, const char *source, size_t n, bool narrow)
{
    *w = (ink_clean_walk){ .source = source, .end = source + n, .narrow = narrow };
}

size_t ink_clean_place(ink_clean_walk *w, size_t clean)
{
    while (w->clean < clean && w->from < (size_t)(w->end - w->source)) {
        const char *at = w->source + w->from;
        char made[4];
        w->clean += clean_char(&at, w->end, w->narrow, made);
        w->from = (size_t)(at - w->source);
    }
    return w->from;
}

/* Places in the clean text become places in the source. */
static void spoken_places(ink_spoken *s, const char *source, size_t n, bool narrow)
{
    ink_clean_walk w;
    ink_clean_start(&w, source, n, narrow);
    for (size_t i = 0; i < s->count; i++) {
        const size_t end = s->parts[i].from + s->parts[i].length;
        s->parts[i].from = ink_clean_place(&w, s->parts[i].from);
        s->parts[i].length = ink_clean_place(&w, end) - s->parts[i].from;
        s->parts[i].same = false;
    }
}

static ink_status spoken_same(const ink_clean *c, ink_spoken *out, ink_err *err)
{
    ink_spoken_clear(out);
    out->text = malloc(c->text.len + 1);
    out->parts = malloc(sizeof *out->parts);
    if (!out->text || !out->parts) {
        ink_spoken_clear(out);
        return ink_fail(err, INK_E_MEMORY, "no memory for %zu bytes of text", c->text.len);
    }
    memcpy(out->text, c->text.data, c->text.len + 1);
    out->size = c->text.len;
    out->count = c->text.len > 0;
    out->parts[0] = (struct ink_spoken_part){ 0, c->text.len, 0, c->text.len, true };
    return INK_OK;
}

ink_status ink_spoken_with(const ink_normaliser *n, const ink_clean *c, ink_spoken *out, ink_err *err)
{
    return n ? ink_normaliser_run(n, c->text.data, c->text.len, out, err) : spoken_same(c, out, err);
}

ink_status ink_spoken_make(const char *lang, const char *text, size_t n, ink_spoken *out, ink_err *err)
{
    const ink_say_language *language = ink_say_language_find(lang);
    ink_normaliser *normaliser = NULL;
    ink_clean clean;
    if (!language && strcmp(lang, "ja"))
        return ink_fail(err, INK_E_ARGUMENT, "no rules to put \"%.20s\" into words; there are en, zh and ja", lang);
    INK_TRY(ink_clean_make(text, n, language && language->narrow, &clean, err));
    ink_status status = language ? ink_normaliser_open(language, &normaliser, err) : INK_OK;
    if (!status)
        status = ink_spoken_with(normaliser, &clean, out, err);
    if (!status && clean.changed)
        spoken_places(out, text, n, language && language->narrow);
    ink_normaliser_close(normaliser);
    ink_clean_free(&clean);
    return status;
}
