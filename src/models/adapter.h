/* Adapters as PEFT folders, which hold adapter_config.json and adapter_model.safetensors, and LoRA as a GGUF. */
#ifndef INK_MODELS_ADAPTER_H
#define INK_MODELS_ADAPTER_H

#include "models/config.h"

enum { INK_ADAPTERS = 8 };

typedef struct ink_adapters { /* in the order in which they act */
    ink_nn_adapter *list[INK_ADAPTERS];
    size_t count;
} ink_adapters;

/* DIR or FILE.gguf for this model, or either with :scale. Kinds that inkstone does not know, and settings that change what is computed in ways it does not do, are refused;
   so are combinations that have no meaning: two prompts or prefixes, two IA3. Records live in the arena. */
ink_status ink_adapters_add(ink_adapters *all, const char *spec, const ink_model *model, ink_arena *arena, ink_err *err);
/* After the graphs are built: every tensor must have found its layer. */
ink_status ink_adapters_check(const ink_adapters *all, ink_err *err);
void ink_adapters_close(ink_adapters *all);
/* adapter_gguf.c: a LoRA in a GGUF, its names and rows as PEFT has them from then on; and what an adapter's tensors make of one for models of
   this architecture. INK_E_UNSUPPORTED: no LoRA, or of a model that has no names in a GGUF. */
ink_status ink_adapter_gguf_open(ink_nn_adapter *a, const char *path, const ink_model *model, ink_err *err);
ink_status ink_adapter_gguf_write(const ink_nn_adapter *a, const ink_model *model, const char *path, ink_err *err);
size_t ink_adapters_tokens(const ink_adapters *all, ink_adapter_kind kind); /* that stand before a sequence */

#endif
