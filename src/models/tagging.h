/* Tags of words: what they are called, and words as an encoder that was taught to tag them reads them (Hugging Face's token classification: a word's first token stands
   for it). */
#ifndef INK_MODELS_TAGGING_H
#define INK_MODELS_TAGGING_H

#include "base/json.h"
#include "models/labels.h"

#include <ink/model.h>

/* The number of a label, which is added where it may be; -1 with err filled: it may not, or no memory. */
int32_t ink_labels_number(ink_labels *l, const char *name, ink_err *err);
/* Those of a folder: id2label of its config.json, or labels.json beside an adapter. Closed when there are any. */
ink_status ink_labels_read(ink_labels *l, const char *folder, ink_err *err);
/* Into a configuration, as id2label and label2id. */
void ink_labels_tell(const ink_labels *l, ink_json *config);
/* Into a model's config.json with the class that transformers opens, or as labels.json beside an adapter. */
ink_status ink_labels_write(const ink_labels *l, const char *folder, bool adapter, ink_err *err);

/* Appends the ids of words, between what the model wants around a text; starts [count]: where each word begins in ids, SIZE_MAX: it has no token. */
ink_status ink_tagging_ids(const ink_tokenizer *t, const ink_text *words, size_t count, ink_ids *ids, size_t *starts, ink_err *err);

#endif
