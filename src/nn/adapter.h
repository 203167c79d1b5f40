/* Adapters, as a net applies them: by the name of the layer that they belong to. Reading them is models/adapter.h's work. */
#ifndef INK_NN_ADAPTER_H
#define INK_NN_ADAPTER_H

#include "nn/weights.h"

typedef enum ink_adapter_kind { INK_ADAPTER_LORA, INK_ADAPTER_IA3, INK_ADAPTER_PROMPT, INK_ADAPTER_PREFIX } ink_adapter_kind;

typedef struct ink_nn_adapter {
    ink_adapter_kind kind;
    ink_nn_weights weights;  /* of its own file, by that file's names */
    double alpha, strength;  /* LoRA: alpha, and what the person multiplies it by */
    bool root, dora;         /* alpha / sqrt(r); magnitudes of their own */
    size_t tokens;           /* PROMPT, PREFIX: how many stand before a sequence */
} ink_nn_adapter;

struct ink_net;
/* What adapters make of a layer's input, of its product (before the bias), and of its result. `layer` is its full name. */
ink_node *ink_nn_adapt_input(struct ink_net *n, ink_node *x, const char *layer);
ink_node *ink_nn_adapt_product(struct ink_net *n, ink_node *x, ink_node *y, const char *layer, ink_node *weight, bool turned);
ink_node *ink_nn_adapt_result(struct ink_net *n, ink_node *y, const char *layer);
/* Where a layer is found that an adapter may hold whole (PEFT's modules_to_save): a net of its weights and prefix, or n itself. */
struct ink_net ink_nn_adapt_whole(struct ink_net *n, const char *layer);
/* The table of a prompt's rows, or NULL. */
ink_node *ink_nn_adapt_tokens(struct ink_net *n, size_t width);
ink_node *ink_nn_adapt_before(struct ink_net *n, size_t width); /* the prefix's, or NULL */

#endif
