/* BLOOM (Le Scao et al. 2022, section 3.2): GPT's blocks without positions: scores sink with distance instead (ALiBi); a norm right
   behind the embedding. */
#include "models/decoder.h"

#define PAIR(file, name) { "gguf", file ".weight", name ".weight", INK_NAME_SAME }, { "gguf", file ".bias", name ".bias", INK_NAME_SAME }
#define LAYER(file, name) PAIR("blk.*." file, "transformer.h.*." name)
static const ink_name_rule bloom_rules[] = {
    { "gguf", "token_embd.weight", "transformer.word_embeddings.weight", INK_NAME_SAME },
    { "gguf", "output.weight", "lm_head.weight", INK_NAME_SAME },
    PAIR("token_embd_norm", "transformer.word_embeddings_layernorm"),
    PAIR("output_norm", "transformer.ln_f"),
    { "gguf", "blk.*.attn_qkv.weight", "transformer.h.*.self_attention.query_key_value.weight", INK_NAME_QKV_ROWS },
    { "gguf", "blk.*.attn_qkv.bias", "transformer.h.*.self_attention.query_key_value.bias", INK_NAME_QKV_ROWS },
    LAYER("attn_norm", "input_layernorm"),
    LAYER("attn_output", "self_attention.dense"),
    LAYER("ffn_norm", "post_attention_layernorm"),
    LAYER("ffn_up", "mlp.dense_h_to_4h"),
    LAYER("ffn_down", "mlp.dense_4h_to_h"),
    /* The first files left the prefix out. */
    { "safetensors", "word_embeddings.weight", "transformer.word_embeddings.weight", INK_NAME_SAME },
    { "safetensors", "word_embeddings_layernorm.", "transformer.word_embeddings_layernorm.", INK_NAME_SAME },
    { "safetensors", "ln_f.", "transformer.ln_f.", INK_NAME_SAME },
    { "safetensors", "h.*.", "transformer.h.*.", INK_NAME_SAME },
    { NULL },
};

#define AT(field) offsetof(ink_config, field)
static const ink_setting bloom_settings[] = {
    { AT(layers), INK_SETTING_COUNT, "block_count", "n_layer|num_hidden_layers", 1, 4096, INK_REQUIRED },
    { AT(width), INK_SETTING_COUNT, "embedding_length", "hidden_size|n_embed", 1, INK_CONFIG_MOST, INK_REQUIRED },
    { AT(heads), INK_SETTING_COUNT, "attention.head_count", "n_head|num_attention_heads", 1, 65536, INK_REQUIRED },
    { AT(context), INK_SETTING_COUNT, "context_length", "seq_length", 1, INK_CONFIG_MOST, 2048 },
    { AT(ffn), INK_SETTING_COUNT, "feed_forward_length", NULL, 1, INK_CONFIG_MOST, 0 },
    { AT(eps), INK_SETTING_REAL, "attention.layer_norm_epsilon", "layer_norm_epsilon", 0, 1, 1e-5 },
    { 0 },
};

static ink_status bloom_configure(const ink_settings *s, ink_config *c, ink_err *err)
{
    static const ink_choice choices[] = { { "apply_residual_connection_post_layernorm", { "false" } }, { NULL } };
    INK_TRY(ink_settings_choices(s, choices, err));
    INK_TRY(ink_settings_read(s, bloom_settings, c, err));
    c->ffn = 4 * c->width;
    return ink_config_whole_heads(s, c, err);
}

static ink_node *bloom_body(ink_net *n, const ink_config *c, ink_node *ids, ink_node *positions)
{
    const float eps = (float)c->eps;
    ink_nn_self self = ink_decoder_self(c, NULL, 0);
    (void)positions;
    self.sinking = 1;
    self.fusing = INK_NN_GROUPED;
    self.q = "self_attention.query_key_value";
    self.o = "self_attention.dense";
    ink_net_at(n, "transformer.");
    ink_node *x = ink_nn_layer_norm(n, ink_nn_embedding(n, ids, "word_embeddings", c->vocab, c->width), "word_embeddings_layernorm", eps);
    for (self.layer = 0; self.layer < c->layers; self.layer++) {
        ink_net_at(n, "transformer.h.%zu.", self.layer);
        x = ink_add(n->g, x, ink_nn_self_attention(n, ink_nn_layer_norm(n, x, "input_layernorm", eps), &self));
        ink_node *y = ink_nn_layer_norm(n, x, "post_attention_layernorm", eps);
        x = ink_add(n->g, x, ink_nn_mlp(n, y, "mlp.dense_h_to_4h", "mlp.dense_4h_to_h", c->ffn, ink_gelu_tanh));
    }
    return x;
}

static ink_node *bloom_head(ink_net *n, const ink_config *c, ink_node *x)
{
    ink_net_at(n, "transformer.");
    x = ink_nn_layer_norm(n, x, "ln_f", (float)c->eps);
    return ink_decoder_logits(n, c, x, "lm_head.weight", "transformer.word_embeddings.weight");
}

static bool bloom_has(const ink_json *config, const char *name)
{
    return strcmp(name, "lm_head.weight") || !ink_json_bool(ink_json_get(config, "tie_word_embeddings"), 1);
}

const ink_architecture ink_arch_bloom = {
    .name = "bloom",
    .also = (const char *const[]){ NULL },
    .kinds = (const ink_kind[]){ { "bloom", "bloom", "BloomForCausalLM" }, { NULL } },
    .signs = (const ink_sign[]){ { "tie_word_embeddings", "lm_head.weight", .absent = true }, { NULL } },
    .settings = (const ink_setting *const[]){ bloom_settings, NULL },
    .rules = bloom_rules,
    .embedding = "transformer.word_embeddings.weight",
    .has = bloom_has,
    .configure = bloom_configure,
    .body = bloom_body,
    .head = bloom_head,
};
