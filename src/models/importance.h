/* How much errors of a weight's columns matter: mean squares of what its layer is given (inkstone imatrix). In a file: a GGUF with
   NAME.in_sum2 and NAME.counts for each matrix, as llama-imatrix writes it too. */
#ifndef INK_MODELS_IMPORTANCE_H
#define INK_MODELS_IMPORTANCE_H

#include <ink/arena.h>
#include <ink/weights.h>

typedef struct ink_importance_entry {
    const char *name; /* of the weight, in the words of a GGUF */
    size_t columns;
    const float *at;  /* means of squares */
} ink_importance_entry;

typedef struct ink_importance {
    ink_importance_entry *list;
    size_t count;
} ink_importance;

ink_status ink_importance_read(ink_importance *m, const char *path, ink_arena *arena, ink_err *err);
const float *ink_importance_find(const ink_importance *m, const char *name, size_t columns); /* NULL: nothing is known of it */

#endif
