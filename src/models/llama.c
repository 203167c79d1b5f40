/* Llama 1 to 3 (Touvron et al. 2023, section 2.2), and what is built alike: SmolLM2, Mistral, TinyLlama. Pre-norm blocks
   with rotary positions, grouped queries and a gated feed-forward. */
#include "models/config.h"

#include <math.h>
#include <string.h>

static const ink_name_rule llama_rules[] = {
    { "gguf", "token_embd.weight", "model.embed_tokens.weight", INK_NAME_SAME },
    { "gguf", "output_norm.weight", "model.norm.weight", INK_NAME_SAME },
    { "gguf", "output.weight", "lm_head.weight", INK_NAME_SAME },
    { "gguf", "blk.*.attn_norm.weight", "model.layers.*.input_layernorm.weight", INK_NAME_SAME },
    { "gguf", "blk.*.attn_q.weight", "model.layers.*.self_attn.q_proj.weight", INK_NAME_ROPE_ROWS },
    { "gguf", "blk.*.attn_k.weight", "model.layers.*.self_attn.k_proj.weight", INK_NAME_ROPE_ROWS },
    { "gguf", "blk.*.attn_v.weight", "model.layers.*.self_attn.v_proj.weight", INK_NAME_SAME },
    { "gguf", "blk.*.attn_output.weight", "model.layers.*.self_attn.o_proj.weight", INK_NAME_SAME },
    { "gguf", "blk.*.attn_q.bias", "model.layers.*.self_attn.q_proj.bias", INK_NAME_ROPE_ROWS },
    { "gguf", "blk.*.attn_k.bias", "model.layers.*.self_attn.k_proj.bias", INK_NAME_ROPE_ROWS },
    { "gguf", "blk.*.attn_v.bias", "model.layers.*.self_attn.v_proj.bias", INK_NAME_SAME },
    { "gguf", "blk.*.attn_output.bias", "model.layers.*.self_attn.o_proj.bias", INK_NAME_SAME },
    { "gguf", "blk.*.ffn_norm.weight", "model.layers.*.post_attention_layernorm.weight", INK_NAME_SAME },
    { "gguf", "blk.*.ffn_gate.weight", "model.layers.*.mlp.gate_proj.weight", INK_NAME_SAME },
    { "gguf", "blk.*.ffn_up.weight", "model.layers.*.mlp.up_proj.weight", INK_NAME_SAME },
    { "gguf", "blk.*.ffn_down.weight", "model.layers.*.mlp.down_proj.weight", INK_NAME_SAME },
    { "gguf", "blk.*.ffn_gate.bias", "model.layers.*.mlp.gate_proj.bias", INK_NAME_SAME },
    { "gguf", "blk.*.ffn_up.bias", "model.layers.*.mlp.up_proj.bias", INK_NAME_SAME },
    { "gguf", "blk.*.ffn_down.bias", "model.layers.*.mlp.down_proj.bias", INK_NAME_SAME },
    { NULL, NULL, NULL, INK_NAME_SAME },
};

#define AT(field) offsetof(ink_config, field)
static const ink_setting llama_settings[] = {
    { AT(layers), INK_SETTING_COUNT, "block_count", "num_hidden_layers", 1, 4096, INK_REQUIRED },
    { AT(width), INK_SETTING_COUNT, "embedding_length", "hidden_size", 1, INK_CONFIG_MOST, INK_REQUIRED },
    { AT(heads), INK_SETTING_COUNT, "attention.head_count", "num_attention_heads", 1, 65536, INK_REQUIRED },
    { AT(kv_heads), INK_SETTING_COUNT, "attention.head_count_kv", "num_key_value_heads", 1, 65536, 0 },
    { AT(head_dim), INK_SETTING_COUNT, "attention.key_length", "head_dim", 1, 4096, 0 },
    { AT(ffn), INK_SETTING_COUNT, "feed_forward_length", "intermediate_size", 1, INK_CONFIG_MOST, INK_REQUIRED },
    { AT(context), INK_SETTING_COUNT, "context_length", "max_position_embeddings", 1, INK_CONFIG_MOST, 2048 },
    { AT(eps), INK_SETTING_REAL, "attention.layer_norm_rms_epsilon", "rms_norm_eps", 0, 1, 1e-5 },
    { AT(window), INK_SETTING_COUNT, "attention.sliding_window", "sliding_window", 0, INK_CONFIG_MOST, 0 },
    { 0, 0, NULL, NULL, 0, 0, 0 },
};

