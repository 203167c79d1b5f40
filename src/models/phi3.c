/* Phi 3 and 4 mini (Abdin et al. 2024, section 2): Llama's build with queries, keys and values in one weight, and so gate and up. */
#include "models/decoder.h"

static const ink_sign phi3_signs[] = { { "tie_word_embeddings", "lm_head.weight", .absent = true }, { NULL } };
static bool phi3_has(const ink_json *config, const char *name) { return ink_decoder_signed(phi3_signs, config, name); }
static ink_status phi3_configure(const ink_settings *s, ink_config *c, ink_err *err) { return ink_decoder_configure(s, NULL, c, err); }

static ink_node *phi3_mlp(ink_net *n, const ink_config *c, ink_node *x) { return ink_nn_gated(n, x, "mlp.gate_up_proj", NULL, "mlp.down_proj", c->ffn, ink_silu_mul); }

static ink_node *phi3_block(ink_net *n, const ink_config *c, ink_node *x, ink_node *angles, size_t layer)
{
    ink_nn_self self = ink_decoder_self(c, angles, layer);
    self.fusing = INK_NN_BESIDE;
    self.q = "self_attn.qkv_proj";
    return ink_decoder_residuals(n, c, x, &self, phi3_mlp);
}

static ink_node *phi3_body(ink_net *n, const ink_config *c, ink_node *ids, ink_node *positions) { return ink_decoder_body(n, c, ids, positions, phi3_block); }

const ink_architecture ink_arch_phi3 = {
    .name = "phi3",
    .also = (const char *const[]){ NULL },
    .kinds = (const ink_kind[]){ { "phi3", "phi3", "Phi3ForCausalLM" }, { NULL } },
    .signs = phi3_signs,
    .settings = (const ink_setting *const[]){ ink_decoder_settings, NULL },
    .rules = ink_decoder_rules,
    .embedding = "model.embed_tokens.weight",
    .has = phi3_has,
    .configure = phi3_configure,
    .body = phi3_body,
    .head = ink_decoder_head,
};
