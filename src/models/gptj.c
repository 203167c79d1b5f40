/* GPT-J (Wang and Komatsuzaki 2021): attention and feed-forward side by side behind one norm; neighbours turn, in the first dimensions
   of each head; a head with a bias. */
#include "models/decoder.h"

#define LAYER(file, name) { "gguf", "blk.*." file, "transformer.h.*." name, INK_NAME_SAME }
static const ink_name_rule gptj_rules[] = {
    { "gguf", "token_embd.weight", "transformer.wte.weight", INK_NAME_SAME },
    { "gguf", "output_norm.weight", "transformer.ln_f.weight", INK_NAME_SAME },
    { "gguf", "output_norm.bias", "transformer.ln_f.bias", INK_NAME_SAME },
    { "gguf", "output.weight", "lm_head.weight", INK_NAME_SAME },
    { "gguf", "output.bias", "lm_head.bias", INK_NAME_SAME },
    LAYER("attn_norm.weight", "ln_1.weight"), LAYER("attn_norm.bias", "ln_1.bias"),
    LAYER("attn_q.weight", "attn.q_proj.weight"), LAYER("attn_k.weight", "attn.k_proj.weight"), LAYER("attn_v.weight", "attn.v_proj.weight"),
    LAYER("attn_output.weight", "attn.out_proj.weight"),
    LAYER("ffn_up.weight", "mlp.fc_in.weight"), LAYER("ffn_up.bias", "mlp.fc_in.bias"),
    LAYER("ffn_down.weight", "mlp.fc_out.weight"), LAYER("ffn_down.bias", "mlp.fc_out.bias"),
    { NULL },
};

#define AT(field) offsetof(ink_config, field)
static const ink_setting gptj_settings[] = {
    { AT(layers), INK_SETTING_COUNT, "block_count", "n_layer", 1, 4096, INK_REQUIRED },
    { AT(width), INK_SETTING_COUNT, "embedding_length", "n_embd", 1, INK_CONFIG_MOST, INK_REQUIRED },
    { AT(heads), INK_SETTING_COUNT, "attention.head_count", "n_head", 1, 65536, INK_REQUIRED },
    { AT(ffn), INK_SETTING_COUNT, "feed_forward_length", "n_inner", 1, INK_CONFIG_MOST, 0 },
    { AT(context), INK_SETTING_COUNT, "context_length", "n_positions", 1, INK_CONFIG_MOST, 2048 },
    { AT(rope.dims), INK_SETTING_COUNT, NULL, "rotary_dim", 2, 4096, 0 },
    { AT(eps), INK_SETTING_REAL, "attention.layer_norm_epsilon", "layer_norm_epsilon", 0, 1, 1e-5 },
    { 0 },
};

static ink_status gptj_configure(const ink_settings *s, ink_config *c, ink_err *err)
{
    static const ink_choice choices[] = { { "activation_function", { "gelu_new", "gelu_pytorch_tanh", "gelu_fast" } }, { NULL } };
    INK_TRY(ink_settings_choices(s, choices, err));
    INK_TRY(ink_settings_read(s, gptj_settings, c, err));
    INK_TRY(ink_config_whole_heads(s, c, err));
    c->ffn = c->ffn ? c->ffn : 4 * c->width;
    return ink_config_rope(s, c, err);
}

static ink_node *gptj_body(ink_net *n, const ink_config *c, ink_node *ids, ink_node *positions)
{
    ink_nn_self self = ink_decoder_self(c, ink_nn_rope(n, positions, &c->rope), 0);
    self.neighbours = true;
    self.q = "attn.q_proj";
    self.k = "attn.k_proj";
    self.v = "attn.v_proj";
    self.o = "attn.out_proj";
    ink_net_at(n, "transformer.");
    ink_node *x = ink_nn_embedding(n, ids, "wte", c->vocab, c->width);
    for (self.layer = 0; self.layer < c->layers; self.layer++) {
        ink_net_at(n, "transformer.h.%zu.", self.layer);
        ink_node *y = ink_nn_layer_norm(n, x, "ln_1", (float)c->eps);
        x = ink_add(n->g, ink_add(n->g, x, ink_nn_self_attention(n, y, &self)), ink_nn_mlp(n, y, "mlp.fc_in", "mlp.fc_out", c->ffn, ink_gelu_tanh));
    }
    return x;
}

static ink_node *gptj_head(ink_net *n, const ink_config *c, ink_node *x)
{
    ink_net_at(n, "transformer.");
    x = ink_nn_layer_norm(n, x, "ln_f", (float)c->eps);
    x = ink_decoder_logits(n, c, x, "lm_head.weight", "transformer.wte.weight");
    return ink_net_has(n, "lm_head.bias") ? ink_add(n->g, x, ink_nn_row(n, "lm_head.bias", c->vocab)) : x;
}

static bool gptj_has(const ink_json *config, const char *name)
{
    return strstr(name, ".mlp.") || !strcmp(name, "lm_head.bias") || (!strcmp(name, "lm_head.weight") && !ink_json_bool(ink_json_get(config, "tie_word_embeddings"), 0));
}

const ink_architecture ink_arch_gptj = {
    .name = "gptj",
    .also = (const char *const[]){ NULL },
    .kinds = (const ink_kind[]){ { "gptj", "gptj", "GPTJForCausalLM" }, { NULL } },
    .signs = (const ink_sign[]){ { "tie_word_embeddings", "lm_head.weight", .absent = true }, { NULL } },
    .settings = (const ink_setting *const[]){ gptj_settings, NULL },
    .rules = gptj_rules,
    .embedding = "transformer.wte.weight",
    .has = gptj_has,
    .configure = gptj_configure,
    .body = gptj_body,
    .head = gptj_head,
};
