/* GPT-2 (Radford et al. 2019): learned positions, layer norms before each half of a block, biases everywhere, one fused
   projection for queries, keys and values. Hugging Face's files hold its matrices as [in, out]. */
#include "models/config.h"

#include <math.h>
#include <string.h>

static const ink_name_rule gpt2_rules[] = {
    { "gguf", "token_embd.weight", "transformer.wte.weight", INK_NAME_SAME },
    { "gguf", "position_embd.weight", "transformer.wpe.weight", INK_NAME_SAME },
    { "gguf", "output_norm.weight", "transformer.ln_f.weight", INK_NAME_SAME },
    { "gguf", "output_norm.bias", "transformer.ln_f.bias", INK_NAME_SAME },
    { "gguf", "output.weight", "lm_head.weight", INK_NAME_SAME },
    { "gguf", "blk.*.attn_norm.weight", "transformer.h.*.ln_1.weight", INK_NAME_SAME },
    { "gguf", "blk.*.attn_norm.bias", "transformer.h.*.ln_1.bias", INK_NAME_SAME },
    { "gguf", "blk.*.attn_qkv.weight", "transformer.h.*.attn.c_attn.weight", INK_NAME_SAME },
    { "gguf", "blk.*.attn_qkv.bias", "transformer.h.*.attn.c_attn.bias", INK_NAME_SAME },
    { "gguf", "blk.*.attn_output.weight", "transformer.h.*.attn.c_proj.weight", INK_NAME_SAME },
    { "gguf", "blk.*.attn_output.bias", "transformer.h.*.attn.c_proj.bias", INK_NAME_SAME },
    { "gguf", "blk.*.ffn_norm.weight", "transformer.h.*.ln_2.weight", INK_NAME_SAME },
    { "gguf", "blk.*.ffn_norm.bias", "transformer.h.*.ln_2.bias", INK_NAME_SAME },
    { "gguf", "blk.*.ffn_up.weight", "transformer.h.*.mlp.c_fc.weight", INK_NAME_SAME },
    { "gguf", "blk.*.ffn_up.bias", "transformer.h.*.mlp.c_fc.bias", INK_NAME_SAME },
    { "gguf", "blk.*.ffn_down.weight", "transformer.h.*.mlp.c_proj.weight", INK_NAME_SAME },
    { "gguf", "blk.*.ffn_down.bias", "transformer.h.*.mlp.c_proj.bias", INK_NAME_SAME },
    { "safetensors", "transformer.h.*.attn.c_attn.weight", "transformer.h.*.attn.c_attn.weight", INK_NAME_TRANSPOSED },
    { "safetensors", "transformer.h.*.attn.c_proj.weight", "transformer.h.*.attn.c_proj.weight", INK_NAME_TRANSPOSED },
    { "safetensors", "transformer.h.*.mlp.c_fc.weight", "transformer.h.*.mlp.c_fc.weight", INK_NAME_TRANSPOSED },
    { "safetensors", "transformer.h.*.mlp.c_proj.weight", "transformer.h.*.mlp.c_proj.weight", INK_NAME_TRANSPOSED },
    /* The first files left the prefix out. */
    { "safetensors", "wte.weight", "transformer.wte.weight", INK_NAME_SAME },
    { "safetensors", "wpe.weight", "transformer.wpe.weight", INK_NAME_SAME },
    { "safetensors", "ln_f.weight", "transformer.ln_f.weight", INK_NAME_SAME },
    { "safetensors", "ln_f.bias", "transformer.ln_f.bias", INK_NAME_SAME },
    { "safetensors", "h.*.ln_1.weight", "transformer.h.*.ln_1.weight", INK_NAME_SAME },
    { "safetensors", "h.*.ln_1.bias", "transformer.h.*.ln_1.bias", INK_NAME_SAME },
    { "safetensors", "h.*.attn.c_attn.weight", "transformer.h.*.attn.c_attn.weight", INK_NAME_TRANSPOSED },
    { "safetensors", "h.*.attn.c_attn.bias", "transformer.h.*.attn.c_attn.bias", INK_NAME_SAME },
    { "safetensors", "h.*.attn.c_proj.weight", "transformer.h.*.attn.c_proj.weight", INK_NAME_TRANSPOSED },
    { "safetensors", "h.*.attn.c_proj.bias", "transformer.h.*.attn.c_proj.bias", INK_NAME_SAME },
    { "safetensors", "h.*.ln_2.weight", "transformer.h.*.ln_2.weight", INK_NAME_SAME },
    { "safetensors", "h.*.ln_2.bias", "transformer.h.*.ln_2.bias", INK_NAME_SAME },
    { "safetensors", "h.*.mlp.c_fc.weight", "transformer.h.*.mlp.c_fc.weight", INK_NAME_TRANSPOSED },
    { "safetensors", "h.*.mlp.c_fc.bias", "transformer.h.*.mlp.c_fc.bias", INK_NAME_SAME },
    { "safetensors", "h.*.mlp.c_proj.weight", "transformer.h.*.mlp.c_proj.weight", INK_NAME_TRANSPOSED },
    { "safetensors", "h.*.mlp.c_proj.bias", "transformer.h.*.mlp.c_proj.bias", INK_NAME_SAME },
    { NULL, NULL, NULL, INK_NAME_SAME },
};

