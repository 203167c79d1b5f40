/* Names and settings of decoders of Llama's build, and their frame. */
#include "models/decoder.h"

#include "base/text.h"


#define SAME(file, name) { "gguf", file, name, INK_NAME_SAME }
#define LAYER(file, name) SAME("blk.*." file, "model.layers.*." name)
#define BOTH(file, name) LAYER(file ".weight", name ".weight"), LAYER(file ".bias", name ".bias")

const ink_name_rule ink_decoder_rules[] = {
    SAME("token_embd.weight", "model.embed_tokens.weight"),
    SAME("output_norm.weight", "model.norm.weight"),
    SAME("output.weight", "lm_head.weight"),
    LAYER("attn_norm.weight", "input_layernorm.weight"),
    BOTH("attn_q", "self_attn.q_proj"),
    BOTH("attn_k", "self_attn.k_proj"),
    BOTH("attn_v", "self_attn.v_proj"),
    BOTH("attn_qkv", "self_attn.qkv_proj"),
    BOTH("attn_output", "self_attn.o_proj"),
    LAYER("attn_q_norm.weight", "self_attn.q_norm.weight"),
    LAYER("attn_k_norm.weight", "self_attn.k_norm.weight"),
    LAYER("ffn_norm.weight", "post_attention_layernorm.weight"),
    BOTH("ffn_gate", "mlp.gate_proj"),
    BOTH("ffn_up", "mlp.up_proj"),
    LAYER("ffn_up.weight", "mlp.gate_up_proj.weight"),
    BOTH("ffn_down", "mlp.down_proj"),
    LAYER("ffn_gate_inp.weight", "mlp.gate.weight"),
    { "gguf", "blk.*.ffn_gate_exps.weight", "model.layers.*.mlp.experts.*.gate_proj.weight", INK_NAME_EXPERT },
    { "gguf", "blk.*.ffn_up_exps.weight", "model.layers.*.mlp.experts.*.up_proj.weight", INK_NAME_EXPERT },
    { "gguf", "blk.*.ffn_down_exps.weight", "model.layers.*.mlp.experts.*.down_proj.weight", INK_NAME_EXPERT },
    { NULL },
};

#define AT(field) offsetof(ink_config, field)
const ink_setting ink_decoder_settings[] = {
    { AT(layers), INK_SETTING_COUNT, "block_count", "num_hidden_layers", 1, 4096, INK_REQUIRED },
    { AT(width), INK_SETTING_COUNT, "embedding_length", "hidden_size", 1, INK_CONFIG_MOST, INK_REQUIRED },
    { AT(heads), INK_SETTING_COUNT, "attention.head_count", "num_attention_heads", 1, 65536, INK_REQUIRED },
    { AT(kv_heads), INK_SETTING_COUNT, "attention.head_count_kv", "num_key_value_heads", 1, 65536, 0 },
    { AT(head_dim), INK_SETTING_COUNT, "attention.key_length", "head_dim", 1, 4096, 0 },
    { AT(ffn), INK_SETTING_COUNT, "feed_forward_length", "intermediate_size", 1, INK_CONFIG_MOST, INK_REQUIRED },
    { AT(context), INK_SETTING_COUNT, "context_length", "max_position_embeddings", 1, INK_CONFIG_MOST, 2048 },
    { AT(eps), INK_SETTING_REAL, "attention.layer_norm_rms_epsilon", "rms_norm_eps", 0, 1, 1e-5 },
    { AT(window), INK_SETTING_COUNT, "attention.sliding_window", "sliding_window", 0, INK_CONFIG_MOST, 0 },
    { 0 },
};

const ink_setting ink_expert_settings[] = {
    { AT(experts), INK_SETTING_COUNT, "expert_count", "num_experts", 1, 1024, INK_REQUIRED },
    { AT(experts_used), INK_SETTING_COUNT, "expert_used_count", "num_experts_per_tok", 1, 1024, INK_REQUIRED },
    { AT(expert_ffn), INK_SETTING_COUNT, "expert_feed_forward_length", "moe_intermediate_size", 1, INK_CONFIG_MOST, 0 },
    { 0 },
};

