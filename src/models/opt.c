/* OPT (Zhang et al. 2022, section 2.1): GPT's blocks with rectifiers and learned positions, whose table begins with two rows of another
   use. A GGUF of one keeps Hugging Face's names. */
#include "models/decoder.h"

enum { OPT_FIRST = 2 };

static const ink_name_rule opt_rules[] = {
    { "safetensors", "decoder.", "model.decoder.", INK_NAME_SAME }, /* files that left the prefix out */
    { NULL },
};

#define AT(field) offsetof(ink_config, field)
static const ink_setting opt_settings[] = {
    { AT(layers), INK_SETTING_COUNT, "block_count", "num_hidden_layers", 1, 4096, INK_REQUIRED },
    { AT(width), INK_SETTING_COUNT, "embedding_length", "hidden_size", 1, INK_CONFIG_MOST, INK_REQUIRED },
    { AT(heads), INK_SETTING_COUNT, "attention.head_count", "num_attention_heads", 1, 65536, INK_REQUIRED },
    { AT(ffn), INK_SETTING_COUNT, "feed_forward_length", "ffn_dim", 1, INK_CONFIG_MOST, INK_REQUIRED },
    { AT(context), INK_SETTING_COUNT, "context_length", "max_position_embeddings", 1, INK_CONFIG_MOST, 2048 },
    { AT(table), INK_SETTING_COUNT, "table_length", "word_embed_proj_dim", 1, INK_CONFIG_MOST, 0 },
    { AT(norms_before), INK_SETTING_BOOL, "norms_before", "do_layer_norm_before", 0, 1, 1 },
    { 0 },
};

static ink_status opt_configure(const ink_settings *s, ink_config *c, ink_err *err)
{
    static const ink_choice choices[] = { { "activation_function", { "relu" } }, { "layer_norm_elementwise_affine", { "true" } },
                                          { "_remove_final_layer_norm", { "false" } }, { NULL } };
    INK_TRY(ink_settings_choices(s, choices, err));
    INK_TRY(ink_settings_read(s, opt_settings, c, err));
    c->table = c->table ? c->table : c->width;
    c->eps = 1e-5;
    return ink_config_whole_heads(s, c, err);
}

/* y + half of it, with the norm before the half, or after the sum (the model of 350 million alone). */
static ink_node *opt_half(ink_net *n, const ink_config *c, ink_node *x, const char *norm, const ink_nn_self *self)
{
    ink_node *y = c->norms_before ? ink_nn_layer_norm(n, x, norm, (float)c->eps) : x;
    y = ink_add(n->g, x, self ? ink_nn_self_attention(n, y, self) : ink_nn_mlp(n, y, "fc1", "fc2", c->ffn, ink_relu));
    return c->norms_before ? y : ink_nn_layer_norm(n, y, norm, (float)c->eps);
}

static ink_node *opt_body(ink_net *n, const ink_config *c, ink_node *ids, ink_node *positions)
{
    ink_nn_self self = ink_decoder_self(c, NULL, 0);
    self.o = "self_attn.out_proj";
    ink_net_at(n, "model.decoder.");
    ink_node *places = ink_nn_embedding(n, ink_shift(n->g, positions, OPT_FIRST), "embed_positions", c->context + OPT_FIRST, c->width);
    ink_node *x = ink_nn_embedding(n, ids, "embed_tokens", c->vocab, c->table);
    x = ink_add(n->g, ink_net_has(n, "project_in.weight") ? ink_nn_linear(n, x, "project_in", c->width) : x, places);
    for (self.layer = 0; self.layer < c->layers; self.layer++) {
        ink_net_at(n, "model.decoder.layers.%zu.", self.layer);
        x = opt_half(n, c, x, "self_attn_layer_norm", &self);
        x = opt_half(n, c, x, "final_layer_norm", NULL);
    }
    return x;
}

static ink_node *opt_head(ink_net *n, const ink_config *c, ink_node *x)
{
    ink_net_at(n, "model.decoder.");
    x = c->norms_before ? ink_nn_layer_norm(n, x, "final_layer_norm", (float)c->eps) : x;
    x = ink_net_has(n, "project_out.weight") ? ink_nn_linear(n, x, "project_out", c->table) : x;
    return ink_decoder_logits(n, c, x, "lm_head.weight", "model.decoder.embed_tokens.weight");
}

static bool opt_has(const ink_json *config, const char *name)
{
    if (!strcmp(name, "lm_head.weight"))
        return !ink_json_bool(ink_json_get(config, "tie_word_embeddings"), 1);
    if (strstr(name, ".project_"))
        return !strstr(name, ".bias") && ink_json_integer(ink_json_get(config, "word_embed_proj_dim"), 0) != ink_json_integer(ink_json_get(config, "hidden_size"), 0);
    return ink_json_bool(ink_json_get(config, "enable_bias"), 1);
}

const ink_architecture ink_arch_opt = {
    .name = "opt",
    .also = (const char *const[]){ NULL },
    .kinds = (const ink_kind[]){ { "opt", "opt", "OPTForCausalLM" }, { NULL } },
    .signs = (const ink_sign[]){ { "tie_word_embeddings", "lm_head.weight", .absent = true }, { "enable_bias", "model.decoder.layers.0.fc1.bias" }, { NULL } },
    .settings = (const ink_setting *const[]){ opt_settings, NULL },
    .rules = opt_rules,
    .embedding = "model.decoder.embed_tokens.weight",
    .has = opt_has,
    .configure = opt_configure,
    .body = opt_body,
    .head = opt_head,
};
