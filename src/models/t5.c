/* T5 (Raffel et al. 2020; T5 1.1, mT5, UMT5): an encoder whose rows a decoder sees. Distances instead of positions, scores that are not scaled,
   heads as wide as the configuration says. */
#include "models/decoder.h"

#define NAME(file, name) { "gguf", file, name, INK_NAME_SAME }
#define STACK(file, name, last)                                                                                                                                    \
    NAME(file ".blk.*.attn_norm.", name ".block.*.layer.0.layer_norm."), NAME(file ".blk.*.attn_q.", name ".block.*.layer.0.SelfAttention.q."),                    \
    NAME(file ".blk.*.attn_k.", name ".block.*.layer.0.SelfAttention.k."), NAME(file ".blk.*.attn_v.", name ".block.*.layer.0.SelfAttention.v."),                  \
    NAME(file ".blk.*.attn_o.", name ".block.*.layer.0.SelfAttention.o."), NAME(file ".blk.*.attn_rel_b.", name ".block.*.layer.0.SelfAttention.relative_attention_bias."), \
    NAME(file ".blk.*.ffn_norm.", name ".block.*.layer." last ".layer_norm."), NAME(file ".blk.*.ffn_up.", name ".block.*.layer." last ".DenseReluDense.wi."),     \
    NAME(file ".blk.*.ffn_gate.", name ".block.*.layer." last ".DenseReluDense.wi_0."), NAME(file ".blk.*.ffn_up.", name ".block.*.layer." last ".DenseReluDense.wi_1."), \
    NAME(file ".blk.*.ffn_down.", name ".block.*.layer." last ".DenseReluDense.wo."), NAME(file ".output_norm.", name ".final_layer_norm.")

static const ink_name_rule t5_rules[] = {
    NAME("token_embd.weight", "shared.weight"), NAME("output.weight", "lm_head.weight"),
    STACK("enc", "encoder", "1"),
    STACK("dec", "decoder", "2"),
    NAME("dec.blk.*.cross_attn_norm.", "decoder.block.*.layer.1.layer_norm."),
    NAME("dec.blk.*.cross_attn_q.", "decoder.block.*.layer.1.EncDecAttention.q."), NAME("dec.blk.*.cross_attn_k.", "decoder.block.*.layer.1.EncDecAttention.k."),
    NAME("dec.blk.*.cross_attn_v.", "decoder.block.*.layer.1.EncDecAttention.v."), NAME("dec.blk.*.cross_attn_o.", "decoder.block.*.layer.1.EncDecAttention.o."),
    { "safetensors", "shared.weight", "shared.weight", INK_NAME_SAME }, { "safetensors", "encoder.embed_tokens.weight", "shared.weight", INK_NAME_SAME }, /* of an encoder alone */
    { NULL },
};

#define AT(field) offsetof(ink_config, field)
static const ink_setting t5_settings[] = {
    { AT(source_layers), INK_SETTING_COUNT, "block_count", "num_layers", 1, 4096, INK_REQUIRED },
    { AT(layers), INK_SETTING_COUNT, "decoder_block_count", "num_decoder_layers", 1, 4096, 0 },
    { AT(width), INK_SETTING_COUNT, "embedding_length", "d_model", 1, INK_CONFIG_MOST, INK_REQUIRED },
    { AT(heads), INK_SETTING_COUNT, "attention.head_count", "num_heads", 1, 65536, INK_REQUIRED },
    { AT(head_dim), INK_SETTING_COUNT, "attention.key_length", "d_kv", 1, 4096, INK_REQUIRED },
    { AT(ffn), INK_SETTING_COUNT, "feed_forward_length", "d_ff", 1, INK_CONFIG_MOST, INK_REQUIRED },
    { AT(context), INK_SETTING_COUNT, "context_length", "n_positions", 1, INK_CONFIG_MOST, 512 },
    { AT(eps), INK_SETTING_REAL, "attention.layer_norm_rms_epsilon|attention.layer_norm_epsilon", "layer_norm_epsilon", 0, 1, 1e-6 },
    { AT(buckets), INK_SETTING_COUNT, "attention.relative_buckets_count", "relative_attention_num_buckets", 4, 65536, 32 },
    { AT(far), INK_SETTING_COUNT, NULL, "relative_attention_max_distance", 2, 65536, 128 },
    { AT(start), INK_SETTING_COUNT, "decoder_start_token_id", "decoder_start_token_id|pad_token_id", 0, INT32_MAX, INT32_MAX },
    { 0 },
};

