/* What the language models before attention share: a table of words, something between, and a linear layer to the next word.
   Tensors have the names of PyTorch's word language model (encoder, rnn, decoder). */
#ifndef INK_MODELS_WORDS_H
#define INK_MODELS_WORDS_H

#include "models/config.h"

/* hidden_size is the width, embedding_size (by default the same) goes to ffn. */
ink_status ink_words_configure(const ink_settings *s, ink_config *c, ink_err *err);
bool ink_words_has(const ink_json *config, const char *name);
ink_node *ink_words_body(ink_net *n, const ink_config *c, ink_node *ids, ink_cell_kind cell, size_t gates);
ink_node *ink_words_head(ink_net *n, const ink_config *c, ink_node *x);

#define INK_WORDS_EMBEDDING "encoder.weight"
#define INK_WORDS_DEVIATION 0.07 /* about that of PyTorch's uniform draws for 200 units */

#endif
