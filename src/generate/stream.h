/* Text as it grows token by token: what may be shown already, and where a stop string ends it. */
#ifndef INK_GENERATE_STREAM_H
#define INK_GENERATE_STREAM_H

#include "base/buf.h"

typedef struct ink_stream {
    ink_buf text;             /* all of it; cut where a stop string begins */
    size_t given;             /* bytes handed out */
    const char *const *stops;
    size_t stop_count;
    bool stopped;             /* a stop string came */
} ink_stream;

void ink_stream_init(ink_stream *s, const char *const *stops, size_t stop_count);
void ink_stream_clear(ink_stream *s);
void ink_stream_add(ink_stream *s, const char *bytes, size_t n); /* nothing after it has stopped */
/* The bytes that can be given out now (all that are left, at the end), and counts them as given. */
size_t ink_stream_take(ink_stream *s, bool end, const char **bytes);

/* How many bytes at the end of a text begin a UTF-8 character without ending it: 0 to 3. */
size_t ink_utf8_pending(const char *text, size_t n);

#endif
