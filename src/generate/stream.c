#define _GNU_SOURCE
#include "generate/stream.h"

#include <string.h>

void ink_stream_init(ink_stream *s, const char *const *stops, size_t stop_count)
{
    *s = (ink_stream){ .stops = stops, .stop_count = stop_count };
    ink_buf_init(&s->text, 0);
}

void ink_stream_clear(ink_stream *s)
{
    ink_buf_clear(&s->text);
}

/* Cuts the text where the earliest stop string begins; only those that end in bytes from `fresh` on can be new. */
static void stream_cut(ink_stream *s, size_t fresh)
{
    size_t cut = s->text.len;
    for (size_t i = 0; i < s->stop_count; i++) {
        size_t n = strlen(s->stops[i]), from = fresh + 1 > n ? fresh + 1 - n : 0;
        const char *hit = memmem(s->text.data + from, s->text.len - from, s->stops[i], n);
        if (hit && (size_t)(hit - s->text.data) <= cut) {
            cut = (size_t)(hit - s->text.data);
            s->stopped = true;
        }
    }
    s->text.len = cut;
    s->text.data[cut] = 0;
}

void ink_stream_add(ink_stream *s, const char *bytes, size_t n)
{
    size_t fresh = s->text.len;
    if (s->stopped || !n)
        return;
    ink_buf_add(&s->text, bytes, n);
    if (!s->text.failed)
        stream_cut(s, fresh);
}

size_t ink_utf8_pending(const char *text, size_t n)
{
    for (size_t back = 1; back <= 3 && back <= n; back++) {
        unsigned char c = (unsigned char)text[n - back];
        if ((c & 0xc0) == 0x80)
            continue;
        size_t whole = c >= 0xf0 && c < 0xf5 ? 4 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xc2 && c < 0xe0 ? 2 : 1;
        return whole > back ? back : 0;
    }
    return 0;
}

/* Bytes at the end that may turn out to be the beginning of a stop string. */
static size_t stream_held(const ink_stream *s)
{
    size_t held = 0;
    for (size_t i = 0; i < s->stop_count; i++) {
        size_t n = strlen(s->stops[i]) - 1;
        for (n = n < s->text.len ? n : s->text.len; n > held; n--)
            if (!memcmp(s->text.data + s->text.len - n, s->stops[i], n))
                held = n;
    }
    return held;
}

size_t ink_stream_take(ink_stream *s, bool end, const char **bytes)
{
    size_t upto = s->text.len;
    if (!end && !s->stopped && upto) {
        upto -= stream_held(s);
        upto -= ink_utf8_pending(s->text.data, upto);
    }
    size_t n = upto > s->given ? upto - s->given : 0;
    *bytes = n ? s->text.data + s->given : NULL;
    s->given += n;
    return n;
}
