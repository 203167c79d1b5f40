/* Files from a hub, over HTTP. */
#include "models/fetch.h"

#include "base/http.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { FETCH_TRIES = 5 };

bool ink_fetch_stopped(const ink_fetch *f)
{
    return f->hooks->stop && f->hooks->stop(f->hooks->user);
}

void ink_fetch_say(const ink_fetch *f, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (f->hooks->say)
        f->hooks->say(f->hooks->user, text);
}

typedef struct fetch_step {
    const ink_fetch *f;
    const char *what;
} fetch_step;

static bool fetch_step_http(void *user, uint64_t done, uint64_t total)
{
    const fetch_step *s = user;
    const ink_store_hooks *hooks = s->f->hooks;
    if (hooks->progress && total)
        hooks->progress(hooks->user, s->what, done, total);
    return !ink_fetch_stopped(s->f);
}

/* Percent-encodes what a URL's path may not hold. */
static ink_status fetch_url(const ink_recipe_source *s, const char *file, ink_path *out, ink_err *err)
{
    char escaped[800];
    size_t n = 0;
    for (const char *c = file; *c && n + 4 < sizeof escaped; c++)
        n += (size_t)snprintf(escaped + n, 4, strchr("%#+&=;@!$,'()[] ", *c) ? "%%%02X" : "%c", (unsigned char)*c);
    escaped[n] = 0;
    return ink_path_format(out, err, "%s/%s%s/resolve/%s/%s", ink_hub_endpoint(s->hub), s->hub->prefix, s->repo, s->revision, escaped);
}

static off_t fetch_size(const char *path)
{
    struct stat st;
    return stat(path, &st) ? 0 : st.st_size;
}

ink_status ink_fetch_hub(const ink_fetch *f, size_t file, const char *part, ink_err *err)
{
    const ink_recipe_file *want = &f->recipe->files[file];
    const char *slash = strrchr(want->path, '/');
    fetch_step step = { .f = f, .what = slash ? slash + 1 : want->path };
    ink_path url;
    INK_TRY(fetch_url(f->source, f->source->parts[file].at[0], &url, err));
    ink_http h = { .url = url.text, .token = ink_hub_token(f->source->hub), .step = fetch_step_http, .user = &step };
    if (!want->sha256) /* what is there cannot be checked: begin again */
        INK_TRY(ink_path_delete(part, err));
    for (int left = FETCH_TRIES;; left--) {
        off_t before = fetch_size(part);
        ink_status status = ink_http_file(&h, part, want->bytes, err);
        bool dropped = status == INK_E_IO && fetch_size(part) > before; /* the connection broke, but it had brought something */
        if (!dropped || !left)
            return status;
    }
}
