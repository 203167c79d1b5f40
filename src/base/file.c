#define _GNU_SOURCE
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int ink_file_kind(const char *path)
{
    struct stat st;
    if (stat(path, &st))
        return 0;
    return S_ISREG(st.st_mode) ? 'f' : S_ISDIR(st.st_mode) ? 'd' : 'o';
}

ink_status ink_map_open(const char *path, ink_map *out, ink_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return ink_fail(err, errno == ENOENT ? INK_E_NOT_FOUND : INK_E_IO, "%s: cannot be opened: %s", path, strerror(errno));
    struct stat st;
    if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
        close(fd);
        return ink_fail(err, INK_E_IO, "%s: is not a regular file", path);
    }
    *out = (ink_map){ .size = (size_t)st.st_size };
    void *data = out->size ? mmap(NULL, out->size, PROT_READ, MAP_SHARED, fd, 0) : NULL;
    int failed = errno;
    close(fd);
    if (data == MAP_FAILED)
        return ink_fail(err, INK_E_IO, "%s: cannot be mapped: %s", path, strerror(failed));
    out->data = data;
    return INK_OK;
}

void ink_map_close(ink_map *map)
{
    if (map->data)
        munmap((void *)(uintptr_t)map->data, map->size);
    *map = (ink_map){ 0 };
}

void ink_map_release(const ink_map *map, size_t at, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), from = (at + page - 1) & ~(page - 1), to = (at + size) & ~(page - 1);
    if (map->data && to > from && to <= map->size + page)
        madvise((void *)(uintptr_t)(map->data + from), to - from, MADV_DONTNEED);
}

ink_status ink_file_read(const char *path, size_t max_bytes, ink_buf *out, ink_err *err)
{
    int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    if (fd < 0)
        return ink_fail(err, errno == ENOENT ? INK_E_NOT_FOUND : INK_E_IO, "%s: cannot be opened: %s", path, strerror(errno));
    ink_buf_init(out, max_bytes);
    char piece[65536];
    ssize_t n;
    while ((n = read(fd, piece, sizeof piece)) > 0 || (n < 0 && errno == EINTR))
        if (n > 0)
            ink_buf_add(out, piece, (size_t)n);
    int failed = errno;
    if (fd != STDIN_FILENO)
        close(fd);
    ink_status status = n < 0 ? ink_fail(err, INK_E_IO, "%s: cannot be read: %s", path, strerror(failed)) : ink_buf_check(out, path, err);
    if (status)
        ink_buf_clear(out);
    else
        ink_buf_add(out, "", 0); /* an empty file still yields a string */
    return status;
}

ink_status ink_file_text(const char *path, size_t max_bytes, char **text, size_t *size, ink_err *err)
{
    ink_buf bytes;
    INK_TRY(ink_file_read(path, max_bytes, &bytes, err));
    *text = bytes.data;
    *size = bytes.len;
    return INK_OK;
}

ink_status ink_writer_begin(ink_writer *w, const char *path, ink_err *err)
{
    *w = (ink_writer){ .fd = -1 };
    if (snprintf(w->path, sizeof w->path, "%s", path) >= (int)sizeof w->path)
        return ink_fail(err, INK_E_LIMIT, "the path %.60s… is too long", path);
    int kind = ink_file_kind(path);
    if (kind == 'd')
        return ink_fail(err, INK_E_IO, "%s: is a folder, not a file to write", path);
    if (kind != 'o')
        snprintf(w->temp, sizeof w->temp, "%s.%ld.tmp", path, (long)getpid());
    w->fd = *w->temp ? open(w->temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : open(path, O_WRONLY | O_CLOEXEC);
    if (w->fd < 0)
        return ink_fail(err, INK_E_IO, "%s: cannot be created: %s", *w->temp ? w->temp : path, strerror(errno));
    return INK_OK;
}

ink_status ink_writer_add(ink_writer *w, const void *bytes, size_t n, ink_err *err)
{
    for (const char *p = bytes; n;) {
        ssize_t done = write(w->fd, p, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return ink_fail(err, INK_E_IO, "%s: cannot be written: %s", w->path, strerror(errno));
        p += done;
        n -= (size_t)done;
    }
    return INK_OK;
}

static void file_sync_folder(const char *path)
{
    char folder[4096];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = 0;
    int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

ink_status ink_writer_commit(ink_writer *w, ink_err *err)
{
    int bad = fsync(w->fd) && errno != EINVAL && errno != EROFS;
    bad |= close(w->fd);
    w->fd = -1;
    if (bad || (*w->temp && rename(w->temp, w->path))) {
        int failed = errno;
        if (*w->temp)
            unlink(w->temp);
        return ink_fail(err, INK_E_IO, "%s: cannot be finished: %s", w->path, strerror(failed));
    }
    file_sync_folder(w->path);
    return INK_OK;
}

void ink_writer_abandon(ink_writer *w)
{
    if (w->fd < 0)
        return;
    close(w->fd);
    if (*w->temp)
        unlink(w->temp);
    w->fd = -1;
}

ink_status ink_file_write(const char *path, const void *bytes, size_t n, ink_err *err)
{
    ink_writer w;
    INK_TRY(ink_writer_begin(&w, path, err));
    ink_status status = ink_writer_add(&w, bytes, n, err);
    if (status == INK_OK)
        status = ink_writer_commit(&w, err);
    ink_writer_abandon(&w);
    return status;
}
