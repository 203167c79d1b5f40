/* The folder of models: blobs/sha256-HEX hold bytes, manifests/KEY.json say which of them make a model, by-name/KEY/ holds
   links with the files' own names, partial/KEY/ what is not finished. A model exists when its manifest does: that file
   is written last and deleted first. */
#ifndef INK_MODELS_SHELF_H
#define INK_MODELS_SHELF_H

#include "base/path.h"
#include "models/recipe.h"

typedef struct ink_shelf {
    ink_path root;
    int lock; /* -1 when not held */
} ink_shelf;

ink_status ink_shelf_open(ink_shelf *s, ink_err *err);  /* creates nothing */
/* One process at a time changes the shelf. *busy: another one does now, and nothing was locked. */
ink_status ink_shelf_lock(ink_shelf *s, bool *busy, ink_err *err);
void ink_shelf_unlock(ink_shelf *s);

/* A model's name in the names of files: catalogue names are their own key. */
ink_status ink_shelf_key(const char *name, char out[300], ink_err *err);
ink_status ink_shelf_partial(const ink_shelf *s, const char *key, ink_path *out, ink_err *err);
bool ink_shelf_has(const ink_shelf *s, const ink_recipe_file *f);                              /* the blob, at its size */
ink_status ink_shelf_keep(const ink_shelf *s, const char *part, const char *sha256, ink_err *err); /* makes a blob of a checked file */
ink_status ink_shelf_write(const ink_shelf *s, const char *key, const ink_recipe *r, const char *source, ink_err *err);
/* INK_E_NOT_FOUND when there is no such manifest. */
ink_status ink_shelf_read(const ink_shelf *s, const char *key, ink_arena *arena, ink_recipe *out, ink_err *err);
ink_status ink_shelf_path(const ink_shelf *s, const char *key, const ink_recipe *r, ink_path *out, ink_err *err); /* what to open */
bool ink_shelf_whole(const ink_shelf *s, const char *key, const ink_recipe *r);                /* every blob and link is there */
ink_status ink_shelf_remove(const ink_shelf *s, const char *key, uint64_t *freed, ink_err *err);
/* Blobs of a manifest that was written anew, where none needs them any more. */
ink_status ink_shelf_prune(const ink_shelf *s, const ink_recipe *was, ink_arena *arena, ink_err *err);
/* Keys of all manifests, sorted. */
ink_status ink_shelf_keys(const ink_shelf *s, ink_arena *arena, const char ***out, size_t *count, ink_err *err);

#endif
