/* Falcon (Almazrouei et al. 2023, section 3): heads of queries that share one key and value, or a few; attention and feed-forward side
   by side behind one norm, or behind one each. */
#include "models/decoder.h"

#define LAYER(file, name) { "gguf", "blk.*." file ".weight", "transformer.h.*." name ".weight", INK_NAME_SAME }, { "gguf", "blk.*." file ".bias", "transformer.h.*." name ".bias", INK_NAME_SAME }
static const ink_name_rule falcon_rules[] = {
    { "gguf", "token_embd.weight", "transformer.word_embeddings.weight", INK_NAME_SAME },
    { "gguf", "output_norm.weight", "transformer.ln_f.weight", INK_NAME_SAME },
    { "gguf", "output_norm.bias", "transformer.ln_f.bias", INK_NAME_SAME },
    { "gguf", "output.weight", "lm_head.weight", INK_NAME_SAME },
    { "gguf", "blk.*.attn_qkv.weight", "transformer.h.*.self_attention.query_key_value.weight", INK_NAME_QKV_ROWS },
    { "gguf", "blk.*.attn_qkv.bias", "transformer.h.*.self_attention.query_key_value.bias", INK_NAME_QKV_ROWS },
    LAYER("attn_norm", "input_layernorm"),
    LAYER("attn_norm", "ln_mlp"),
    LAYER("attn_norm_2", "ln_attn"),
    LAYER("ffn_norm", "post_attention_layernorm"),
    LAYER("attn_output", "self_attention.dense"),
    LAYER("ffn_up", "mlp.dense_h_to_4h"),
    LAYER("ffn_down", "mlp.dense_4h_to_h"),
    { NULL },
};

#define AT(field) offsetof(ink_config, field)
static const ink_setting falcon_settings[] = {
    { AT(layers), INK_SETTING_COUNT, "block_count", "num_hidden_layers|n_layer", 1, 4096, INK_REQUIRED },
    { AT(width), INK_SETTING_COUNT, "embedding_length", "hidden_size", 1, INK_CONFIG_MOST, INK_REQUIRED },
    { AT(heads), INK_SETTING_COUNT, "attention.head_count", "num_attention_heads|n_head", 1, 65536, INK_REQUIRED },
    { AT(kv_heads), INK_SETTING_COUNT, "attention.head_count_kv", "num_kv_heads|n_head_kv", 1, 65536, 0 },
    { AT(one_key), INK_SETTING_BOOL, NULL, "multi_query", 0, 1, 1 },
    { AT(sinking), INK_SETTING_BOOL, NULL, "alibi", 0, 1, 0 },
    { AT(ffn), INK_SETTING_COUNT, "feed_forward_length", "ffn_hidden_size", 1, INK_CONFIG_MOST, 0 },
    { AT(context), INK_SETTING_COUNT, "context_length", "max_position_embeddings", 1, INK_CONFIG_MOST, 2048 },
    { AT(eps), INK_SETTING_REAL, "attention.layer_norm_epsilon", "layer_norm_epsilon", 0, 1, 1e-5 },
    { 0 },
};

/* The three generations say in three ways how many heads have keys of their own. */
static ink_status falcon_configure(const ink_settings *s, ink_config *c, ink_err *err)
{
    static const ink_choice choices[] = { { "activation", { "gelu" } }, { NULL } };
    const bool new = ink_json_bool(ink_settings_json(s, "new_decoder_architecture"), 0);
    INK_TRY(ink_settings_choices(s, choices, err));
    INK_TRY(ink_settings_read(s, falcon_settings, c, err));
    const size_t kv = s->json && !new ? c->one_key ? 1 : c->heads : c->kv_heads;
    INK_TRY(ink_config_whole_heads(s, c, err));
    c->kv_heads = kv ? kv : c->heads;
    c->one_key = c->kv_heads == 1;
    c->ffn = c->ffn ? c->ffn : 4 * c->width;
    INK_TRY(ink_config_share(s, c, err));
    return c->sinking ? INK_OK : ink_config_rope(s, c, err);
}

static ink_node *falcon_block(ink_net *n, const ink_config *c, ink_node *x, const ink_nn_self *self)
{
    const float eps = (float)c->eps;
    const bool two = ink_net_has(n, "ln_attn.weight"), after = ink_net_has(n, "post_attention_layernorm.weight");
    ink_node *y = ink_nn_layer_norm(n, x, two ? "ln_attn" : "input_layernorm", eps);
    ink_node *a = ink_nn_self_attention(n, y, self), *x_and_a = ink_add(n->g, x, a);
    y = two ? ink_nn_layer_norm(n, x, "ln_mlp", eps) : after ? ink_nn_layer_norm(n, x_and_a, "post_attention_layernorm", eps) : y;
    return ink_add(n->g, x_and_a, ink_nn_mlp(n, y, "mlp.dense_h_to_4h", "mlp.dense_4h_to_h", c->ffn, ink_gelu));
}

static ink_node *falcon_body(ink_net *n, const ink_config *c, ink_node *ids, ink_node *positions)
{
    ink_nn_self self = ink_decoder_self(c, c->sinking ? NULL : ink_nn_rope(n, positions, &c->rope), 0);
    self.sinking = c->sinking ? 1.0f / sqrtf((float)c->head_dim) : 0; /* what sinks is scaled as the scores are */
    self.fusing = INK_NN_GROUPED;
    self.q = "self_attention.query_key_value";
    self.o = "self_attention.dense";
    ink_net_at(n, "transformer.");
    ink_node *x = ink_nn_embedding(n, ids, "word_embeddings", c->vocab, c->width);
    for (self.layer = 0; self.layer < c->layers; self.layer++) {
        ink_net_at(n, "transformer.h.%zu.", self.layer);
        x = falcon_block(n, c, x, &self);
    }
    return x;
}

static ink_node *falcon_head(ink_net *n, const ink_config *c, ink_node *x)
{
    ink_net_at(n, "transformer.");
    x = ink_nn_layer_norm(n, x, "ln_f", (float)c->eps);
    return ink_decoder_logits(n, c, x, "lm_head.weight", "transformer.word_embeddings.weight");
}

static const ink_sign falcon_signs[] = { { "tie_word_embeddings", "lm_head.weight", .absent = true, .otherwise = true }, { "bias", "transformer.h.0.self_attention.dense.bias" },
                                         { "bias", "transformer.h.0.self_attention.query_key_value.bias" }, { "bias", "transformer.h.0.mlp.dense_h_to_4h.bias" },
                                         { "bias", "transformer.h.0.mlp.dense_4h_to_h.bias" }, { "new_decoder_architecture", "transformer.h.0.ln_attn.weight" },
                                         { "parallel_attn", "transformer.h.0.post_attention_layernorm.weight", .absent = true, .otherwise = true }, { NULL } };
static bool falcon_has(const ink_json *config, const char *name) { return ink_decoder_signed(falcon_signs, config, name); }

const ink_architecture ink_arch_falcon = {
    .name = "falcon",
    .also = (const char *const[]){ NULL },
    .kinds = (const ink_kind[]){ { "falcon", "falcon", "FalconForCausalLM" }, { NULL } },
    .signs = falcon_signs,
    .settings = (const ink_setting *const[]){ falcon_settings, NULL },
    .rules = falcon_rules,
    .embedding = "transformer.word_embeddings.weight",
    .has = falcon_has,
    .configure = falcon_configure,
    .body = falcon_body,
    .head = falcon_head,
};
