/* Names to paths, the list of models, and removal; pulling is in pull.c. */
#include <ink/store.h>

#include "base/file.h"
#include "models/shelf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What to say of a name that leads nowhere. */
static ink_status store_unknown(const char *name, ink_arena *arena, ink_err *err)
{
    ink_recipe *all;
    size_t count;
    INK_TRY(ink_catalogue_read(arena, &all, &count, err));
    if (ink_catalogue_find(all, count, name))
        return ink_fail(err, INK_E_NOT_FOUND, "%s is not here yet; fetch it with: inkstone pull %s", name, name);
    const char *near = ink_catalogue_nearest(all, count, name, arena);
    return ink_fail(err, INK_E_NOT_FOUND, "there is no file, folder or model called \"%.200s\"%s%s%s", name, near ? "; did you mean " : "",
                    near ? near : "; inkstone list shows the models", near ? "?" : "");
}

static ink_status store_find(const char *name, ink_arena *arena, char **path, ink_err *err)
{
    ink_shelf shelf;
    ink_recipe r;
    char key[300];
    ink_path found;
    INK_TRY(ink_shelf_open(&shelf, err));
    bool hub = !strncmp(name, "hf:", 3);
    if (hub)
        INK_TRY(ink_shelf_key(name, key, err));
    ink_status named = ink_shelf_key(name, key, NULL);
    if (named == INK_OK && ink_shelf_read(&shelf, key, arena, &r, NULL) == INK_OK) {
        if (!ink_shelf_whole(&shelf, key, &r))
            return ink_fail(err, INK_E_NOT_FOUND, "%s is damaged on disk; inkstone pull %s mends it", name, name);
        INK_TRY(ink_shelf_path(&shelf, key, &r, &found, err));
        *path = strdup(found.text);
    } else if (!hub && ink_file_kind(name))
        *path = strdup(name);
    else if (hub)
        return ink_fail(err, INK_E_NOT_FOUND, "%s is not here yet; fetch it with: inkstone pull %s", name, name);
    else
        return store_unknown(name, arena, err);
    return *path ? INK_OK : ink_fail(err, INK_E_MEMORY, "no memory for a path");
}

ink_status ink_store_resolve(const char *name, char **path, ink_err *err)
{
    ink_arena *arena;
    INK_TRY(ink_arena_new("models", 64 << 20, &arena, err));
    ink_status status = store_find(name, arena, path, err);
    ink_arena_free(arena);
    return status;
}

ink_status ink_store_remove(const char *name, uint64_t *freed_bytes, ink_err *err)
{
    ink_shelf shelf;
    char key[300];
    bool busy;
    INK_TRY(ink_shelf_open(&shelf, err));
    INK_TRY(ink_shelf_key(name, key, err));
    INK_TRY(ink_shelf_lock(&shelf, &busy, err));
    if (busy)
        return ink_fail(err, INK_E_IO, "another inkstone is fetching a model; try again when it is done");
    ink_status status = ink_shelf_remove(&shelf, key, freed_bytes, err);
    ink_shelf_unlock(&shelf);
    return status == INK_E_NOT_FOUND ? ink_fail(err, status, "%s is not here, so there is nothing to remove", name) : status;
}

static char *store_copy(const char *text)
{
    return text ? strdup(text) : NULL;
}

static ink_status store_item(const ink_shelf *shelf, const char *key, const ink_recipe *r, bool pulled, ink_store_list *out, ink_err *err)
{
    ink_path path = { "" };
    ink_store_item *item = &out->at[out->count++];
    *item = (ink_store_item){ .name = store_copy(r->name), .about = store_copy(r->about), .licence = store_copy(r->licence), .kind = store_copy(r->kind),
                              .source = pulled ? store_copy(r->source) : NULL, .bytes = ink_recipe_bytes(r) };
    if (!pulled)
        return INK_OK;
    INK_TRY(ink_shelf_path(shelf, key, r, &path, err));
    item->path = strdup(path.text);
    return INK_OK;
}

static ink_status store_list_in(ink_arena *arena, ink_store_list *out, ink_err *err)
{
    ink_shelf shelf;
    ink_recipe *all, r;
    const char **keys;
    size_t known, count;
    INK_TRY(ink_shelf_open(&shelf, err));
    INK_TRY(ink_catalogue_read(arena, &all, &known, err));
    INK_TRY(ink_shelf_keys(&shelf, arena, &keys, &count, err));
    out->at = calloc(known + count + 1, sizeof *out->at);
    if (!out->at)
        return ink_fail(err, INK_E_MEMORY, "no memory for the list of models");
    for (size_t i = 0; i < known; i++) {
        bool pulled = !ink_shelf_read(&shelf, all[i].name, arena, &r, NULL) && ink_shelf_whole(&shelf, all[i].name, &r);
        INK_TRY(store_item(&shelf, all[i].name, pulled ? &r : &all[i], pulled, out, err));
    }
    for (size_t i = 0; i < count; i++)
        if (!ink_catalogue_find(all, known, keys[i]) && !ink_shelf_read(&shelf, keys[i], arena, &r, NULL))
            INK_TRY(store_item(&shelf, keys[i], &r, ink_shelf_whole(&shelf, keys[i], &r), out, err));
    return INK_OK;
}

ink_status ink_store_list_read(ink_store_list *out, ink_err *err)
{
    ink_arena *arena;
    *out = (ink_store_list){ 0 };
    INK_TRY(ink_arena_new("models", 256 << 20, &arena, err));
    ink_status status = store_list_in(arena, out, err);
    ink_arena_free(arena);
    if (status)
        ink_store_list_clear(out);
    return status;
}

void ink_store_list_clear(ink_store_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        ink_store_item *item = &list->at[i];
        free(item->name);
        free(item->about);
        free(item->licence);
        free(item->kind);
        free(item->path);
        free(item->source);
    }
    free(list->at);
    *list = (ink_store_list){ 0 };
}
