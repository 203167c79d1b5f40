/* Models of one's own: a manifest that names another model's blobs, what is said of them, and perhaps an adapter's blobs. */
#define _GNU_SOURCE
#include "base/file.h"
#include "models/shelf.h"

#include <dirent.h>
#include <errno.h>
#include <ink/store.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MADE_FILES = 64 };
static const char made_below[] = "adapter/", made_adapter[] = "adapter/adapter_config.json"; /* where it is, there is an adapter */

typedef struct making {
    ink_shelf shelf;
    ink_arena *arena;
    ink_recipe r, was;
    bool replaces;
    char key[300];
    const char *folder;
    ink_path parts;    /* what is being copied */
} making;

static ink_status making_key(const char *name, char key[300], ink_err *err)
{
    ink_err ignored;
    if (!*name || !strncmp(name, "hf:", 3) || strlen(name) > 200 || ink_shelf_key(name, key, &ignored))
        return ink_fail(err, INK_E_ARGUMENT, "\"%.100s\" cannot be the name of a model of your own: letters, digits, dots and dashes can", name);
    return INK_OK;
}

/* Names that mean something else already are not taken. */
static ink_status making_name(making *m, const char *name, ink_err *err)
{
    ink_recipe *all;
    size_t count;
    INK_TRY(making_key(name, m->key, err));
    INK_TRY(ink_catalogue_read(m->arena, &all, &count, err));
    if (ink_catalogue_find(all, count, name))
        return ink_fail(err, INK_E_ARGUMENT, "%s is a name of the catalogue; call yours otherwise", name);
    m->replaces = !ink_shelf_read(&m->shelf, m->key, m->arena, &m->was, NULL);
    if (m->replaces && !m->was.made)
        return ink_fail(err, INK_E_ARGUMENT, "%s is a model that was fetched; inkstone rm %s first, or call yours otherwise", name, name);
    return INK_OK;
}

/* ---- files of one's own ---- */

static ink_status making_copy(const char *from, const char *to, ink_err *err)
{
    static const size_t piece = (size_t)1 << 20;
    ink_writer w;
    char *block = malloc(piece);
    FILE *f = fopen(from, "rb");
    ink_status status = !block ? ink_fail(err, INK_E_MEMORY, "no memory to copy %s", from) : !f ? ink_fail(err, INK_E_NOT_FOUND, "%s: cannot be opened: %s", from, strerror(errno)) : ink_writer_begin(&w, to, err);
    const bool begun = !status;
    for (size_t n; !status && (n = fread(block, 1, piece, f));)
        status = ink_writer_add(&w, block, n, err);
    if (!status && ferror(f))
        status = ink_fail(err, INK_E_IO, "%s: cannot be read", from);
    if (!status)
        status = ink_writer_commit(&w, err);
    else if (begun)
        ink_writer_abandon(&w);
    if (f)
        fclose(f);
    free(block);
    return status;
}

/* The file becomes a blob, and one of the model's, called `as`. */
static ink_status making_take(making *m, const char *path, const char *as, ink_err *err)
{
    ink_path part;
    char sha[INK_SHA256_HEX];
    if (!ink_path_safe(as) || m->r.file_count == MADE_FILES)
        return ink_fail(err, INK_E_ARGUMENT, "%s: has a name that the store cannot keep, or is one of more than %d files", path, MADE_FILES);
    INK_TRY(ink_path_make(m->parts.text, err));
    INK_TRY(ink_path_format(&part, err, "%s/%zu.part", m->parts.text, m->r.file_count));
    INK_TRY(making_copy(path, part.text, err));
    INK_TRY(ink_sha256_file(part.text, sha, err));
    ink_recipe_file *f = &m->r.files[m->r.file_count++];
    *f = (ink_recipe_file){ .path = ink_arena_format(m->arena, "%s", as), .bytes = ink_path_bytes(m->parts.text), .sha256 = ink_arena_format(m->arena, "%s", sha) };
    return f->path && f->sha256 ? ink_shelf_keep(&m->shelf, part.text, sha, err) : ink_arena_refused(m->arena, sizeof *f, err);
}

static int making_visible(const struct dirent *e) { return e->d_name[0] != '.'; }

/* Every file of a folder, those of its folders left out. */
static ink_status making_take_folder(making *m, const char *folder, const char *below, ink_err *err)
{
    struct dirent **found = NULL;
    int n = scandir(folder, &found, making_visible, alphasort);
    ink_status status = n < 0 ? ink_fail(err, INK_E_NOT_FOUND, "%s: cannot be opened: %s", folder, strerror(errno)) : INK_OK;
    for (int i = 0; i < n; i++) {
        ink_path path, as;
        if (!status)
            status = ink_path_format(&path, err, "%s/%s", folder, found[i]->d_name);
        if (!status)
            status = ink_path_format(&as, err, "%s%s", below, found[i]->d_name);
        if (!status && ink_file_kind(path.text) == 'f')
            status = making_take(m, path.text, as.text, err);
        free(found[i]);
    }
    free(found);
    return status;
}

