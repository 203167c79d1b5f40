/* What a model's files say becomes of the rows of a text: 1_Pooling/config.json of a folder (sentence-transformers), or the
   pooling_type of a GGUF. INK_POOL_AUTO: nothing. */
#ifndef INK_MODELS_POOLING_H
#define INK_MODELS_POOLING_H

#include <ink/embed.h>
#include <ink/weights.h>

struct ink_gguf_pairs;
ink_pooling ink_pooling_of(const ink_weights *w);
/* Writes it beside the metadata of a GGUF of this architecture. */
void ink_pooling_to_gguf(ink_pooling p, const char *architecture, struct ink_gguf_pairs *out);
/* Writes it into a folder as sentence-transformers keeps it, with the list of what vectors go through. width: values of a vector. */
ink_status ink_pooling_to_folder(ink_pooling p, size_t width, const char *folder, ink_err *err);

#endif
