/* Small things that answers are written with. */
#include "server/call.h"

#include <errno.h>
#include <ink/base64.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>

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

void srv_jot_json(ink_jot *j, const char *key, const ink_json *v)
{
    const char *name;
    const ink_json *member;
    size_t n;
    switch (ink_json_kind(v)) {
    case INK_JSON_OBJECT:
        ink_jot_object(j, key);
        for (void *it = NULL; (it = ink_json_next(v, it, &name, &member));)
            srv_jot_json(j, name, member);
        ink_jot_end(j);
        break;
    case INK_JSON_ARRAY:
        ink_jot_array(j, key);
        for (size_t i = 0; i < ink_json_size(v); i++)
            srv_jot_json(j, NULL, ink_json_at(v, i));
        ink_jot_end(j);
        break;
    case INK_JSON_STRING: name = ink_json_text(v, &n); ink_jot_bytes(j, key, name, n); break;
    case INK_JSON_INTEGER: ink_jot_integer(j, key, ink_json_integer(v, 0)); break;
    case INK_JSON_REAL: ink_jot_number(j, key, ink_json_number(v, 0)); break;
    case INK_JSON_TRUE:
    case INK_JSON_FALSE: ink_jot_bool(j, key, ink_json_kind(v) == INK_JSON_TRUE); break;
    case INK_JSON_NULL:
    case INK_JSON_ABSENT: ink_jot_null(j, key); break;
    }
}

void srv_rfc3339(double seconds, char out[40])
{
    time_t whole = (time_t)seconds;
    struct tm t;
    gmtime_r(&whole, &t);
    size_t n = strftime(out, 24, "%Y-%m-%dT%H:%M:%S", &t);
    snprintf(out + n, 40 - n, ".%06dZ", (int)((seconds - (double)whole) * 1e6));
}

double srv_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void srv_jot_base64(ink_jot *j, const char *key, const void *bytes, size_t n)
{
    ink_buf text;
    ink_buf_init(&text, 0);
    ink_base64_put(bytes, n, &text);
    ink_jot_bytes(j, key, text.data ? text.data : "", text.len);
    ink_buf_clear(&text);
}

void srv_say_integer(srv_call *c, const char *key, int64_t v)
{
    ink_jot j = srv_jot(&c->out);
    ink_jot_object(&j, NULL);
    if (key)
        ink_jot_integer(&j, key, v);
    ink_jot_end(&j);
}

ink_status srv_folder(const char *name, char *out, size_t size, ink_err *err)
{
    const char *inkstone = getenv("INKSTONE_HOME"), *home = getenv("HOME");
    bool given = inkstone && *inkstone;
    for (size_t step = 0; step < (*name ? 2u : 1u); step++) { /* the home, then what is in it */
        int n = snprintf(out, size, "%s%s%s%s", given ? inkstone : home ? home : "/tmp", given ? "" : "/.inkstone", step ? "/" : "", step ? name : "");
        if (n < 0 || (size_t)n >= size)
            return ink_fail(err, INK_E_LIMIT, "the path of the home folder is too long");
        if (mkdir(out, 0777) && errno != EEXIST)
            return ink_fail(err, INK_E_IO, "%s: cannot be made: %s", out, strerror(errno));
    }
    return INK_OK;
}

ink_status srv_set_number(srv_call *c, ink_sampling *sampling, const char *name, double v, ink_err *err)
{
    char text[40];
    snprintf(text, sizeof text, "%.17g", v);
    return v < 0 ? INK_OK : ink_param_set(ink_sampling_params, name, text, c->arena, sampling, err);
}