static ink_status llama_configure(const ink_settings *s, ink_config *c, ink_err *err)
{
    static const ink_choice choices[] = { { "hidden_act", { "silu", "swish" } }, { NULL, { NULL } } };
    INK_TRY(ink_settings_choices(s, choices, err));
    INK_TRY(ink_settings_read(s, llama_settings, c, err));
    c->kv_heads = c->kv_heads ? c->kv_heads : c->heads;
    c->head_dim = c->head_dim ? c->head_dim : c->width / c->heads;
    if (c->heads % c->kv_heads || !c->head_dim)
        return ink_fail(err, INK_E_FORMAT, "%s: %zu heads of %zu dimensions cannot share %zu heads of keys", ink_weights_path(s->weights), c->heads, c->head_dim, c->kv_heads);
    return ink_config_rope(s, c, err);
}

static const ink_sign llama_signs[] = { { "tie_word_embeddings", "lm_head.weight", true }, { "attention_bias", "model.layers.0.self_attn.q_proj.bias", false },
                                        { "mlp_bias", "model.layers.0.mlp.up_proj.bias", false }, { NULL } };

static bool llama_has(const ink_json *config, const char *name)
{
    if (!strcmp(name, "lm_head.weight"))
        return !ink_json_bool(ink_json_get(config, "tie_word_embeddings"), 0);
    return ink_json_bool(ink_json_get(config, strstr(name, ".self_attn.") ? "attention_bias" : "mlp_bias"), 0);
}

static ink_node *llama_attention(ink_net *n, ink_node *x, ink_node *angles, const ink_config *c, size_t layer)
{
    const ink_attend_options o = { .layer = layer, .heads = c->heads, .kv_heads = c->kv_heads, .head_dim = c->head_dim, .window = c->window };
    ink_node *q = ink_nn_linear_heads(n, x, "self_attn.q_proj", c->heads, c->head_dim);
    ink_node *k = ink_nn_linear_heads(n, x, "self_attn.k_proj", c->kv_heads, c->head_dim);
    ink_node *v = ink_nn_linear(n, x, "self_attn.v_proj", c->kv_heads * c->head_dim);
    q = ink_rope(n->g, q, angles, c->heads, true);
    k = ink_rope(n->g, k, angles, c->kv_heads, true);
    return ink_nn_linear(n, ink_nn_attention(n, q, k, v, &o), "self_attn.o_proj", c->width);
}

static ink_node *llama_mlp(ink_net *n, ink_node *x, const ink_config *c)
{
    ink_node *gate = ink_nn_linear(n, x, "mlp.gate_proj", c->ffn), *up = ink_nn_linear(n, x, "mlp.up_proj", c->ffn);
    return ink_nn_linear(n, ink_silu_mul(n->g, gate, up), "mlp.down_proj", c->width);
}

static ink_node *llama_block(ink_net *n, ink_node *x, ink_node *angles, const ink_config *c, size_t layer)
{
    ink_net_at(n, "model.layers.%zu.", layer);
    x = ink_add(n->g, x, llama_attention(n, ink_nn_rms_norm(n, x, "input_layernorm", c->width, (float)c->eps, 0), angles, c, layer));
    return ink_add(n->g, x, llama_mlp(n, ink_nn_rms_norm(n, x, "post_attention_layernorm", c->width, (float)c->eps, 0), c));
}

static ink_node *llama_body(ink_net *n, const ink_config *c, ink_node *ids, ink_node *positions)
{
    ink_net_at(n, "model.");
    ink_node *angles = ink_nn_rope(n, positions, &c->rope);
    ink_node *x = ink_nn_embedding(n, ids, "embed_tokens", c->vocab, c->width);
    for (size_t i = 0; i < c->layers; i++)
        x = llama_block(n, x, angles, c, i);
    return x;
}

static ink_node *llama_head(ink_net *n, const ink_config *c, ink_node *x)
{
    ink_net_at(n, "model.");
    x = ink_nn_rms_norm(n, x, "norm", c->width, (float)c->eps, 0);
    ink_net_at(n, "%s", "");
    return ink_nn_head(n, x, ink_net_has(n, "lm_head.weight") ? "lm_head.weight" : "model.embed_tokens.weight", c->vocab);
}

const ink_architecture ink_arch_llama = {
    .name = "llama",
    .also = (const char *const[]){ "smollm", NULL },
    .kinds = (const ink_kind[]){ { "llama", "llama", "LlamaForCausalLM" }, { "llama", "mistral", "MistralForCausalLM" }, { NULL } },
    .signs = llama_signs,
    .settings = (const ink_setting *const[]){ llama_settings, NULL },
    .rules = llama_rules,
    .embedding = "model.embed_tokens.weight",
    .has = llama_has,
    .configure = llama_configure,
    .body = llama_body,
    .head = llama_head,
};
