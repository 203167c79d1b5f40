/* Small things that answers are written with. */
#include "server/call.h"

#include <string.h>
#include <sys/random.h>

static void write_put(void *user, const char *bytes, size_t n)
{
    ink_buf_add(user, bytes, n);
}

ink_jot srv_jot(ink_buf *b)
{
    return (ink_jot){ .put = write_put, .user = b };
}

void srv_event_begin(ink_buf *b, const char *name)
{
    if (name)
        ink_buf_format(b, "event: %s\n", name);
    ink_buf_text(b, "data: ");
}

void srv_event_end(ink_buf *b)
{
    ink_buf_text(b, "\n\n");
}

void srv_id(const char *prefix, char out[64])
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345";
    unsigned char random[24] = { 0 };
    size_t n = strlen(prefix);
    (void)!getrandom(random, sizeof random, 0);
    memcpy(out, prefix, n);
    for (size_t i = 0; i < sizeof random; i++)
        out[n + i] = letters[random[i] % 32];
    out[n + sizeof random] = 0;
}
