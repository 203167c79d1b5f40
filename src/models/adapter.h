/* Adapters as PEFT folders: adapter_config.json and adapter_model.safetensors. */
#ifndef INK_MODELS_ADAPTER_H
#define INK_MODELS_ADAPTER_H

#include "models/config.h"

enum { INK_ADAPTERS = 8 };

typedef struct ink_adapters { /* in the order in which they act */
    ink_nn_adapter *list[INK_ADAPTERS];
    size_t count;
} ink_adapters;

/* DIR, or DIR:scale. Kinds that inkstone does not know, and settings that change what is computed in ways it does not do, are refused;
   so are combinations that have no meaning: two prompts or prefixes, two IA3. Records live in the arena. */
ink_status ink_adapters_add(ink_adapters *all, const char *spec, ink_arena *arena, ink_err *err);
/* After the graphs are built: every tensor must have found its layer. */
ink_status ink_adapters_check(const ink_adapters *all, ink_err *err);
void ink_adapters_close(ink_adapters *all);
size_t ink_adapters_tokens(const ink_adapters *all, ink_adapter_kind kind); /* that stand before a sequence */

#endif