/* Variants: the curve of the feed-forward. A GGUF has no word for it: there the usual ones are meant. */
enum { T5_USUAL, T5_RELU, T5_TANH, T5_ERF, T5_SILU };
static ink_node *t5_relu_mul(ink_graph *g, ink_node *gate, ink_node *up) { return ink_mul(g, ink_relu(g, gate), up); }
static ink_node *(*const t5_curves[])(ink_graph *g, ink_node *x) = { [T5_USUAL] = ink_relu, [T5_TANH] = ink_gelu_tanh, [T5_ERF] = ink_gelu };
static ink_nn_gate *const t5_gates[] = { [T5_USUAL] = ink_gelu_tanh_mul, [T5_RELU] = t5_relu_mul, [T5_SILU] = ink_silu_mul };

/* As transformers reads feed_forward_proj; gelu behind a gate is the one with tanh. */
static const struct {
    const char *name;
    int curve;
} t5_words[] = { { "relu", T5_USUAL },       { "gelu", T5_ERF },        { "gelu_new", T5_TANH },    { "gelu_pytorch_tanh", T5_TANH }, { "gated-relu", T5_RELU },
                 { "gated-gelu", T5_USUAL }, { "gated-silu", T5_SILU }, { "gated-swish", T5_SILU }, { "gated-gelu_new", T5_USUAL },   { "gated-gelu_pytorch_tanh", T5_USUAL } };

static ink_status t5_curve(const ink_settings *s, int *curve, ink_err *err)
{
    const char *word = ink_json_string(ink_settings_json(s, "feed_forward_proj"), "relu");
    for (size_t i = 0; i < sizeof t5_words / sizeof *t5_words; i++)
        if (!strcmp(t5_words[i].name, word)) {
            *curve = t5_words[i].curve;
            return INK_OK;
        }
    return ink_fail(err, INK_E_UNSUPPORTED, "%s: feed_forward_proj is \"%.60s\", which inkstone does not compute; it computes relu, gelu, gelu_new, gated-relu, gated-gelu and gated-silu",
                    ink_weights_path(s->weights), word);
}

static ink_status t5_configure(const ink_settings *s, ink_config *c, ink_err *err)
{
    static const ink_setting tied[] = { { AT(tied), INK_SETTING_BOOL, NULL, "tie_word_embeddings", 0, 1, 1 }, { 0 } };
    INK_TRY(t5_curve(s, &c->variant, err));
    INK_TRY(ink_settings_read(s, t5_settings, c, err));
    INK_TRY(ink_settings_read(s, tied, c, err));
    c->tied = s->json ? c->tied : !ink_weights_find(s->weights, "output.weight");
    c->layers = c->layers ? c->layers : c->source_layers;
    c->kv_heads = c->heads;
    c->start = c->start < INT32_MAX ? c->start : 0; /* said in a GGUF even so: llama.cpp would begin otherwise */
    c->endless = true;
    return 2 * c->far > c->buckets ? INK_OK : ink_fail(err, INK_E_FORMAT, "%s: %zu buckets of distances do not fit distances up to %zu", ink_weights_path(s->weights), c->buckets, c->far);
}

static bool t5_has(const ink_json *config, const char *name)
{
    if (!strcmp(name, "lm_head.weight"))
        return !ink_json_bool(ink_json_get(config, "tie_word_embeddings"), 1);
    if (strstr(name, ".relative_attention_bias."))
        return strstr(name, ".block.0.") || !strcmp(ink_json_string(ink_json_get(config, "model_type"), ""), "umt5");
    return strstr(name, ".wi_0.") && !strncmp(ink_json_string(ink_json_get(config, "feed_forward_proj"), ""), "gated", 5);
}

static ink_node *t5_norm(ink_net *n, const ink_config *c, ink_node *x) { return ink_nn_rms_norm(n, x, "layer_norm", c->width, (float)c->eps, 0); }

static ink_node *t5_add(ink_net *n, ink_node *x, ink_node *half) { return ink_add(n->g, x, ink_nn_dropout(n, half, n->dropout)); }

static ink_node *t5_feed(ink_net *n, const ink_config *c, ink_node *x)
{
    ink_node *y = t5_norm(n, c, x);
    if (ink_net_has(n, "DenseReluDense.wi_0.weight"))
        return t5_add(n, x, ink_nn_gated(n, y, "DenseReluDense.wi_0", "DenseReluDense.wi_1", "DenseReluDense.wo", c->ffn, t5_gates[c->variant]));
    return t5_add(n, x, ink_nn_mlp(n, y, "DenseReluDense.wi", "DenseReluDense.wo", c->ffn, t5_curves[c->variant]));
}

