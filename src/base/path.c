#define _GNU_SOURCE
#include "base/path.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

ink_status ink_path_format(ink_path *out, ink_err *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(out->text, sizeof out->text, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof out->text)
        return ink_fail(err, INK_E_LIMIT, "the path %.60s… is longer than %zu bytes", out->text, sizeof out->text - 1);
    return INK_OK;
}

ink_status ink_path_home(ink_path *out, ink_err *err)
{
    const char *home = getenv("INKSTONE_HOME");
    if (home && *home)
        return ink_path_format(out, err, "%s", home);
    home = getenv("HOME");
    if (!home || !*home) {
        const struct passwd *who = getpwuid(getuid());
        home = who ? who->pw_dir : NULL;
    }
    if (!home || !*home)
        return ink_fail(err, INK_E_NOT_FOUND, "there is no home folder to keep models in; set INKSTONE_HOME to a folder");
    return ink_path_format(out, err, "%s/.inkstone", home);
}

ink_status ink_path_make(const char *folder, ink_err *err)
{
    ink_path p;
    INK_TRY(ink_path_format(&p, err, "%s", folder));
    for (char *c = p.text + 1;; c++) {
        if (*c && *c != '/')
            continue;
        char was = *c;
        *c = 0;
        struct stat st;
        if (mkdir(p.text, 0755) && (errno != EEXIST || stat(p.text, &st) || !S_ISDIR(st.st_mode)))
            return ink_fail(err, INK_E_IO, "%s: the folder cannot be made: %s", p.text, strerror(errno));
        if (!was)
            return INK_OK;
        *c = was;
    }
}

static int path_unlink(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

ink_status ink_path_delete(const char *path, ink_err *err)
{
    if (nftw(path, path_unlink, 16, FTW_DEPTH | FTW_PHYS) && errno != ENOENT)
        return ink_fail(err, INK_E_IO, "%s: cannot be deleted: %s", path, strerror(errno));
    return INK_OK;
}

static uint64_t path_below(ink_path *p, size_t length, int depth);

/* Folders are walked by hand because nftw has nowhere to add up but a global. */
static uint64_t path_entry(ink_path *p, size_t length, const char *name, int depth)
{
    struct stat st;
    int n = snprintf(p->text + length, sizeof p->text - length, "/%s", name);
    uint64_t bytes = 0;
    if (strcmp(name, ".") && strcmp(name, "..") && n > 0 && (size_t)n < sizeof p->text - length && !lstat(p->text, &st))
        bytes = S_ISDIR(st.st_mode) ? path_below(p, length + (size_t)n, depth - 1) : (uint64_t)st.st_size;
    p->text[length] = 0;
    return bytes;
}

static uint64_t path_below(ink_path *p, size_t length, int depth)
{
    uint64_t bytes = 0;
    DIR *dir = depth ? opendir(p->text) : NULL;
    if (!dir)
        return 0;
    for (struct dirent *e; (e = readdir(dir));)
        bytes += path_entry(p, length, e->d_name, depth);
    closedir(dir);
    return bytes;
}

uint64_t ink_path_bytes(const char *folder)
{
    ink_path p;
    return ink_path_format(&p, NULL, "%s", folder) ? 0 : path_below(&p, strlen(p.text), 16);
}

bool ink_path_safe(const char *relative)
{
    size_t part = 0, parts = 1;
    if (!*relative || strlen(relative) > 255)
        return false;
    for (const char *c = relative; *c; c++) {
        if (*c <= ' ' || *c > '~' || strchr("\\:*?\"<>|", *c) || (*c == '.' && !part))
            return false;
        part = *c == '/' ? 0 : part + 1;
        if (*c == '/' && (c == relative || c[-1] == '/' || ++parts > 8))
            return false;
    }
    return part > 0;
}
