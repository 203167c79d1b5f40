/* Where tokenizers are described; each reader fills a spec and leaves what it allocated in the arena. */
#ifndef INK_MODELS_TOKENIZER_H
#define INK_MODELS_TOKENIZER_H

#include "text/tokenizer.h"

#include <ink/arena.h>

ink_status ink_tokenizer_from_gguf(const ink_weights *w, ink_tokenizer_spec *spec, ink_arena *arena, ink_err *err);

/* Adds the tokens that end an answer: those named in `ids` already, and every control or user-defined token whose name is known to. */
void ink_tokenizer_known_ends(ink_tokenizer_spec *spec);
void ink_tokenizer_add_end(ink_tokenizer_spec *spec, int64_t id);

#endif
