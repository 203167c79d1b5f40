#include "models/recipe.h"

#include "base/path.h"

#include <ink/param.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RECIPE_FILES = 1000, RECIPE_TEXT = 4096 };

extern const unsigned char ink_catalogue_json[]; /* share/catalogue.json */
extern const unsigned long ink_catalogue_json_size;

static ink_status recipe_text(const ink_json *v, const char *key, ink_arena *arena, const char **out, ink_err *err)
{
    size_t n = 0;
    const char *text = ink_json_text(ink_json_get(v, key), &n);
    *out = NULL;
    if (!text)
        return INK_OK;
    *out = ink_arena_text(arena, text, n < RECIPE_TEXT ? n : RECIPE_TEXT);
    return *out ? INK_OK : ink_arena_refused(arena, n, err);
}

/* Whole, however long: what a person said of a model of their own. */
static ink_status recipe_made(const ink_json *made, ink_arena *arena, const char **out, ink_err *err)
{
    ink_buf text;
    *out = NULL;
    if (ink_json_kind(made) != INK_JSON_OBJECT)
        return INK_OK;
    ink_buf_init(&text, 0);
    ink_json_dump(made, 0, &text);
    *out = text.failed ? NULL : ink_arena_text(arena, text.data, text.len);
    ink_buf_clear(&text);
    return *out ? INK_OK : ink_arena_refused(arena, text.len, err);
}

static ink_status recipe_texts(const ink_json *list, ink_arena *arena, const char ***out, size_t *count, ink_err *err)
{
    *count = ink_json_size(list);
    *out = ink_arena_array(arena, *count + 1, sizeof **out);
    for (size_t i = 0; *out && i < *count; i++)
        (*out)[i] = ink_arena_format(arena, "%s", ink_json_string(ink_json_at(list, i), ""));
    return *out ? INK_OK : ink_arena_refused(arena, *count, err);
}

static ink_status recipe_file(const ink_json *v, const char *where, ink_arena *arena, ink_recipe_file *out, ink_err *err)
{
    INK_TRY(recipe_text(v, "path", arena, &out->path, err));
    INK_TRY(recipe_text(v, "sha256", arena, &out->sha256, err));
    int64_t bytes = ink_json_integer(ink_json_get(v, "bytes"), -1);
    if (!out->path || !ink_path_safe(out->path))
        return ink_fail(err, INK_E_FORMAT, "%s: \"%.80s\" cannot be the name of a file", where, out->path ? out->path : "");
    if (bytes < 0 || (out->sha256 && !ink_sha256_valid(out->sha256)))
        return ink_fail(err, INK_E_FORMAT, "%s: %s: its size or SHA-256 is damaged", where, out->path);
    out->bytes = (uint64_t)bytes;
    return INK_OK;
}

/* What file i is called at this source: the parts that the source lists for it, or its path below the source's folder. */
static ink_status recipe_parts(const ink_json *v, const ink_recipe_file *file, ink_arena *arena, ink_recipe_parts *out, ink_err *err)
{
    const ink_json *listed = ink_json_get(ink_json_get(v, "parts"), file->path);
    if (listed)
        return recipe_texts(listed, arena, &out->at, &out->count, err);
    const char *folder = ink_json_string(ink_json_get(v, "folder"), "");
    out->count = 1;
    out->at = ink_arena_alloc(arena, sizeof *out->at);
    if (out->at)
        out->at[0] = ink_arena_format(arena, "%s%s%s", folder, *folder ? "/" : "", file->path);
    return out->at && out->at[0] ? INK_OK : ink_arena_refused(arena, sizeof *out->at, err);
}

static ink_status recipe_source(const ink_json *v, const ink_recipe *r, ink_arena *arena, ink_recipe_source *out, ink_err *err)
{
    const char *kind = ink_json_string(ink_json_get(v, "from"), "");
    out->hub = ink_hub_find(kind);
    if (!out->hub && strcmp(kind, "packages"))
        return ink_fail(err, INK_E_FORMAT, "%s: \"%.40s\" is no source that this version knows", r->name, kind);
    out->bytes = (uint64_t)ink_json_integer(ink_json_get(v, "bytes"), 0);
    INK_TRY(recipe_text(v, "repo", arena, &out->repo, err));
    INK_TRY(recipe_text(v, "revision", arena, &out->revision, err));
    INK_TRY(recipe_texts(ink_json_get(v, "packages"), arena, &out->packages, &out->package_count, err));
    if (out->hub ? !out->repo : !out->package_count)
        return ink_fail(err, INK_E_FORMAT, "%s: a source names no %s", r->name, out->hub ? "repo" : "packages");
    if (out->hub && !out->revision)
        out->revision = out->hub->revision;
    out->parts = ink_arena_array(arena, r->file_count, sizeof *out->parts);
    if (!out->parts)
        return ink_arena_refused(arena, r->file_count * sizeof *out->parts, err);
    for (size_t i = 0; i < r->file_count; i++)
        INK_TRY(recipe_parts(v, &r->files[i], arena, &out->parts[i], err));
    return INK_OK;
}