static ink_status making_path(const making *m, const char *said, ink_path *out, ink_err *err)
{
    if (!m->folder)
        return ink_fail(err, INK_E_NOT_FOUND, "there is no model called \"%.200s\" here", said);
    return *said == '/' ? ink_path_format(out, err, "%s", said) : ink_path_format(out, err, "%s/%s", m->folder, said);
}

/* ---- from what ---- */

static ink_status making_from_model(making *m, const ink_recipe *base, ink_err *err)
{
    if (base->file_count > MADE_FILES / 2)
        return ink_fail(err, INK_E_LIMIT, "%s has %zu files; a model of your own can have %d of another", base->name, base->file_count, MADE_FILES / 2);
    ink_recipe_file *files = m->r.files;
    const char *name = m->r.name;
    m->r = *base;
    m->r.name = name;
    m->r.files = files;
    memcpy(files, base->files, base->file_count * sizeof *files);
    return INK_OK;
}

static ink_status making_from(making *m, const char *from, ink_err *err)
{
    ink_recipe base;
    char key[300];
    ink_path path;
    const char *slash;
    const bool known = !ink_shelf_key(from, key, NULL) && !ink_shelf_read(&m->shelf, key, m->arena, &base, NULL);
    if (known && !ink_shelf_whole(&m->shelf, key, &base))
        return ink_fail(err, INK_E_NOT_FOUND, "%s is damaged on disk; inkstone pull %s mends it", from, from);
    if (known)
        return making_from_model(m, &base, err);
    INK_TRY(making_path(m, from, &path, err));
    const int kind = ink_file_kind(path.text);
    if (kind != 'f' && kind != 'd')
        return ink_fail(err, INK_E_NOT_FOUND, "there is no model, file or folder called \"%.200s\"; inkstone pull fetches models", from);
    if (kind == 'd')
        return making_take_folder(m, path.text, "", err);
    slash = strrchr(path.text, '/');
    m->r.open = ink_arena_format(m->arena, "%s", slash + 1);
    return m->r.open ? making_take(m, path.text, m->r.open, err) : ink_arena_refused(m->arena, strlen(path.text), err);
}

static bool making_has(const ink_recipe *r, const char *path)
{
    for (size_t i = 0; i < r->file_count; i++)
        if (!strcmp(r->files[i].path, path))
            return true;
    return false;
}

static ink_status making_put_on(making *m, const char *adapter, ink_err *err)
{
    ink_path path;
    if (making_has(&m->r, made_adapter))
        return ink_fail(err, INK_E_ARGUMENT, "the model that yours is made from has an adapter already");
    INK_TRY(making_path(m, adapter, &path, err));
    INK_TRY(making_take_folder(m, path.text, made_below, err));
    return making_has(&m->r, made_adapter) ? INK_OK : ink_fail(err, INK_E_NOT_FOUND, "%s: is no folder of an adapter; adapter_config.json is not in it", path.text);
}

/* What was said of the other model, and over it what is said now; parameters one by one. */
static ink_status making_words(making *m, const ink_json *made, ink_err *err)
{
    ink_json *all = ink_json_new_object(), *was = NULL, *parameters = ink_json_new_object();
    ink_buf text;
    if (m->r.made && !ink_json_parse(m->r.made, strlen(m->r.made), m->r.name, &was, NULL))
        ink_json_update(all, was);
    ink_json_update(all, made);
    ink_json_update(parameters, ink_json_get(was, "parameters"));
    ink_json_update(parameters, ink_json_get(made, "parameters"));
    ink_json_set(all, "parameters", parameters);
    ink_buf_init(&text, 2 << 20);
    ink_json_dump(all, 0, &text);
    ink_status status = ink_buf_check(&text, "what is said of the model", err);
    m->r.made = status ? NULL : ink_arena_text(m->arena, text.data, text.len);
    if (!status && !m->r.made)
        status = ink_arena_refused(m->arena, text.len, err);
    ink_buf_clear(&text);
    ink_json_free(all);
    ink_json_free(was);
    return status;
}

