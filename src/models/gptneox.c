/* GPT-NeoX and Pythia (Black et al. 2022, section 2): attention and feed-forward read the same x side by side, a quarter of each head
   turns, and one weight holds query, key and value of one head after the other. */
#include "models/decoder.h"

#define LAYER(file, name) { "gguf", "blk.*." file ".weight", "gpt_neox.layers.*." name ".weight", INK_NAME_SAME }, { "gguf", "blk.*." file ".bias", "gpt_neox.layers.*." name ".bias", INK_NAME_SAME }
static const ink_name_rule gptneox_rules[] = {
    { "gguf", "token_embd.weight", "gpt_neox.embed_in.weight", INK_NAME_SAME },
    { "gguf", "output_norm.weight", "gpt_neox.final_layer_norm.weight", INK_NAME_SAME },
    { "gguf", "output_norm.bias", "gpt_neox.final_layer_norm.bias", INK_NAME_SAME },
    { "gguf", "output.weight", "embed_out.weight", INK_NAME_SAME },
    { "gguf", "blk.*.attn_qkv.weight", "gpt_neox.layers.*.attention.query_key_value.weight", INK_NAME_QKV_ROWS },
    { "gguf", "blk.*.attn_qkv.bias", "gpt_neox.layers.*.attention.query_key_value.bias", INK_NAME_QKV_ROWS },
    LAYER("attn_norm", "input_layernorm"),
    LAYER("attn_output", "attention.dense"),
    LAYER("ffn_norm", "post_attention_layernorm"),
    LAYER("ffn_up", "mlp.dense_h_to_4h"),
    LAYER("ffn_down", "mlp.dense_4h_to_h"),
    { NULL },
};

#define AT(field) offsetof(ink_config, field)
static const ink_setting gptneox_settings[] = {
    { AT(layers), INK_SETTING_COUNT, "block_count", "num_hidden_layers", 1, 4096, INK_REQUIRED },
    { AT(width), INK_SETTING_COUNT, "embedding_length", "hidden_size", 1, INK_CONFIG_MOST, INK_REQUIRED },
    { AT(heads), INK_SETTING_COUNT, "attention.head_count", "num_attention_heads", 1, 65536, INK_REQUIRED },
    { AT(ffn), INK_SETTING_COUNT, "feed_forward_length", "intermediate_size", 1, INK_CONFIG_MOST, INK_REQUIRED },
    { AT(context), INK_SETTING_COUNT, "context_length", "max_position_embeddings", 1, INK_CONFIG_MOST, 2048 },
    { AT(eps), INK_SETTING_REAL, "attention.layer_norm_epsilon", "layer_norm_eps", 0, 1, 1e-5 },
    { AT(rotary_part), INK_SETTING_REAL, NULL, "rotary_pct|partial_rotary_factor|rope_parameters.partial_rotary_factor", 1e-3, 1, 0.25 },
    { AT(parallel), INK_SETTING_BOOL, "use_parallel_residual", "use_parallel_residual", 0, 1, 1 },
    { 0 },
};

static ink_status gptneox_configure(const ink_settings *s, ink_config *c, ink_err *err)
{
    static const ink_choice choices[] = { { "hidden_act", { "gelu" } }, { NULL } };
    INK_TRY(ink_settings_choices(s, choices, err));
    INK_TRY(ink_settings_read(s, gptneox_settings, c, err));
    INK_TRY(ink_config_whole_heads(s, c, err));
    INK_TRY(ink_config_rope(s, c, err));
    c->rope.dims = s->json ? (size_t)((double)c->head_dim * c->rotary_part) : c->rope.dims;
    c->rotary_part = (double)c->rope.dims / (double)c->head_dim;
    return INK_OK;
}

static ink_node *gptneox_body(ink_net *n, const ink_config *c, ink_node *ids, ink_node *positions)
{
    const float eps = (float)c->eps;
    ink_nn_self self = ink_decoder_self(c, ink_nn_rope(n, positions, &c->rope), 0);
    self.fusing = INK_NN_GROUPED;
    self.q = "attention.query_key_value";
    self.o = "attention.dense";
    ink_net_at(n, "gpt_neox.");
    ink_node *x = ink_nn_embedding(n, ids, "embed_in", c->vocab, c->width);
    for (self.layer = 0; self.layer < c->layers; self.layer++) {
        ink_net_at(n, "gpt_neox.layers.%zu.", self.layer);
        ink_node *y = ink_add(n->g, x, ink_nn_self_attention(n, ink_nn_layer_norm(n, x, "input_layernorm", eps), &self));
        ink_node *z = ink_nn_layer_norm(n, c->parallel ? x : y, "post_attention_layernorm", eps);
        x = ink_add(n->g, y, ink_nn_mlp(n, z, "mlp.dense_h_to_4h", "mlp.dense_4h_to_h", c->ffn, ink_gelu));
    }
    return x;
}

static ink_node *gptneox_head(ink_net *n, const ink_config *c, ink_node *x)
{
    ink_net_at(n, "gpt_neox.");
    x = ink_nn_layer_norm(n, x, "final_layer_norm", (float)c->eps);
    return ink_decoder_logits(n, c, x, "embed_out.weight", "gpt_neox.embed_in.weight");
}

static const ink_sign gptneox_signs[] = { { "tie_word_embeddings", "embed_out.weight", .absent = true },
                                          { "attention_bias", "gpt_neox.layers.0.attention.query_key_value.bias", .otherwise = true },
                                          { "attention_bias", "gpt_neox.layers.0.attention.dense.bias", .otherwise = true }, { NULL } };
static bool gptneox_has(const ink_json *config, const char *name) { return strstr(name, ".mlp.") || ink_decoder_signed(gptneox_signs, config, name); }

const ink_architecture ink_arch_gptneox = {
    .name = "gptneox",
    .also = (const char *const[]){ NULL },
    .kinds = (const ink_kind[]){ { "gptneox", "gpt_neox", "GPTNeoXForCausalLM" }, { NULL } },
    .signs = gptneox_signs,
    .settings = (const ink_setting *const[]){ gptneox_settings, NULL },
    .rules = gptneox_rules,
    .output = "embed_out.weight",
    .embedding = "gpt_neox.embed_in.weight",
    .has = gptneox_has,
    .configure = gptneox_configure,
    .body = gptneox_body,
    .head = gptneox_head,
};
