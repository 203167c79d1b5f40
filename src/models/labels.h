/* Names of labels, by number: of texts (classes.h), or of words (tagging.h). */
#ifndef INK_MODELS_LABELS_H
#define INK_MODELS_LABELS_H

#include <ink/err.h>
#include <stdbool.h>
#include <stddef.h>

#define INK_LABELS_FILE "labels.json" /* of an adapter's folder */
enum { INK_LABELS_MOST = 65536 };

typedef struct ink_labels { /* growing; start as { 0 } */
    char **names;           /* by number */
    size_t count, room;
    bool closed;            /* no other may come */
} ink_labels;
void ink_labels_clear(ink_labels *l);
size_t ink_labels_find(const ink_labels *l, const char *name, size_t n); /* its number; count: it is not there */
/* One that is not there, whether the list is closed or not. INK_E_FORMAT: it is full. */
ink_status ink_labels_add(ink_labels *l, const char *name, size_t n, ink_err *err);

#endif
