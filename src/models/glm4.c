/* GLM-4 as transformers has it (GLM Team 2024, section 2): half of each head turns, neighbours together; gate and up in one weight.
   The models of April 2025 norm what each half of a block gives as well. */
#include "models/decoder.h"

static const ink_name_rule glm4_rules[] = {
    { "gguf", "blk.*.post_attention_norm.weight", "model.layers.*.post_self_attn_layernorm.weight", INK_NAME_SAME },
    { "gguf", "blk.*.post_ffw_norm.weight", "model.layers.*.post_mlp_layernorm.weight", INK_NAME_SAME },
    { .more = ink_decoder_rules },
};

static const ink_sign glm4_signs[] = { { "tie_word_embeddings", "lm_head.weight", .absent = true }, { "attention_bias", "model.layers.0.self_attn.q_proj.bias" },
                                       { "attention_bias", "model.layers.0.self_attn.k_proj.bias" }, { "attention_bias", "model.layers.0.self_attn.v_proj.bias" }, { NULL } };
static bool glm4_has(const ink_json *config, const char *name) { return ink_decoder_signed(glm4_signs, config, name); }

static ink_status glm4_configure(const ink_settings *s, ink_config *c, ink_err *err)
{
    INK_TRY(ink_decoder_configure(s, NULL, c, err));
    c->variant = !strcmp(s->architecture, "glm4");
    if (s->json && !ink_settings_json(s, "partial_rotary_factor") && !ink_settings_json(s, "rope_parameters.partial_rotary_factor"))
        c->rope.dims = c->head_dim / 2;
    return INK_OK;
}

static ink_node *glm4_norm(ink_net *n, const ink_config *c, ink_node *x, const char *name) { return ink_nn_rms_norm(n, x, name, c->width, (float)c->eps, 0); }

static ink_node *glm4_block(ink_net *n, const ink_config *c, ink_node *x, ink_node *angles, size_t layer)
{
    ink_nn_self self = ink_decoder_self(c, angles, layer);
    self.neighbours = true;
    ink_node *y = ink_nn_self_attention(n, glm4_norm(n, c, x, "input_layernorm"), &self);
    x = ink_add(n->g, x, c->variant ? glm4_norm(n, c, y, "post_self_attn_layernorm") : y);
    y = ink_nn_gated(n, glm4_norm(n, c, x, "post_attention_layernorm"), "mlp.gate_up_proj", NULL, "mlp.down_proj", c->ffn, ink_silu_mul);
    return ink_add(n->g, x, c->variant ? glm4_norm(n, c, y, "post_mlp_layernorm") : y);
}

static ink_node *glm4_body(ink_net *n, const ink_config *c, ink_node *ids, ink_node *positions) { return ink_decoder_body(n, c, ids, positions, glm4_block); }

const ink_architecture ink_arch_glm4 = {
    .name = "glm4",
    .also = (const char *const[]){ NULL },
    .kinds = (const ink_kind[]){ { "glm4", "glm4", "Glm4ForCausalLM" }, { "glm", "glm", "GlmForCausalLM" }, { NULL } },
    .signs = glm4_signs,
    .settings = (const ink_setting *const[]){ ink_decoder_settings, NULL },
    .rules = glm4_rules,
    .embedding = "model.embed_tokens.weight",
    .has = glm4_has,
    .configure = glm4_configure,
    .body = glm4_body,
    .head = ink_decoder_head,
};
