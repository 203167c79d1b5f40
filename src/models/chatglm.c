/* ChatGLM 2 and 3, and GLM-4 in the files that came with code of their own (GLM Team 2024, section 2): one weight for queries and a
   few keys and values, of which half of each head turns, neighbours together. */
#include "models/decoder.h"

#define LAYER(file, name) { "gguf", "blk.*." file, "transformer.encoder.layers.*." name, INK_NAME_SAME }
static const ink_name_rule chatglm_rules[] = {
    { "gguf", "token_embd.weight", "transformer.embedding.word_embeddings.weight", INK_NAME_SAME },
    { "gguf", "output_norm.weight", "transformer.encoder.final_layernorm.weight", INK_NAME_SAME },
    { "gguf", "output.weight", "transformer.output_layer.weight", INK_NAME_SAME },
    LAYER("attn_norm.weight", "input_layernorm.weight"),
    LAYER("attn_qkv.weight", "self_attention.query_key_value.weight"),
    LAYER("attn_qkv.bias", "self_attention.query_key_value.bias"),
    LAYER("attn_output.weight", "self_attention.dense.weight"),
    LAYER("attn_output.bias", "self_attention.dense.bias"),
    LAYER("ffn_norm.weight", "post_attention_layernorm.weight"),
    LAYER("ffn_up.weight", "mlp.dense_h_to_4h.weight"),
    LAYER("ffn_down.weight", "mlp.dense_4h_to_h.weight"),
    { NULL },
};

#define AT(field) offsetof(ink_config, field)
static const ink_setting chatglm_settings[] = {
    { AT(layers), INK_SETTING_COUNT, "block_count", "num_layers", 1, 4096, INK_REQUIRED },
    { AT(width), INK_SETTING_COUNT, "embedding_length", "hidden_size", 1, INK_CONFIG_MOST, INK_REQUIRED },
    { AT(heads), INK_SETTING_COUNT, "attention.head_count", "num_attention_heads", 1, 65536, INK_REQUIRED },
    { AT(kv_heads), INK_SETTING_COUNT, "attention.head_count_kv", "multi_query_group_num", 1, 65536, 0 },
    { AT(head_dim), INK_SETTING_COUNT, "attention.key_length", "kv_channels", 1, 4096, 0 },
    { AT(ffn), INK_SETTING_COUNT, "feed_forward_length", "ffn_hidden_size", 1, INK_CONFIG_MOST, INK_REQUIRED },
    { AT(context), INK_SETTING_COUNT, "context_length", "seq_length", 1, INK_CONFIG_MOST, 8192 },
    { AT(eps), INK_SETTING_REAL, "attention.layer_norm_rms_epsilon", "layernorm_epsilon", 0, 1, 1e-5 },
    { AT(rope.factor), INK_SETTING_REAL, NULL, "rope_ratio", 1e-3, 1e6, 1 },
    { 0 },
};

static ink_status chatglm_configure(const ink_settings *s, ink_config *c, ink_err *err)
{
    static const ink_choice choices[] = { { "rmsnorm", { "true" } }, { "post_layer_norm", { "true" } }, { "multi_query_attention", { "true" } },
                                          { "apply_residual_connection_post_layernorm", { "false" } }, { "original_rope", { "true" } }, { NULL } };
    INK_TRY(ink_settings_choices(s, choices, err));
    INK_TRY(ink_settings_read(s, chatglm_settings, c, err));
    const double ratio = c->rope.factor;
    INK_TRY(ink_config_share(s, c, err));
    INK_TRY(ink_config_rope(s, c, err));
    c->rope.base *= s->json ? ratio : 1; /* a GGUF has it multiplied */
    c->rope.dims = s->json ? c->head_dim / 2 : c->rope.dims;
    c->rope.factor = 1;
    return INK_OK;
}

static ink_node *chatglm_body(ink_net *n, const ink_config *c, ink_node *ids, ink_node *positions)
{
    const float eps = (float)c->eps;
    ink_nn_self self = ink_decoder_self(c, ink_nn_rope(n, positions, &c->rope), 0);
    self.neighbours = true;
    self.fusing = INK_NN_BESIDE;
    self.q = "self_attention.query_key_value";
    self.o = "self_attention.dense";
    ink_net_at(n, "transformer.embedding.");
    ink_node *x = ink_nn_embedding(n, ids, "word_embeddings", c->vocab, c->width);
    for (self.layer = 0; self.layer < c->layers; self.layer++) {
        ink_net_at(n, "transformer.encoder.layers.%zu.", self.layer);
        x = ink_add(n->g, x, ink_nn_self_attention(n, ink_nn_rms_norm(n, x, "input_layernorm", c->width, eps, 0), &self));
        ink_node *y = ink_nn_rms_norm(n, x, "post_attention_layernorm", c->width, eps, 0);
        x = ink_add(n->g, x, ink_nn_gated(n, y, "mlp.dense_h_to_4h", NULL, "mlp.dense_4h_to_h", c->ffn, ink_silu_mul));
    }
    return x;
}

static ink_node *chatglm_head(ink_net *n, const ink_config *c, ink_node *x)
{
    ink_net_at(n, "transformer.encoder.");
    x = ink_nn_rms_norm(n, x, "final_layernorm", c->width, (float)c->eps, 0);
    return ink_decoder_logits(n, c, x, "transformer.output_layer.weight", NULL);
}

static const ink_sign chatglm_signs[] = { { "tie_word_embeddings", "transformer.output_layer.weight", .absent = true },
                                          { "add_qkv_bias", "transformer.encoder.layers.0.self_attention.query_key_value.bias" },
                                          { "add_bias_linear", "transformer.encoder.layers.0.self_attention.dense.bias" }, { NULL } };
static bool chatglm_has(const ink_json *config, const char *name) { return ink_decoder_signed(chatglm_signs, config, name); }

const ink_architecture ink_arch_chatglm = {
    .name = "chatglm",
    .also = (const char *const[]){ NULL },
    .kinds = (const ink_kind[]){ { "chatglm", "chatglm", "ChatGLMModel" }, { NULL } },
    .signs = chatglm_signs,
    .settings = (const ink_setting *const[]){ chatglm_settings, NULL },
    .rules = chatglm_rules,
    .output = "transformer.output_layer.weight",
    .embedding = "transformer.embedding.word_embeddings.weight",
    .has = chatglm_has,
    .configure = chatglm_configure,
    .body = chatglm_body,
    .head = chatglm_head,
};
