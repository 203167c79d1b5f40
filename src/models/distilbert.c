/* DistilBERT (Sanh et al. 2019): BERT with half the layers and no types. */
#include "models/encoder.h"

static const ink_name_rule distilbert_rules[] = {
    { "gguf", "token_embd.weight", "distilbert.embeddings.word_embeddings.weight", INK_NAME_SAME },
    { "gguf", "position_embd.weight", "distilbert.embeddings.position_embeddings.weight", INK_NAME_SAME },
    { "gguf", "token_embd_norm.", "distilbert.embeddings.LayerNorm.", INK_NAME_SAME },
    { "gguf", "blk.*.attn_q.", "distilbert.transformer.layer.*.attention.q_lin.", INK_NAME_SAME },
    { "gguf", "blk.*.attn_k.", "distilbert.transformer.layer.*.attention.k_lin.", INK_NAME_SAME },
    { "gguf", "blk.*.attn_v.", "distilbert.transformer.layer.*.attention.v_lin.", INK_NAME_SAME },
    { "gguf", "blk.*.attn_output.", "distilbert.transformer.layer.*.attention.out_lin.", INK_NAME_SAME },
    { "gguf", "blk.*.attn_output_norm.", "distilbert.transformer.layer.*.sa_layer_norm.", INK_NAME_SAME },
    { "gguf", "blk.*.ffn_up.", "distilbert.transformer.layer.*.ffn.lin1.", INK_NAME_SAME },
    { "gguf", "blk.*.ffn_down.", "distilbert.transformer.layer.*.ffn.lin2.", INK_NAME_SAME },
    { "gguf", "blk.*.layer_output_norm.", "distilbert.transformer.layer.*.output_layer_norm.", INK_NAME_SAME },
    { "safetensors", "embeddings.", "distilbert.embeddings.", INK_NAME_SAME }, /* of a model without a head */
    { "safetensors", "transformer.", "distilbert.transformer.", INK_NAME_SAME },
    { NULL, NULL, NULL, INK_NAME_SAME },
};

#define AT(field) offsetof(ink_config, field)
static const ink_setting distilbert_settings[] = {
    { AT(layers), INK_SETTING_COUNT, "block_count", "n_layers|num_hidden_layers", 1, 4096, INK_REQUIRED },
    { AT(width), INK_SETTING_COUNT, "embedding_length", "dim|hidden_size", 1, INK_CONFIG_MOST, INK_REQUIRED },
    { AT(heads), INK_SETTING_COUNT, "attention.head_count", "n_heads|num_attention_heads", 1, 65536, INK_REQUIRED },
    { AT(ffn), INK_SETTING_COUNT, "feed_forward_length", "hidden_dim", 1, INK_CONFIG_MOST, INK_REQUIRED },
    { AT(context), INK_SETTING_COUNT, "context_length", "max_position_embeddings", 1, INK_CONFIG_MOST, INK_REQUIRED },
    { AT(eps), INK_SETTING_REAL, "attention.layer_norm_epsilon", NULL, 0, 1, 1e-12 },
    { AT(types), INK_SETTING_COUNT, "tokenizer.ggml.token_type_count", NULL, 1, 1, 1 },
    { AT(padding), INK_SETTING_COUNT, "tokenizer.ggml.padding_token_id", "pad_token_id", 0, INK_CONFIG_MOST, 0 },
    { 0 },
};
#undef AT

/* What llama.cpp calls a bert is this one where nothing tells types of tokens apart. */
static bool distilbert_owns(const ink_weights *gguf) { return !ink_weights_find(gguf, "token_types.weight"); }

static ink_status distilbert_configure(const ink_settings *s, ink_config *c, ink_err *err) { return ink_encoder_configure(s, distilbert_settings, c, 0, err); }

static ink_node *distilbert_body(ink_net *n, const ink_config *c, ink_node *ids, ink_node *positions)
{
    static const ink_encoder_names names = { .prefix = "distilbert.", .layer = "transformer.layer.%zu.", .query = "attention.q_lin", .key = "attention.k_lin", .value = "attention.v_lin",
                                             .out = "attention.out_lin", .attention_norm = "sa_layer_norm", .up = "ffn.lin1", .down = "ffn.lin2", .norm = "output_layer_norm" };
    return ink_encoder_body(n, c, &names, ids, positions);
}

static ink_node *distilbert_head(ink_net *n, const ink_config *c, ink_node *x)
{
    static const ink_encoder_head_names names = { "vocab_transform", "vocab_layer_norm", "vocab_projector.weight", "vocab_projector.bias", "vocab_projector.bias", "distilbert.embeddings.word_embeddings.weight" };
    return ink_encoder_head(n, c, &names, x);
}

static ink_node *distilbert_act(ink_graph *g, ink_node *x) { return ink_leaky_relu(g, x, 0); }
static const ink_label_names distilbert_labels = { .dense = "pre_classifier", .out = "classifier", .act = distilbert_act, .modules = { "pre_classifier", "classifier" } };

const ink_architecture ink_arch_distilbert = {
    .name = "distilbert",
    .also = (const char *const[]){ NULL },
    .kinds = (const ink_kind[]){ { "bert", "distilbert", "DistilBertModel" }, { NULL } },
    .owns = distilbert_owns,
    .settings = (const ink_setting *const[]){ distilbert_settings, NULL },
    .labels = &distilbert_labels,
    .encoder = true,
    .rules = distilbert_rules,
    .embedding = "distilbert.embeddings.word_embeddings.weight",
    .has = ink_encoder_has,
    .configure = distilbert_configure,
    .body = distilbert_body,
    .head = distilbert_head,
};
