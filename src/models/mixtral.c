/* Mixtral (Jiang et al. 2024, section 2): Mistral's blocks with eight feed-forwards, of which each token takes two. */
#include "models/decoder.h"

#define EXPERTS(file, name) { "gguf", "blk.*." file ".weight", "model.layers.*.block_sparse_moe.experts.*." name ".weight", INK_NAME_EXPERT }
static const ink_name_rule mixtral_rules[] = {
    { "gguf", "blk.*.attn_q.weight", "model.layers.*.self_attn.q_proj.weight", INK_NAME_ROPE_ROWS },
    { "gguf", "blk.*.attn_k.weight", "model.layers.*.self_attn.k_proj.weight", INK_NAME_ROPE_ROWS },
    { "gguf", "blk.*.ffn_gate_inp.weight", "model.layers.*.block_sparse_moe.gate.weight", INK_NAME_SAME },
    /* files from before experts were stacked: read, not written */
    { "gguf", "blk.*.ffn_gate.*.weight", "model.layers.*.block_sparse_moe.experts.*.w1.weight", INK_NAME_SAME, .variants = 1u << 31 },
    { "gguf", "blk.*.ffn_up.*.weight", "model.layers.*.block_sparse_moe.experts.*.w3.weight", INK_NAME_SAME, .variants = 1u << 31 },
    { "gguf", "blk.*.ffn_down.*.weight", "model.layers.*.block_sparse_moe.experts.*.w2.weight", INK_NAME_SAME, .variants = 1u << 31 },
    EXPERTS("ffn_gate_exps", "w1"), EXPERTS("ffn_up_exps", "w3"), EXPERTS("ffn_down_exps", "w2"),
    { .more = ink_decoder_rules },
};

static const ink_setting mixtral_settings[] = {
    { offsetof(ink_config, experts), INK_SETTING_COUNT, "expert_count", "num_local_experts", 1, 1024, INK_REQUIRED },
    { offsetof(ink_config, experts_used), INK_SETTING_COUNT, "expert_used_count", "num_experts_per_tok", 1, 1024, INK_REQUIRED },
    { 0 },
};

static const ink_sign mixtral_signs[] = { { "tie_word_embeddings", "lm_head.weight", .absent = true }, { NULL } };
static bool mixtral_owns(const ink_weights *gguf) { return ink_weights_meta(gguf, "llama.expert_count") != NULL; }
static bool mixtral_has(const ink_json *config, const char *name) { return ink_decoder_signed(mixtral_signs, config, name); }
static ink_status mixtral_configure(const ink_settings *s, ink_config *c, ink_err *err) { return ink_decoder_configure(s, mixtral_settings, c, err); }

static ink_node *mixtral_mlp(ink_net *n, const ink_config *c, ink_node *x)
{
    const ink_nn_experts o = { .router = "block_sparse_moe.gate", .expert = "block_sparse_moe.experts.%zu.", .gate = "w1", .up = "w3", .down = "w2",
                               .count = c->experts, .used = c->experts_used, .ffn = c->ffn, .normalised = true };
    return ink_nn_mixture(n, x, &o);
}

static ink_node *mixtral_block(ink_net *n, const ink_config *c, ink_node *x, ink_node *angles, size_t layer)
{
    const ink_nn_self self = ink_decoder_self(c, angles, layer);
    return ink_decoder_residuals(n, c, x, &self, mixtral_mlp);
}

static ink_node *mixtral_body(ink_net *n, const ink_config *c, ink_node *ids, ink_node *positions) { return ink_decoder_body(n, c, ids, positions, mixtral_block); }

const ink_architecture ink_arch_mixtral = {
    .name = "mixtral",
    .also = (const char *const[]){ NULL },
    .kinds = (const ink_kind[]){ { "llama", "mixtral", "MixtralForCausalLM" }, { NULL } },
    .signs = mixtral_signs,
    .owns = mixtral_owns,
    .settings = (const ink_setting *const[]){ ink_decoder_settings, mixtral_settings, NULL },
    .rules = mixtral_rules,
    .embedding = "model.embed_tokens.weight",
    .has = mixtral_has,
    .configure = mixtral_configure,
    .body = mixtral_body,
    .head = ink_decoder_head,
};
