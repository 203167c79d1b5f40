/* ink_weights_open: which format a file is in, by its first bytes, and what a folder holds. */
#include "base/path.h"
#include "formats/format.h"

#include <errno.h>
#include <fcntl.h>
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
    { "PK\3\4", 4, "a zip archive (perhaps a PyTorch checkpoint); convert it to safetensors" },
    { "\x80\2", 2, "a Python pickle (perhaps an old PyTorch checkpoint); convert it to safetensors" },
    { "lmgg", 4, "a model file from before GGUF; convert the model again" },
    { "tjgg", 4, "a model file from before GGUF; convert the model again" },
    { "fmgg", 4, "a model file from before GGUF; convert the model again" },
    { "version https://git-lfs", 23, "a Git LFS pointer, not the file itself; fetch it with git lfs pull or inkstone pull" },
    { "<!DOCTYPE", 9, "a web page; the download went wrong" },
    { "<html", 5, "a web page; the download went wrong" },
};

static ink_status open_read_head(const char *path, uint8_t head[OPEN_HEAD], size_t *n, ink_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return ink_fail(err, errno == ENOENT ? INK_E_NOT_FOUND : INK_E_IO, "%s: cannot be opened: %s", path, strerror(errno));
    ssize_t got = read(fd, head, OPEN_HEAD);
    int failed = errno;
    close(fd);
    if (got < 0)
        return ink_fail(err, INK_E_IO, "%s: cannot be read: %s", path, strerror(failed));
    *n = (size_t)got;
    return INK_OK;
}

static ink_status open_refuse(const char *path, const uint8_t *head, size_t n, ink_err *err)
{
    for (size_t i = 0; i < sizeof open_others / sizeof *open_others; i++)
        if (n >= open_others[i].n && !memcmp(head, open_others[i].head, open_others[i].n))
            return ink_fail(err, INK_E_UNSUPPORTED, "%s: is %s", path, open_others[i].what);
    return ink_fail(err, INK_E_FORMAT, "%s: is %s, so neither GGUF (which begins with those letters) nor safetensors (a length, then a brace)", path,
                    n ? "something else" : "empty");
}

static ink_status open_file(const char *path, ink_weights **out, ink_err *err)
{
    uint8_t head[OPEN_HEAD];
    size_t n = 0;
    INK_TRY(open_read_head(path, head, &n, err));
    for (size_t i = 0; i < OPEN_FORMATS; i++)
        if (open_formats[i]->probe(head, n))
            return open_formats[i]->open(path, out, err);
    return open_refuse(path, head, n, err);
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
    return ink_fail(err, INK_E_NOT_FOUND, "%s: the folder holds neither model.safetensors, model.safetensors.index.json, nor model.gguf", folder);
}

ink_status ink_weights_open(const char *path, ink_weights **out, ink_err *err)
{
    int kind = ink_file_kind(path);
    if (kind == 'o')
        return ink_fail(err, INK_E_IO, "%s: is neither a file nor a folder", path);
    return kind == 'd' ? open_folder(path, out, err) : open_file(path, out, err);
}
