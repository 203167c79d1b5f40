/* Names of labels, by number: of texts (classes.h), or of words (tagging.h). */
#ifndef INK_MODELS_LABELS_H
#define INK_MODELS_LABELS_H

#include "base/json.h"

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
/* The number of a label, taken where it is not there yet. A closed list refuses what it does not know (INK_E_FORMAT, the bare reason), as does one that is full. */
ink_status ink_labels_take(ink_labels *l, const char *name, size_t n, size_t *number, ink_err *err);

/* Those of a folder (labels_file.c): id2label of its config.json, or labels.json beside an adapter. Closed when there are any. */
ink_status ink_labels_read(ink_labels *l, const char *folder, ink_err *err);
/* Into a configuration: as id2label and label2id; and the class that transformers opens, of this task. */
void ink_labels_tell(const ink_labels *l, ink_json *config);
void ink_labels_class(ink_json *config, const char *task);
/* Tags into a model's config.json with that class, or labels as labels.json beside an adapter. */
ink_status ink_labels_write(const ink_labels *l, const char *folder, bool adapter, ink_err *err);

#endif
