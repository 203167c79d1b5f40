/* GET / and the files of the page: compiled in, or read from --web DIR while somebody changes them. */
#include "server/call.h"

#include <ink/file.h>
#include <stdlib.h>
#include <string.h>

#define INK_WEB(name, file, type) extern const unsigned char srv_web_##name[]; extern const unsigned long srv_web_##name##_size;
#include "web/files.def"
#undef INK_WEB

static const struct {
    const char *path, *type;
    const unsigned char *bytes;
    const unsigned long *size;
} page_files[] = {
#define INK_WEB(name, file, type) { "/" file, type, srv_web_##name, &srv_web_##name##_size },
#include "web/files.def"
#undef INK_WEB
};

static ink_status page_read(srv_call *c, const char *name, ink_err *err)
{
    char path[4096], *text;
    size_t n;
    snprintf(path, sizeof path, "%s%s", srv_settings(c->server)->web, name);
    INK_TRY(ink_file_text(path, 16 << 20, &text, &n, err));
    ink_buf_add(&c->out, text, n);
    free(text);
    return INK_OK;
}

static ink_status page_run(srv_call *c, ink_err *err)
{
    size_t i = 0;
    while (i < sizeof page_files / sizeof *page_files && strcmp(page_files[i].path, c->path))
        i++;
    i = i == sizeof page_files / sizeof *page_files ? 0 : i; /* / is the first */
    c->type = page_files[i].type;
    if (srv_settings(c->server)->web)
        return page_read(c, page_files[i].path, err);
    ink_buf_add(&c->out, page_files[i].bytes, *page_files[i].size);
    return INK_OK;
}

static const char *const page_paths[] = {
    "/",
#define INK_WEB(name, file, type) "/" file,
#include "web/files.def"
#undef INK_WEB
    NULL,
};

extern const srv_route srv_route_page;
const srv_route srv_route_page = { .method = "GET", .paths = page_paths, .about = "The page.", .open = true, .run = page_run };
