/* Qwen 3 (Yang et al. 2025, section 2): Llama's build with norms over each head of queries and keys; its larger kind has experts
   in place of the feed-forward. */
#include "models/decoder.h"

static const ink_setting qwen3_settings[] = {
    { offsetof(ink_config, normalised), INK_SETTING_BOOL, "expert_weights_norm", "norm_topk_prob", 0, 1, 1 },
    { 0 },
};

static const ink_sign qwen3_signs[] = { { "tie_word_embeddings", "lm_head.weight", .absent = true }, { NULL } };

static bool qwen3_has(const ink_json *config, const char *name)
{
    return strstr(name, ".mlp.gate.weight") ? ink_json_get(config, "num_experts") != NULL : ink_decoder_signed(qwen3_signs, config, name);
}

static ink_status qwen3_configure(const ink_settings *s, ink_config *c, ink_err *err)
{
    static const ink_choice choices[] = { { "use_sliding_window", { "false" } }, { "attention_bias", { "false" } }, { NULL } };
    const bool experts = strstr(s->architecture, "moe");
    INK_TRY(ink_settings_choices(s, choices, err));
    INK_TRY(ink_decoder_configure(s, experts ? ink_expert_settings : NULL, c, err));
    if (experts)
        INK_TRY(ink_settings_read(s, qwen3_settings, c, err));
    c->window = 0; /* a number that is not used */
    return INK_OK;
}

static ink_node *qwen3_mlp(ink_net *n, const ink_config *c, ink_node *x)
{
    const ink_nn_experts o = { .router = "mlp.gate", .expert = "mlp.experts.%zu.", .gate = "gate_proj", .up = "up_proj", .down = "down_proj",
                               .count = c->experts, .used = c->experts_used, .ffn = c->expert_ffn, .normalised = c->normalised };
    return ink_net_has(n, "mlp.gate.weight") ? ink_nn_mixture(n, x, &o) : ink_decoder_mlp(n, c, x); /* some layers may have one for all */
}

static ink_node *qwen3_block(ink_net *n, const ink_config *c, ink_node *x, ink_node *angles, size_t layer)
{
    ink_nn_self self = ink_decoder_self(c, angles, layer);
    self.q_norm = "self_attn.q_norm";
    self.k_norm = "self_attn.k_norm";
    return ink_decoder_residuals(n, c, x, &self, qwen3_mlp);
}

static ink_node *qwen3_body(ink_net *n, const ink_config *c, ink_node *ids, ink_node *positions) { return ink_decoder_body(n, c, ids, positions, qwen3_block); }

const ink_architecture ink_arch_qwen3 = {
    .name = "qwen3",
    .also = (const char *const[]){ NULL },
    .kinds = (const ink_kind[]){ { "qwen3", "qwen3", "Qwen3ForCausalLM" }, { "qwen3moe", "qwen3_moe", "Qwen3MoeForCausalLM" }, { NULL } },
    .signs = qwen3_signs,
    .settings = (const ink_setting *const[]){ ink_decoder_settings, ink_expert_settings, qwen3_settings, NULL },
    .rules = ink_decoder_rules,
    .embedding = "model.embed_tokens.weight",
    .has = qwen3_has,
    .configure = qwen3_configure,
    .body = qwen3_body,
    .head = ink_decoder_head,
};
