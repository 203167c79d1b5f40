#include "models/encoder.h"

#include "base/text.h"

#include <math.h>
#include <stdio.h>

#define AT(field) offsetof(ink_config, field)
const ink_setting ink_encoder_settings[] = {
    { AT(layers), INK_SETTING_COUNT, "block_count", "num_hidden_layers", 1, 4096, INK_REQUIRED },
    { AT(width), INK_SETTING_COUNT, "embedding_length", "hidden_size", 1, INK_CONFIG_MOST, INK_REQUIRED },
    { AT(heads), INK_SETTING_COUNT, "attention.head_count", "num_attention_heads", 1, 65536, INK_REQUIRED },
    { AT(ffn), INK_SETTING_COUNT, "feed_forward_length", "intermediate_size", 1, INK_CONFIG_MOST, INK_REQUIRED },
    { AT(context), INK_SETTING_COUNT, "context_length", "max_position_embeddings", 1, INK_CONFIG_MOST, INK_REQUIRED },
    { AT(eps), INK_SETTING_REAL, "attention.layer_norm_epsilon", "layer_norm_eps", 0, 1, 1e-12 },
    { 0, 0, NULL, NULL, 0, 0, 0 },
};

ink_status ink_encoder_configure(const ink_settings *s, const ink_setting *table, ink_config *c, size_t first, ink_err *err)
{
    static const ink_choice choices[] = { { "hidden_act", { "gelu" } }, { "activation", { "gelu" } }, { "position_embedding_type", { "absolute" } }, { "sinusoidal_pos_embds", { "false" } },
                                          { "is_decoder", { "false" } }, { NULL, { NULL } } };
    INK_TRY(ink_settings_choices(s, choices, err));
    INK_TRY(ink_settings_read(s, table, c, err));
    if (c->width % c->heads)
        return ink_fail(err, INK_E_FORMAT, "%s: %zu values cannot be shared by %zu heads", ink_weights_path(s->weights), c->width, c->heads);
    if (first >= c->context)
        return ink_fail(err, INK_E_FORMAT, "%s: of %zu positions the first %zu are not used", ink_weights_path(s->weights), c->context, first);
    c->kv_heads = c->heads;
    c->head_dim = c->width / c->heads;
    c->first_position = first;
    c->context -= first;
    return INK_OK;
}

const ink_encoder_names ink_encoder_bert = {
    .prefix = "bert.", .types = "token_type_embeddings", .layer = "encoder.layer.%zu.", .query = "attention.self.query", .key = "attention.self.key", .value = "attention.self.value",
    .out = "attention.output.dense", .attention_norm = "attention.output.LayerNorm", .up = "intermediate.dense", .down = "output.dense", .norm = "output.LayerNorm",
};

static ink_node *encoder_block(ink_net *n, const ink_config *c, const ink_encoder_names *e, ink_node *x, size_t layer)
{
    const ink_attention_options o = { .layer = layer, .heads = c->heads, .kv_heads = c->heads, .head_dim = c->head_dim, .scale = 1.0f / sqrtf((float)c->head_dim), .both = true };
    char at[INK_NET_NAME];
    snprintf(at, sizeof at, e->layer, layer); /* a format of the tables above */
    ink_net_at(n, "%s%s", e->prefix, at);
    ink_node *q = ink_nn_linear(n, x, e->query, c->width), *k = ink_nn_linear(n, x, e->key, c->width), *v = ink_nn_linear(n, x, e->value, c->width);
    x = ink_nn_layer_norm(n, ink_add(n->g, ink_nn_linear(n, ink_attend_rows(n->g, q, k, v, n->batch, n->before, NULL, &o), e->out, c->width), x), e->attention_norm, (float)c->eps);
    ink_node *y = ink_gelu(n->g, ink_nn_linear(n, x, e->up, c->ffn));
    return ink_nn_layer_norm(n, ink_add(n->g, ink_nn_linear(n, y, e->down, c->width), x), e->norm, (float)c->eps);
}

ink_node *ink_encoder_body(ink_net *n, const ink_config *c, const ink_encoder_names *e, ink_node *ids, ink_node *positions)
{
    ink_net_at(n, "%sembeddings.", e->prefix);
    ink_node *x = ink_nn_embedding(n, ids, "word_embeddings", c->vocab, c->width);
    if (e->types)
        x = ink_add(n->g, x, ink_nn_embedding(n, n->types, e->types, c->types, c->width));
    x = ink_add(n->g, x, ink_nn_embedding(n, positions, "position_embeddings", c->context + c->first_position, c->width));
    x = ink_nn_layer_norm(n, x, "LayerNorm", (float)c->eps);
    for (size_t i = 0; i < c->layers; i++)
        x = encoder_block(n, c, e, x, i);
    return x;
}

bool ink_encoder_has(const ink_json *config, const char *name)
{
    if (ink_ends(name, "decoder.weight") || ink_ends(name, "vocab_projector.weight"))
        return !ink_json_bool(ink_json_get(config, "tie_word_embeddings"), 1);
    return !ink_ends(name, "decoder.bias"); /* which is the head's own bias again */
}

ink_node *ink_encoder_head(ink_net *n, const ink_config *c, const ink_encoder_head_names *h, ink_node *x)
{
    ink_net_at(n, "%s", "");
    x = ink_nn_layer_norm(n, ink_gelu(n->g, ink_nn_linear(n, x, h->dense, c->width)), h->norm, (float)c->eps);
    x = ink_nn_head(n, x, ink_net_has(n, h->decoder) ? h->decoder : h->embedding, c->vocab);
    const char *bias = ink_net_has(n, h->decoder_bias) ? h->decoder_bias : h->bias;
    return ink_net_has(n, bias) ? ink_add(n->g, x, ink_nn_row(n, bias, c->vocab)) : x;
}