/* The first layer's distances are those of all, but where layers have their own (UMT5). */
static ink_node *t5_self(ink_net *n, const ink_config *c, ink_node *x, ink_nn_self *self)
{
    const ink_nn_buckets buckets = { .heads = c->heads, .buckets = c->buckets, .far = c->far, .both = self->both };
    if (!self->layer || ink_net_has(n, "SelfAttention.relative_attention_bias.weight"))
        self->bias = ink_nn_distances(n, "SelfAttention.relative_attention_bias", &buckets);
    return t5_add(n, x, ink_nn_self_attention(n, t5_norm(n, c, x), self));
}

static ink_nn_cross t5_cross(const ink_config *c, size_t layer)
{
    return (ink_nn_cross){ .layer = layer, .heads = c->heads, .head_dim = c->head_dim, .scale = 1,
                           .q = "EncDecAttention.q", .k = "EncDecAttention.k", .v = "EncDecAttention.v", .o = "EncDecAttention.o" };
}

static ink_node *t5_stack(ink_net *n, const ink_config *c, const char *stack, bool reads, ink_node *ids)
{
    ink_nn_self self = { .heads = c->heads, .kv_heads = c->heads, .head_dim = c->head_dim, .scale = 1, .both = reads, .far = c->far,
                         .q = "SelfAttention.q", .k = "SelfAttention.k", .v = "SelfAttention.v", .o = "SelfAttention.o" };
    ink_net_at(n, "%s", "");
    ink_node *x = ink_nn_dropout(n, ink_nn_embedding(n, ids, "shared", c->vocab, c->width), n->dropout);
    for (size_t i = 0; i < (reads ? c->source_layers : c->layers); i++) {
        const ink_nn_cross cross = t5_cross(c, i);
        self.layer = i;
        ink_net_at(n, "%s.block.%zu.layer.0.", stack, i);
        x = t5_self(n, c, x, &self);
        ink_net_at(n, "%s.block.%zu.layer.1.", stack, i);
        x = reads ? x : t5_add(n, x, ink_nn_cross_attention(n, t5_norm(n, c, x), &cross));
        ink_net_at(n, "%s.block.%zu.layer.%d.", stack, i, reads ? 1 : 2);
        x = t5_feed(n, c, x);
    }
    ink_net_at(n, "%s.", stack);
    return ink_nn_dropout(n, ink_nn_rms_norm(n, x, "final_layer_norm", c->width, (float)c->eps, 0), n->dropout);
}

static ink_node *t5_source(ink_net *n, const ink_config *c, ink_node *ids, ink_node *positions)
{
    (void)positions;
    ink_node *x = t5_stack(n, c, "encoder", true, ids);
    for (size_t i = 0; i < c->layers; i++) {
        const ink_nn_cross cross = t5_cross(c, i);
        ink_net_at(n, "decoder.block.%zu.layer.1.", i);
        ink_nn_keep(n, x, &cross);
    }
    return x;
}

static ink_node *t5_body(ink_net *n, const ink_config *c, ink_node *ids, ink_node *positions)
{
    return (void)positions, t5_stack(n, c, "decoder", false, ids);
}

static ink_node *t5_head(ink_net *n, const ink_config *c, ink_node *x)
{
    ink_net_at(n, "%s", "");
    return ink_nn_head(n, c->tied ? ink_scale(n->g, x, 1 / sqrtf((float)c->width)) : x, c->tied ? "shared.weight" : "lm_head.weight", c->vocab);
}

const ink_architecture ink_arch_t5 = {
    .name = "t5",
    .also = (const char *const[]){ "t5encoder", NULL },
    .kinds = (const ink_kind[]){ { "t5", "umt5", "UMT5ForConditionalGeneration", "encoder.block.1.layer.0.SelfAttention.relative_attention_bias.weight" },
                                 { "t5", "t5", "T5ForConditionalGeneration" }, { "t5", "mt5", "MT5ForConditionalGeneration" }, { NULL } },
    .signs = (const ink_sign[]){ { "tie_word_embeddings", "lm_head.weight", .absent = true, .otherwise = true },
                                 { "feed_forward_proj", "encoder.block.0.layer.1.DenseReluDense.wi_0.weight", .words = { "relu", "gated-gelu" } }, { NULL } },
    .settings = (const ink_setting *const[]){ t5_settings, NULL },
    .rules = t5_rules,
    .embedding = "shared.weight",
    .has = t5_has,
    .configure = t5_configure,
    .source = t5_source,
    .body = t5_body,
    .head = t5_head,
};