#define AT(field) offsetof(ink_config, field)
static const ink_setting gpt2_settings[] = {
    { AT(layers), INK_SETTING_COUNT, "block_count", "n_layer", 1, 4096, INK_REQUIRED },
    { AT(width), INK_SETTING_COUNT, "embedding_length", "n_embd", 1, INK_CONFIG_MOST, INK_REQUIRED },
    { AT(heads), INK_SETTING_COUNT, "attention.head_count", "n_head", 1, 65536, INK_REQUIRED },
    { AT(ffn), INK_SETTING_COUNT, "feed_forward_length", "n_inner", 1, INK_CONFIG_MOST, 0 },
    { AT(context), INK_SETTING_COUNT, "context_length", "n_positions|n_ctx", 1, INK_CONFIG_MOST, INK_REQUIRED },
    { AT(eps), INK_SETTING_REAL, "attention.layer_norm_epsilon", "layer_norm_epsilon", 0, 1, 1e-5 },
    { 0, 0, NULL, NULL, 0, 0, 0 },
};

static ink_status gpt2_configure(const ink_settings *s, ink_config *c, ink_err *err)
{
    static const ink_choice choices[] = { { "activation_function", { "gelu_new", "gelu_pytorch_tanh", "gelu_fast" } }, { "scale_attn_weights", { "true" } },
                                          { "scale_attn_by_inverse_layer_idx", { "false" } }, { NULL, { NULL } } };
    INK_TRY(ink_settings_choices(s, choices, err));
    INK_TRY(ink_settings_read(s, gpt2_settings, c, err));
    c->ffn = c->ffn ? c->ffn : 4 * c->width;
    return ink_config_whole_heads(s, c, err);
}

/* Biases everywhere; a head of its own where the configuration says so. */
static bool gpt2_has(const ink_json *config, const char *name)
{
    return strcmp(name, "lm_head.weight") || !ink_json_bool(ink_json_get(config, "tie_word_embeddings"), 1);
}

static ink_node *gpt2_attention(ink_net *n, ink_node *x, const ink_config *c, size_t layer)
{
    const ink_attend_options o = { .layer = layer, .heads = c->heads, .kv_heads = c->heads, .head_dim = c->head_dim };
    ink_node *qkv = ink_nn_linear(n, x, "attn.c_attn", 3 * c->width);
    ink_node *q = ink_slice(n->g, qkv, 0, c->width), *k = ink_slice(n->g, qkv, c->width, c->width), *v = ink_slice(n->g, qkv, 2 * c->width, c->width);
    return ink_nn_dropout(n, ink_nn_linear(n, ink_nn_attention(n, q, k, v, &o), "attn.c_proj", c->width), n->dropout);
}

static ink_node *gpt2_block(ink_net *n, ink_node *x, const ink_config *c, size_t layer)
{
    ink_net_at(n, "transformer.h.%zu.", layer);
    x = ink_add(n->g, x, gpt2_attention(n, ink_nn_layer_norm(n, x, "ln_1", (float)c->eps), c, layer));
    ink_node *y = ink_nn_linear(n, ink_nn_layer_norm(n, x, "ln_2", (float)c->eps), "mlp.c_fc", c->ffn);
    return ink_add(n->g, x, ink_nn_dropout(n, ink_nn_linear(n, ink_gelu_tanh(n->g, y), "mlp.c_proj", c->width), n->dropout));
}

static ink_node *gpt2_body(ink_net *n, const ink_config *c, ink_node *ids, ink_node *positions)
{
    ink_net_at(n, "transformer.");
    ink_node *x = ink_add(n->g, ink_nn_embedding(n, ids, "wte", c->vocab, c->width), ink_nn_embedding(n, positions, "wpe", c->context, c->width));
    x = ink_nn_dropout(n, x, n->dropout);
    for (size_t i = 0; i < c->layers; i++)
        x = gpt2_block(n, x, c, i);
    return x;
}

static ink_node *gpt2_head(ink_net *n, const ink_config *c, ink_node *x)
{
    ink_net_at(n, "transformer.");
    x = ink_nn_layer_norm(n, x, "ln_f", (float)c->eps);
    ink_net_at(n, "%s", "");
    return ink_nn_head(n, x, ink_net_has(n, "lm_head.weight") ? "lm_head.weight" : "transformer.wte.weight", c->vocab);
}

const ink_architecture ink_arch_gpt2 = {
    .name = "gpt2",
    .also = (const char *const[]){ NULL },
    .kinds = (const ink_kind[]){ { "gpt2", "gpt2", "GPT2LMHeadModel" }, { NULL } },
    .signs = (const ink_sign[]){ { "tie_word_embeddings", "lm_head.weight", true }, { NULL } },
    .settings = (const ink_setting *const[]){ gpt2_settings, NULL },
    .rules = gpt2_rules,
    .embedding = "transformer.wte.weight",
    .has = gpt2_has,
    .configure = gpt2_configure,
    .body = gpt2_body,
    .head = gpt2_head,
};
