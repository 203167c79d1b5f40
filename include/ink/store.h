/* ink/store.h: models on disk. A model is asked for by a catalogue name ("smollm2"), a path, or hf:user/repo[:quant];
   what is pulled lies under INKSTONE_HOME (default ~/.inkstone)/models: blobs named by their SHA-256, a small manifest
   for each model, and a folder of links with the files' own names. A model appears whole or not at all, whenever the
   program dies. Any number of processes may use one store; two that pull the same name take turns. */
#ifndef INK_STORE_H
#define INK_STORE_H

#include <ink/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the model lies: the path to open, malloc'd, the caller's to free. A name that is known but not pulled yet is
   INK_E_NOT_FOUND, with the command that pulls it. A path that exists is given back as it is. */
INK_API ink_status ink_store_resolve(const char *name, char **path, ink_err *err);

typedef struct ink_store_hooks { /* each may be NULL */
    void (*say)(void *user, const char *sentence);                           /* licence, source in use */
    void (*progress)(void *user, const char *what, uint64_t done, uint64_t total); /* total 0: not known */
    bool (*stop)(void *user);                                                /* true ends in INK_E_STOPPED; what is there is kept */
    void *user;
} ink_store_hooks;

/* Fetches what is missing, from the first source that delivers the right bytes. *had: it was here already (may be NULL). */
INK_API ink_status ink_store_pull(const char *name, const ink_store_hooks *hooks, bool *had, ink_err *err);
/* Forgets a model and what was fetched of it so far; blobs that no other model uses are deleted. */
INK_API ink_status ink_store_remove(const char *name, uint64_t *freed_bytes, ink_err *err);

/* A model of one's own: another one with what is said of it, an object as ink/modelfile.h gives it, checked. Its bytes are those of the other, not
   copied. folder: where relative paths of "from" and "adapter" begin, which are copied into the store; NULL: only names of models may be said.
   Replaces one made before by this name; a name of the catalogue, or of a model that was fetched, is INK_E_ARGUMENT. */
INK_API ink_status ink_store_create(const char *name, const ink_json *made, const char *folder, ink_err *err);
INK_API ink_status ink_store_copy(const char *from, const char *to, ink_err *err); /* the same model by another name; names as above */
/* What was said of a model of one's own, the caller's to free, with "adapter" as the path to open; NULL when the name is of no such model. */
INK_API ink_status ink_store_made(const char *name, ink_json **out, ink_err *err);

/* A digest of the files of a model of the store, an adapter's left out: names with the same one open the same weights and tokenizer. */
enum { INK_STORE_DIGEST = 65 };
INK_API ink_status ink_store_digest(const char *name, char out[INK_STORE_DIGEST], ink_err *err);

typedef struct ink_store_item {
    char *name, *about, *licence;
    char *kind;   /* "voice"; NULL: of another kind, or not said */
    char *path;   /* what resolving gives; NULL: in the catalogue, not pulled */
    char *source; /* where it came from; NULL as above */
    uint64_t bytes;
} ink_store_item;
typedef struct ink_store_list { /* the catalogue in its order, then what else was pulled, by name */
    ink_store_item *at;
    size_t count;
} ink_store_list;
INK_API ink_status ink_store_list_read(ink_store_list *out, ink_err *err);
INK_API void ink_store_list_clear(ink_store_list *list);

#endif
