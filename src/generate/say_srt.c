/* Sentences or words as subtitles: a number, from when to when, the text, an empty line. */
#include "base/buf.h"

#include <ink/say.h>
#include <stdio.h>

static void srt_time(ink_buf *b, size_t sample, size_t rate)
{
    char text[32];
    const unsigned long long ms = (unsigned long long)sample * 1000 / rate;
    snprintf(text, sizeof text, "%02llu:%02llu:%02llu,%03llu", ms / 3600000, ms / 60000 % 60, ms / 1000 % 60, ms % 1000);
    ink_buf_text(b, text);
}

/* In one line: white space is a blank. */
static void srt_text(ink_buf *b, const char *text)
{
    bool blank = false;
    for (; *text; text++) {
        const bool white = (unsigned char)*text <= ' ';
        if (!white && blank)
            ink_buf_char(b, ' ');
        if (!white)
            ink_buf_char(b, *text);
        blank = white;
    }
}

ink_status ink_said_srt(const ink_said_part *parts, size_t count, size_t rate, char **out, ink_err *err)
{
    ink_buf b;
    ink_buf_init(&b, 0);
    ink_buf_add(&b, "", 0);
    for (size_t i = 0, block = 1; i < count; i++, block++) {
        const ink_said_part *p = &parts[i];
        char number[32];
        while (i + 1 < count && parts[i + 1].at == p->at && parts[i + 1].size == p->size) /* a number is said in several words */
            i++;
        snprintf(number, sizeof number, "%zu\n", block);
        ink_buf_text(&b, number);
        srt_time(&b, p->first, rate);
        ink_buf_text(&b, " --> ");
        srt_time(&b, parts[i].first + parts[i].samples, rate);
        ink_buf_char(&b, '\n');
        srt_text(&b, p->text);
        ink_buf_text(&b, "\n\n");
    }
    ink_status status = ink_buf_check(&b, "the subtitles", err);
    if (status != INK_OK)
        ink_buf_clear(&b);
    *out = b.data;
    return status;
}
