/* ink_weights_open: which format a file is in, by its first bytes, and what a folder holds. */
#include "base/path.h"
#include "formats/format.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static const ink_format *const open_formats[] = {
#define INK_FORMAT(name) &ink_format_##name,
#include "formats/formats.def"
#undef INK_FORMAT
};
enum { OPEN_FORMATS = sizeof open_formats / sizeof *open_formats, OPEN_HEAD = 64 };

/* What people try to open and get: named, so that the refusal helps. */
static const struct {
    const char *head;
    size_t n;
    const char *what;
} open_others[] = {
    { "\x80\2", 2, "a Python pickle (perhaps a PyTorch checkpoint from before 1.6); load and save it with a newer PyTorch" },
    { "lmgg", 4, "a model file from before GGUF; convert the model again" },
    { "tjgg", 4, "a model file from before GGUF; convert the model again" },
    { "fmgg", 4, "a model file from before GGUF; convert the model again" },
    { "version https://git-lfs", 23, "a Git LFS pointer, not the file itself; fetch it with git lfs pull or inkstone pull" },
    { "<!DOCTYPE", 9, "a web page; the download went wrong" },
    { "<html", 5, "a web page; the download went wrong" },
};

ink_status format_head(const char *path, uint8_t *head, size_t room, size_t *n, ink_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return ink_fail(err, errno == ENOENT ? INK_E_NOT_FOUND : INK_E_IO, "%s: cannot be opened: %s", path, strerror(errno));
    ssize_t got = read(fd, head, room);
    int failed = errno;
    close(fd);
    if (got < 0)
        return ink_fail(err, INK_E_IO, "%s: cannot be read: %s", path, strerror(failed));
    *n = (size_t)got;
    return INK_OK;
}

ink_status format_folder(const char *path, char *out, size_t size, ink_err *err)
{
    const char *slash = strrchr(path, '/');
    int n = !slash ? snprintf(out, size, ".") : snprintf(out, size, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    return n >= 0 && (size_t)n < size ? INK_OK : ink_fail(err, INK_E_LIMIT, "the path %.60s… is too long", path);
}

static const ink_format *open_find(const uint8_t *head, size_t n)
{
    for (size_t i = 0; i < OPEN_FORMATS; i++)
        if (open_formats[i]->probe(head, n))
            return open_formats[i];
    return NULL;
}

static ink_status open_refuse(const char *path, const uint8_t *head, size_t n, ink_err *err)
{
    for (size_t i = 0; i < sizeof open_others / sizeof *open_others; i++)
        if (n >= open_others[i].n && !memcmp(head, open_others[i].head, open_others[i].n))
            return ink_fail(err, INK_E_UNSUPPORTED, "%s: is %s", path, open_others[i].what);
    return ink_fail(err, INK_E_FORMAT, "%s: is %s", path, n ? "neither GGUF (which begins with those letters) nor safetensors (a length, then a brace) nor a PyTorch checkpoint nor ONNX" : "empty");
}

static ink_status open_file(const char *path, ink_weights **out, ink_err *err)
{
    uint8_t head[OPEN_HEAD];
    size_t n = 0;
    INK_TRY(format_head(path, head, sizeof head, &n, err));
    const ink_format *format = open_find(head, n);
    return format ? format->open(path, out, err) : open_refuse(path, head, n, err);
}

/* Of the files in a folder, the only one that is a model (of a split GGUF: its first part). */
static ink_status open_seek(const char *folder, ink_path *only, ink_err *err)
{
    DIR *dir = opendir(folder);
    ink_path path;
    only->text[0] = 0;
    for (struct dirent *e; dir && (e = readdir(dir));) {
        uint8_t head[OPEN_HEAD];
        size_t n = 0;
        bool later = strstr(e->d_name, "-of-") && !strstr(e->d_name, "-00001-of-");
        if (later || ink_path_format(&path, NULL, "%s/%s", folder, e->d_name) || ink_file_kind(path.text) != 'f' ||
            format_head(path.text, head, sizeof head, &n, NULL) || !open_find(head, n) || head[0] == '{')
            continue;
        if (only->text[0]) {
            ink_status status = ink_fail(err, INK_E_ARGUMENT, "%s: holds several models, %s among them; name the file you mean", folder, e->d_name);
            closedir(dir);
            return status;
        }
        *only = path;
    }
    if (dir)
        closedir(dir);
    return only->text[0] ? INK_OK : ink_fail(err, INK_E_NOT_FOUND, "%s: the folder holds no model, neither GGUF nor safetensors nor a PyTorch checkpoint nor ONNX", folder);
}

static ink_status open_folder(const char *folder, ink_weights **out, ink_err *err)
{
    for (size_t i = 0; i < OPEN_FORMATS; i++)
        for (const char *const *entry = open_formats[i]->entries; entry && *entry; entry++) {
            ink_path path;
            INK_TRY(ink_path_format(&path, err, "%s/%s", folder, *entry));
            if (ink_file_kind(path.text) == 'f')
                return open_file(path.text, out, err);
        }
    ink_path only;
    INK_TRY(open_seek(folder, &only, err));
    return open_file(only.text, out, err);
}

ink_status ink_weights_open(const char *path, ink_weights **out, ink_err *err)
{
    int kind = ink_file_kind(path);
    if (kind == 'o')
        return ink_fail(err, INK_E_IO, "%s: is neither a file nor a folder", path);
    return kind == 'd' ? open_folder(path, out, err) : open_file(path, out, err);
}
