#define _GNU_SOURCE
#include "models/shelf.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

ink_status ink_shelf_open(ink_shelf *s, ink_err *err)
{
    ink_path home;
    s->lock = -1;
    INK_TRY(ink_path_home(&home, err));
    return ink_path_format(&s->root, err, "%s/models", home.text);
}

ink_status ink_shelf_lock(ink_shelf *s, bool *busy, ink_err *err)
{
    ink_path path;
    INK_TRY(ink_path_make(s->root.text, err));
    INK_TRY(ink_path_format(&path, err, "%s/lock", s->root.text));
    *busy = false;
    s->lock = open(path.text, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (s->lock < 0)
        return ink_fail(err, INK_E_IO, "%s: cannot be written: %s", path.text, strerror(errno));
    if (!flock(s->lock, LOCK_EX | LOCK_NB))
        return INK_OK;
    *busy = errno == EWOULDBLOCK;
    ink_fail(err, INK_E_IO, "%s: cannot be locked: %s", path.text, strerror(errno));
    ink_shelf_unlock(s);
    return *busy ? INK_OK : INK_E_IO;
}

void ink_shelf_unlock(ink_shelf *s)
{
    if (s->lock >= 0)
        close(s->lock);
    s->lock = -1;
}

ink_status ink_shelf_key(const char *name, char out[300], ink_err *err)
{
    ink_hub_name ref;
    if (!strncmp(name, "hf:", 3)) {
        INK_TRY(ink_hub_name_parse(name, &ref, err));
        snprintf(out, 300, "%s", ref.key);
        return INK_OK;
    }
    if (!ink_path_safe(name) || strchr(name, '/'))
        return ink_fail(err, INK_E_NOT_FOUND, "\"%.100s\" is not the name of a model", name);
    snprintf(out, 300, "%s", name);
    return INK_OK;
}

ink_status ink_shelf_partial(const ink_shelf *s, const char *key, ink_path *out, ink_err *err)
{
    return ink_path_format(out, err, "%s/partial/%s", s->root.text, key);
}

static ink_status shelf_blob(const ink_shelf *s, const char *sha256, ink_path *out, ink_err *err)
{
    return ink_path_format(out, err, "%s/blobs/sha256-%s", s->root.text, sha256);
}

bool ink_shelf_has(const ink_shelf *s, const ink_recipe_file *f)
{
    ink_path path;
    struct stat st;
    return f->sha256 && !shelf_blob(s, f->sha256, &path, NULL) && !stat(path.text, &st) && S_ISREG(st.st_mode) && (uint64_t)st.st_size == f->bytes;
}

static void shelf_sync(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

ink_status ink_shelf_keep(const ink_shelf *s, const char *part, const char *sha256, ink_err *err)
{
    ink_path blob, folder;
    INK_TRY(shelf_blob(s, sha256, &blob, err));
    INK_TRY(ink_path_format(&folder, err, "%s/blobs", s->root.text));
    INK_TRY(ink_path_make(folder.text, err));
    shelf_sync(part);
    if (rename(part, blob.text))
        return ink_fail(err, INK_E_IO, "%s: cannot be moved to its place: %s", part, strerror(errno));
    shelf_sync(folder.text);
    return INK_OK;
}

/* by-name/KEY/a/b → ../../../blobs/sha256-HEX, so that the whole folder may be moved. */
static ink_status shelf_link(const ink_shelf *s, const char *key, const ink_recipe_file *f, ink_err *err)
{
    ink_path link, target = { "" }, folder;
    size_t up = 2;
    for (const char *c = f->path; *c; c++)
        up += *c == '/';
    for (size_t i = 0; i < up; i++)
        strcat(target.text, "../"); /* at most ten */
    strcat(strcat(target.text, "blobs/sha256-"), f->sha256);
    INK_TRY(ink_path_format(&link, err, "%s/by-name/%s/%s", s->root.text, key, f->path));
    INK_TRY(ink_path_format(&folder, err, "%.*s", (int)(strrchr(link.text, '/') - link.text), link.text));
    INK_TRY(ink_path_make(folder.text, err));
    if (unlink(link.text) && errno != ENOENT)
        return ink_fail(err, INK_E_IO, "%s: cannot be replaced: %s", link.text, strerror(errno));
    if (symlink(target.text, link.text))
        return ink_fail(err, INK_E_IO, "%s: cannot be made: %s", link.text, strerror(errno));
    return INK_OK;
}

static void shelf_set_text(ink_json *object, const char *key, const char *text)
{
    if (text)
        ink_json_set(object, key, ink_json_new_text(text, strlen(text)));
}

static ink_json *shelf_manifest(const ink_recipe *r, const char *source)
{
    ink_json *root = ink_json_new_object(), *files = ink_json_new_array();
    shelf_set_text(root, "name", r->name);
    shelf_set_text(root, "about", r->about);
    shelf_set_text(root, "licence", r->licence);
    shelf_set_text(root, "kind", r->kind);
    shelf_set_text(root, "source", source);
    shelf_set_text(root, "open", r->open);
    for (size_t i = 0; i < r->file_count; i++) {
        ink_json *f = ink_json_new_object();
        shelf_set_text(f, "path", r->files[i].path);
        ink_json_set(f, "bytes", ink_json_new_integer((int64_t)r->files[i].bytes));
        shelf_set_text(f, "sha256", r->files[i].sha256);
        ink_json_append(files, f);
    }
    ink_json_set(root, "files", files);
    ink_json *made = NULL;
    if (r->made && !ink_json_parse(r->made, strlen(r->made), r->name, &made, NULL))
        ink_json_set(root, "made", made);
    return root;
}

ink_status ink_shelf_write(const ink_shelf *s, const char *key, const ink_recipe *r, const char *source, ink_err *err)
{
    ink_path path, folder;
    for (size_t i = 0; i < r->file_count; i++)
        INK_TRY(shelf_link(s, key, &r->files[i], err));
    INK_TRY(ink_path_format(&folder, err, "%s/manifests", s->root.text));
    INK_TRY(ink_path_make(folder.text, err));
    INK_TRY(ink_path_format(&path, err, "%s/%s.json", folder.text, key));
    ink_json *manifest = shelf_manifest(r, source);
    ink_status status = ink_json_write(path.text, manifest, err);
    ink_json_free(manifest);
    return status;
}

ink_status ink_shelf_read(const ink_shelf *s, const char *key, ink_arena *arena, ink_recipe *out, ink_err *err)
{
    ink_path path;
    ink_json *root;
    INK_TRY(ink_path_format(&path, err, "%s/manifests/%s.json", s->root.text, key));
    INK_TRY(ink_json_read(path.text, 4 << 20, &root, err));
    ink_status status = ink_recipe_parse(root, ink_arena_format(arena, "%s", path.text), arena, out, err);
    ink_json_free(root);
    return status;
}

ink_status ink_shelf_path(const ink_shelf *s, const char *key, const ink_recipe *r, ink_path *out, ink_err *err)
{
    return ink_path_format(out, err, "%s/by-name/%s%s%s", s->root.text, key, r->open ? "/" : "", r->open ? r->open : "");
}

bool ink_shelf_whole(const ink_shelf *s, const char *key, const ink_recipe *r)
{
    for (size_t i = 0; i < r->file_count; i++) {
        ink_path link;
        if (!ink_shelf_has(s, &r->files[i]) || ink_path_format(&link, NULL, "%s/by-name/%s/%s", s->root.text, key, r->files[i].path) ||
            ink_file_kind(link.text) != 'f')
            return false;
    }
    return true;
}

static int shelf_is_manifest(const struct dirent *e)
{
    size_t n = strlen(e->d_name);
    return n > 5 && !strcmp(e->d_name + n - 5, ".json") && ink_path_safe(e->d_name);
}

ink_status ink_shelf_keys(const ink_shelf *s, ink_arena *arena, const char ***out, size_t *count, ink_err *err)
{
    ink_path folder;
    struct dirent **found = NULL;
    INK_TRY(ink_path_format(&folder, err, "%s/manifests", s->root.text));
    int n = scandir(folder.text, &found, shelf_is_manifest, alphasort);
    *count = n > 0 ? (size_t)n : 0;
    *out = ink_arena_array(arena, *count + 1, sizeof **out);
    for (size_t i = 0; i < *count; i++) {
        if (*out)
            (*out)[i] = ink_arena_text(arena, found[i]->d_name, strlen(found[i]->d_name) - 5);
        free(found[i]);
    }
    free(found);
    return *out ? INK_OK : ink_arena_refused(arena, *count, err);
}

/* Whether a model other than `key` needs this blob. A manifest that cannot be read keeps everything. */
static bool shelf_shared(const ink_shelf *s, const char *key, const char *sha256, ink_arena *arena)
{
    const char **keys;
    size_t count;
    if (ink_shelf_keys(s, arena, &keys, &count, NULL))
        return true;
    for (size_t i = 0; i < count; i++) {
        ink_recipe r;
        if (!strcmp(keys[i], key))
            continue;
        if (ink_shelf_read(s, keys[i], arena, &r, NULL))
            return true;
        for (size_t f = 0; f < r.file_count; f++)
            if (r.files[f].sha256 && !strcmp(r.files[f].sha256, sha256))
                return true;
    }
    return false;
}

static ink_status shelf_remove_blobs(const ink_shelf *s, const char *key, const ink_recipe *r, ink_arena *arena, uint64_t *freed, ink_err *err)
{
    for (size_t i = 0; i < r->file_count; i++) {
        ink_path blob;
        if (!ink_shelf_has(s, &r->files[i]) || shelf_shared(s, key, r->files[i].sha256, arena))
            continue;
        INK_TRY(shelf_blob(s, r->files[i].sha256, &blob, err));
        INK_TRY(ink_path_delete(blob.text, err));
        *freed += r->files[i].bytes;
    }
    return INK_OK;
}

ink_status ink_shelf_prune(const ink_shelf *s, const ink_recipe *was, ink_arena *arena, ink_err *err)
{
    uint64_t freed = 0;
    return shelf_remove_blobs(s, "", was, arena, &freed, err);
}

static ink_status shelf_remove_in(const ink_shelf *s, const char *key, ink_arena *arena, uint64_t *freed, ink_err *err)
{
    ink_path manifest, partial, links;
    ink_recipe r;
    INK_TRY(ink_path_format(&manifest, err, "%s/manifests/%s.json", s->root.text, key));
    INK_TRY(ink_path_format(&links, err, "%s/by-name/%s", s->root.text, key));
    INK_TRY(ink_shelf_partial(s, key, &partial, err));
    ink_status known = ink_shelf_read(s, key, arena, &r, err);
    if (!ink_file_kind(manifest.text) && !ink_file_kind(partial.text))
        return known;
    *freed += ink_path_bytes(partial.text);
    INK_TRY(ink_path_delete(manifest.text, err));
    INK_TRY(ink_path_delete(links.text, err));
    INK_TRY(ink_path_delete(partial.text, err));
    return known ? INK_OK : shelf_remove_blobs(s, key, &r, arena, freed, err);
}

ink_status ink_shelf_remove(const ink_shelf *s, const char *key, uint64_t *freed, ink_err *err)
{
    ink_arena *arena;
    *freed = 0;
    INK_TRY(ink_arena_new("models", 64 << 20, &arena, err));
    ink_status status = shelf_remove_in(s, key, arena, freed, err);
    ink_arena_free(arena);
    return status;
}