ink_status ink_recipe_parse(const ink_json *v, const char *where, ink_arena *arena, ink_recipe *out, ink_err *err)
{
    const ink_json *files = ink_json_get(v, "files"), *sources = ink_json_get(v, "sources");
    *out = (ink_recipe){ .file_count = ink_json_size(files), .source_count = ink_json_size(sources) };
    const struct {
        const char *key, **to;
    } texts[] = { { "name", &out->name },     { "about", &out->about }, { "licence", &out->licence },
                  { "notice", &out->notice }, { "open", &out->open },   { "source", &out->source }, { "kind", &out->kind } };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        INK_TRY(recipe_text(v, texts[i].key, arena, texts[i].to, err));
    INK_TRY(recipe_made(ink_json_get(v, "made"), arena, &out->made, err));
    if (!out->name || !*out->name || !out->file_count || out->file_count > RECIPE_FILES)
        return ink_fail(err, INK_E_FORMAT, "%s: an entry has no name, or not between 1 and %d files", where, RECIPE_FILES);
    out->files = ink_arena_array(arena, out->file_count, sizeof *out->files);
    out->sources = ink_arena_array(arena, out->source_count + 1, sizeof *out->sources);
    if (!out->files || !out->sources)
        return ink_arena_refused(arena, out->file_count * sizeof *out->files, err);
    bool found = !out->open;
    for (size_t i = 0; i < out->file_count; i++) {
        INK_TRY(recipe_file(ink_json_at(files, i), where, arena, &out->files[i], err));
        found |= out->open && !strcmp(out->open, out->files[i].path);
    }
    if (!found)
        return ink_fail(err, INK_E_FORMAT, "%s: %s: \"%.80s\" is none of its files", where, out->name, out->open);
    for (size_t i = 0; i < out->source_count; i++)
        INK_TRY(recipe_source(ink_json_at(sources, i), out, arena, &out->sources[i], err));
    return INK_OK;
}

uint64_t ink_recipe_bytes(const ink_recipe *r)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < r->file_count; i++)
        bytes += r->files[i].bytes;
    return bytes;
}

static ink_status recipe_catalogue_parse(const ink_json *root, const char *where, ink_arena *arena, ink_recipe **out, size_t *count, ink_err *err)
{
    const ink_json *models = ink_json_get(root, "models");
    *count = ink_json_size(models);
    *out = ink_arena_array(arena, *count + 1, sizeof **out);
    if (!*out)
        return ink_arena_refused(arena, *count * sizeof **out, err);
    for (size_t i = 0; i < *count; i++) {
        INK_TRY(ink_recipe_parse(ink_json_at(models, i), where, arena, *out + i, err));
        if (!ink_path_safe((*out)[i].name) || strchr((*out)[i].name, '/'))
            return ink_fail(err, INK_E_FORMAT, "%s: \"%.80s\" cannot be the name of a model", where, (*out)[i].name);
        for (size_t f = 0; f < (*out)[i].file_count; f++)
            if (!(*out)[i].files[f].sha256)
                return ink_fail(err, INK_E_FORMAT, "%s: %s: %s has no SHA-256", where, (*out)[i].name, (*out)[i].files[f].path);
    }
    return INK_OK;
}

ink_status ink_catalogue_read(ink_arena *arena, ink_recipe **out, size_t *count, ink_err *err)
{
    const char *path = getenv("INKSTONE_CATALOGUE"), *where = path && *path ? path : "the catalogue";
    ink_json *root;
    if (path && *path)
        INK_TRY(ink_json_read(path, 16 << 20, &root, err));
    else
        INK_TRY(ink_json_parse((const char *)ink_catalogue_json, ink_catalogue_json_size, where, &root, err));
    ink_status status = recipe_catalogue_parse(root, where, arena, out, count, err);
    ink_json_free(root);
    return status;
}

const ink_recipe *ink_catalogue_find(const ink_recipe *all, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(all[i].name, name))
            return &all[i];
    return NULL;
}

const char *ink_catalogue_nearest(const ink_recipe *all, size_t count, const char *name, ink_arena *arena)
{
    const char **names = strchr(name, '/') ? NULL : ink_arena_array(arena, count + 1, sizeof *names);
    if (!names)
        return NULL;
    for (size_t i = 0; i < count; i++)
        names[i] = all[i].name;
    return ink_param_nearest(name, names);
}
