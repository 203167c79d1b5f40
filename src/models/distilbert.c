/* DistilBERT (Sanh et al. 2019): BERT with half the layers and no types. */
#include "models/encoder.h"

static const ink_name_rule distilbert_rules[] = {
    { "safetensors", "embeddings.", "distilbert.embeddings.", INK_NAME_SAME }, /* of a model without a head */
    { "safetensors", "transformer.", "distilbert.transformer.", INK_NAME_SAME },
    { NULL, NULL, NULL, INK_NAME_SAME },
};

static ink_status distilbert_configure(const ink_settings *s, ink_config *c, ink_err *err)
{
    return ink_encoder_configure(s, c, 0, err);
}

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
    .labels = &distilbert_labels,
    .encoder = true,
    .rules = distilbert_rules,
    .embedding = "distilbert.embeddings.word_embeddings.weight",
    .has = ink_encoder_has,
    .configure = distilbert_configure,
    .body = distilbert_body,
    .head = distilbert_head,
};
