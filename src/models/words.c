#include "models/words.h"

#include <stdio.h>
#include <string.h>

#define AT(field) offsetof(ink_config, field)
static const ink_setting words_settings[] = {
    { AT(width), INK_SETTING_COUNT, "feed_forward_length", "hidden_size|nhid", 1, INK_CONFIG_MOST, INK_REQUIRED },
    { AT(ffn), INK_SETTING_COUNT, "embedding_length", "embedding_size|emsize", 1, INK_CONFIG_MOST, 0 },
    { AT(layers), INK_SETTING_COUNT, "block_count", "num_hidden_layers|num_layers|nlayers", 1, 4096, 1 },
    { AT(context), INK_SETTING_COUNT, "context_length", "max_position_embeddings", 1, INK_CONFIG_MOST, 65536 },
    { 0, 0, NULL, NULL, 0, 0, 0 },
};

ink_status ink_words_configure(const ink_settings *s, ink_config *c, ink_err *err)
{
    INK_TRY(ink_settings_read(s, words_settings, c, err));
    c->ffn = c->ffn ? c->ffn : c->width;
    c->heads = c->kv_heads = 1;
    c->head_dim = c->width; /* blocks keep as much for a position as for keys and values of this size */
    return INK_OK;
}

/* Biases everywhere; a head of its own unless the configuration ties it. */
bool ink_words_has(const ink_json *config, const char *name)
{
    return strcmp(name, "decoder.weight") || !ink_json_bool(ink_json_get(config, "tie_word_embeddings"), 0);
}

ink_node *ink_words_body(ink_net *n, const ink_config *c, ink_node *ids, ink_cell_kind cell, size_t gates)
{
    ink_node *x = ink_nn_dropout(n, ink_nn_embedding(n, ids, "encoder", c->vocab, c->ffn), n->dropout);
    for (size_t i = 0; i < c->layers; i++) {
        char layer[32];
        snprintf(layer, sizeof layer, "l%zu", i);
        x = ink_nn_dropout(n, ink_nn_recurrent(n, x, "rnn", layer, gates, &(ink_recur_options){ .cell = cell, .width = c->width, .layer = i }), n->dropout);
    }
    return x;
}

ink_node *ink_words_head(ink_net *n, const ink_config *c, ink_node *x)
{
    if (ink_net_has(n, "decoder.weight"))
        return ink_nn_linear(n, x, "decoder", c->vocab);
    x = ink_nn_head(n, x, INK_WORDS_EMBEDDING, c->vocab);
    return ink_net_has(n, "decoder.bias") ? ink_add(n->g, x, ink_nn_row(n, "decoder.bias", c->vocab)) : x;
}