ink_status ink_decoder_configure(const ink_settings *s, const ink_setting *more, ink_config *c, ink_err *err)
{
    static const ink_choice choices[] = { { "hidden_act", { "silu", "swish" } }, { NULL } };
    INK_TRY(ink_settings_choices(s, choices, err));
    INK_TRY(ink_settings_read(s, ink_decoder_settings, c, err));
    if (more)
        INK_TRY(ink_settings_read(s, more, c, err));
    INK_TRY(ink_config_share(s, c, err));
    if (c->experts_used > c->experts)
        return ink_fail(err, INK_E_FORMAT, "%s: %zu experts are used, but there are %zu", ink_weights_path(s->weights), c->experts_used, c->experts);
    return ink_config_rope(s, c, err);
}

ink_node *ink_decoder_body(ink_net *n, const ink_config *c, ink_node *ids, ink_node *positions, ink_decoder_block *block)
{
    ink_net_at(n, "model.");
    ink_node *angles = ink_nn_rope(n, positions, &c->rope);
    ink_node *x = ink_nn_dropout(n, ink_nn_embedding(n, ids, "embed_tokens", c->vocab, c->width), n->dropout);
    for (size_t i = 0; i < c->layers; i++) {
        ink_net_at(n, "model.layers.%zu.", i);
        x = block(n, c, x, angles, i);
    }
    return x;
}

ink_node *ink_decoder_logits(ink_net *n, const ink_config *c, ink_node *x, const char *own, const char *tied)
{
    ink_net_at(n, "%s", "");
    return ink_nn_head(n, x, !tied || ink_net_has(n, own) ? own : tied, c->vocab);
}

ink_node *ink_decoder_head(ink_net *n, const ink_config *c, ink_node *x)
{
    ink_net_at(n, "model.");
    x = ink_nn_rms_norm(n, x, "norm", c->width, (float)c->eps, 0);
    return ink_decoder_logits(n, c, x, "lm_head.weight", "model.embed_tokens.weight");
}

ink_nn_self ink_decoder_self(const ink_config *c, ink_node *angles, size_t layer)
{
    return (ink_nn_self){ .layer = layer, .heads = c->heads, .kv_heads = c->kv_heads, .head_dim = c->head_dim, .window = c->window, .angles = angles, .eps = (float)c->eps,
                          .q = "self_attn.q_proj", .k = "self_attn.k_proj", .v = "self_attn.v_proj", .o = "self_attn.o_proj" };
}

ink_node *ink_decoder_residuals(ink_net *n, const ink_config *c, ink_node *x, const ink_nn_self *self, ink_node *(*mlp)(ink_net *n, const ink_config *c, ink_node *x))
{
    const float eps = (float)c->eps;
    x = ink_add(n->g, x, ink_nn_dropout(n, ink_nn_self_attention(n, ink_nn_rms_norm(n, x, "input_layernorm", c->width, eps, 0), self), n->dropout));
    return ink_add(n->g, x, ink_nn_dropout(n, mlp(n, c, ink_nn_rms_norm(n, x, "post_attention_layernorm", c->width, eps, 0)), n->dropout));
}

ink_node *ink_decoder_mlp(ink_net *n, const ink_config *c, ink_node *x)
{
    return ink_nn_gated(n, x, "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj", c->ffn, ink_silu_mul);
}

static ink_node *decoder_block(ink_net *n, const ink_config *c, ink_node *x, ink_node *angles, size_t layer)
{
    const ink_nn_self self = ink_decoder_self(c, angles, layer);
    return ink_decoder_residuals(n, c, x, &self, ink_decoder_mlp);
}

ink_node *ink_decoder_plain(ink_net *n, const ink_config *c, ink_node *ids, ink_node *positions) { return ink_decoder_body(n, c, ids, positions, decoder_block); }

/* A sign names the tensor of the first layer; a tensor of another layer, or another part, goes by the same end. */
bool ink_decoder_signed(const ink_sign *signs, const ink_json *config, const char *name)
{
    for (; signs->hugging; signs++) {
        const char *end = strstr(signs->tensor, ".0.");
        const char *part = end ? end + 2 : signs->tensor;
        if (ink_ends(name, part))
            return ink_json_bool(ink_json_get(config, signs->hugging), signs->otherwise) != signs->absent;
    }
    return false;
}
