/* Tags of words: words as an encoder that was taught to tag them reads them (Hugging Face's token classification: a word's first token stands
   for it). */
#ifndef INK_MODELS_TAGGING_H
#define INK_MODELS_TAGGING_H

#include "models/labels.h"

#include <ink/model.h>

/* Appends the ids of words, between what the model wants around a text; starts [count]: where each word begins in ids, SIZE_MAX: it has no token. */
ink_status ink_tagging_ids(const ink_tokenizer *t, const ink_text *words, size_t count, ink_ids *ids, size_t *starts, ink_err *err);

#endif