static ink_status making_run(making *m, const char *name, const ink_json *made, ink_err *err)
{
    const char *from = ink_json_string(ink_json_get(made, "from"), ""), *adapter = ink_json_string(ink_json_get(made, "adapter"), "");
    INK_TRY(making_name(m, name, err));
    INK_TRY(ink_shelf_partial(&m->shelf, m->key, &m->parts, err));
    m->r = (ink_recipe){ .name = name, .files = ink_arena_array(m->arena, MADE_FILES, sizeof *m->r.files) };
    if (!m->r.files)
        return ink_arena_refused(m->arena, MADE_FILES * sizeof *m->r.files, err);
    INK_TRY(making_from(m, from, err));
    m->r.about = ink_arena_format(m->arena, "made from %s", from);
    if (*adapter)
        INK_TRY(making_put_on(m, adapter, err));
    INK_TRY(making_words(m, made, err));
    INK_TRY(ink_shelf_write(&m->shelf, m->key, &m->r, m->r.about, err));
    return m->replaces ? ink_shelf_prune(&m->shelf, &m->was, m->arena, err) : INK_OK;
}

ink_status ink_store_create(const char *name, const ink_json *made, const char *folder, ink_err *err)
{
    making m = { .folder = folder };
    bool busy;
    INK_TRY(ink_shelf_open(&m.shelf, err));
    INK_TRY(ink_shelf_lock(&m.shelf, &busy, err));
    if (busy)
        return ink_fail(err, INK_E_BUSY, "another inkstone is at the same folder of models; try again when it is done");
    ink_status status = ink_arena_new("models", 256 << 20, &m.arena, err);
    if (!status) {
        status = making_run(&m, name, made, err);
        if (*m.parts.text)
            ink_path_delete(m.parts.text, NULL);
    }
    ink_shelf_unlock(&m.shelf);
    ink_arena_free(m.arena);
    return status;
}

ink_status ink_store_copy(const char *from, const char *to, ink_err *err)
{
    ink_json *made = ink_json_new_object();
    ink_json_set(made, "from", ink_json_new_text(from, strlen(from)));
    ink_status status = ink_store_create(to, made, NULL, err);
    ink_json_free(made);
    return status;
}

static ink_status made_read(const char *name, ink_arena *arena, ink_json **out, ink_err *err)
{
    ink_shelf shelf;
    ink_recipe r;
    char key[300];
    ink_path path;
    INK_TRY(ink_shelf_open(&shelf, err));
    if (ink_shelf_key(name, key, NULL) || ink_shelf_read(&shelf, key, arena, &r, NULL) || !r.made)
        return INK_OK;
    INK_TRY(ink_json_parse(r.made, strlen(r.made), name, out, err));
    if (!making_has(&r, made_adapter))
        return INK_OK;
    ink_status status = ink_path_format(&path, err, "%s/by-name/%s/adapter", shelf.root.text, key);
    if (!status)
        ink_json_set(*out, "adapter", ink_json_new_text(path.text, strlen(path.text)));
    return status;
}

ink_status ink_store_made(const char *name, ink_json **out, ink_err *err)
{
    ink_arena *arena;
    *out = NULL;
    INK_TRY(ink_arena_new("models", 64 << 20, &arena, err));
    ink_status status = made_read(name, arena, out, err);
    ink_arena_free(arena);
    return status;
}

static ink_status made_digest(const ink_recipe *r, char out[INK_STORE_DIGEST], ink_err *err)
{
    ink_sha256 sum;
    ink_sha256_init(&sum);
    for (size_t i = 0; i < r->file_count; i++) {
        const ink_recipe_file *f = &r->files[i];
        if (!strncmp(f->path, made_below, sizeof made_below - 1))
            continue;
        if (!f->sha256)
            return ink_fail(err, INK_E_FORMAT, "%s: its manifest does not say what %s holds; inkstone pull mends it", r->name, f->path);
        ink_sha256_add(&sum, f->path, strlen(f->path) + 1);
        ink_sha256_add(&sum, f->sha256, strlen(f->sha256) + 1);
    }
    ink_sha256_add(&sum, r->open ? r->open : "", strlen(r->open ? r->open : ""));
    ink_sha256_hex(&sum, out);
    return INK_OK;
}

ink_status ink_store_digest(const char *name, char out[INK_STORE_DIGEST], ink_err *err)
{
    ink_shelf shelf;
    ink_recipe r;
    ink_arena *arena;
    char key[300];
    INK_TRY(ink_shelf_open(&shelf, err));
    INK_TRY(ink_shelf_key(name, key, err));
    INK_TRY(ink_arena_new("models", 64 << 20, &arena, err));
    ink_status status = ink_shelf_read(&shelf, key, arena, &r, err);
    if (!status)
        status = made_digest(&r, out, err);
    ink_arena_free(arena);
    return status;
}
