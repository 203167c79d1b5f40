#define _GNU_SOURCE
#include "server/about.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

ink_status srv_about(const char *path, ink_arena *arena, ink_about *out, ink_err *err)
{
    ink_weights *w;
    INK_TRY(ink_weights_open(path, &w, err));
    *out = ink_about_read(w, arena);
    out->embedding = out->head = NULL; /* they end with the file */
    ink_weights_close(w);
    return INK_OK;
}

static void about_count(double n, char out[32])
{
    if (n >= 1e9)
        snprintf(out, 32, "%.1fB", n / 1e9);
    else
        snprintf(out, 32, "%.1fM", n / 1e6);
}

void srv_about_details(ink_jot *j, const ink_about *a, bool voice)
{
    char count[32];
    const char *family = a->architecture ? a->architecture : voice ? "vits" : "unknown";
    const ink_type_info *type = ink_type_find(a->type);
    about_count((double)a->weights, count);
    ink_jot_object(j, "details");
    ink_jot_text(j, "parent_model", "");
    ink_jot_text(j, "format", voice ? "onnx" : "gguf");
    ink_jot_text(j, "family", family);
    ink_jot_array(j, "families");
    ink_jot_text(j, NULL, family);
    ink_jot_end(j);
    ink_jot_text(j, "parameter_size", count);
    ink_jot_text(j, "quantization_level", type ? type->name : "unknown");
    ink_jot_end(j);
}

/* Blobs are named by their SHA-256; what lies elsewhere has none that is known. */
static void about_digest(const char *path, char out[80])
{
    char real[PATH_MAX];
    const char *name = realpath(path, real) ? strrchr(real, '/') : NULL;
    bool blob = name && !strncmp(name, "/sha256-", 8) && strlen(name) == 72;
    snprintf(out, 80, "%s", blob ? name + 8 : "");
}

void srv_about_file(ink_jot *j, const srv_known *m)
{
    char digest[80], when[40];
    struct stat s = { 0 };
    if (stat(m->path, &s))
        s.st_mtime = 0;
    about_digest(m->path, digest);
    srv_rfc3339((double)s.st_mtime, when);
    ink_jot_text(j, "name", m->name);
    ink_jot_text(j, "model", m->name);
    ink_jot_text(j, "modified_at", when);
    ink_jot_integer(j, "size", (int64_t)(m->bytes ? m->bytes : (uint64_t)s.st_size));
    ink_jot_text(j, "digest", digest);
}
