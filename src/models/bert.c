/* BERT (Devlin et al. 2018): an encoder; its head says which word is masked. Sentence encoders have none. */
#include "models/encoder.h"

static const ink_name_rule bert_rules[] = {
    { "gguf", "token_embd.weight", "bert.embeddings.word_embeddings.weight", INK_NAME_SAME },
    { "gguf", "token_types.weight", "bert.embeddings.token_type_embeddings.weight", INK_NAME_SAME },
    { "gguf", "position_embd.weight", "bert.embeddings.position_embeddings.weight", INK_NAME_SAME },
    { "gguf", "token_embd_norm.", "bert.embeddings.LayerNorm.", INK_NAME_SAME },
    { "gguf", "blk.*.attn_q.", "bert.encoder.layer.*.attention.self.query.", INK_NAME_SAME },
    { "gguf", "blk.*.attn_k.", "bert.encoder.layer.*.attention.self.key.", INK_NAME_SAME },
    { "gguf", "blk.*.attn_v.", "bert.encoder.layer.*.attention.self.value.", INK_NAME_SAME },
    { "gguf", "blk.*.attn_output.", "bert.encoder.layer.*.attention.output.dense.", INK_NAME_SAME },
    { "gguf", "blk.*.attn_output_norm.", "bert.encoder.layer.*.attention.output.LayerNorm.", INK_NAME_SAME },
    { "gguf", "blk.*.ffn_up.", "bert.encoder.layer.*.intermediate.dense.", INK_NAME_SAME },
    { "gguf", "blk.*.ffn_down.", "bert.encoder.layer.*.output.dense.", INK_NAME_SAME },
    { "gguf", "blk.*.layer_output_norm.", "bert.encoder.layer.*.output.LayerNorm.", INK_NAME_SAME },
    { "safetensors", "embeddings.", "bert.embeddings.", INK_NAME_SAME }, /* of a model without a head */
    { "safetensors", "encoder.", "bert.encoder.", INK_NAME_SAME },
    { "safetensors", "pooler.", "bert.pooler.", INK_NAME_SAME },
    { NULL, NULL, NULL, INK_NAME_SAME },
};

static const ink_setting bert_types[] = { { offsetof(ink_config, types), INK_SETTING_COUNT, "tokenizer.ggml.token_type_count", "type_vocab_size", 1, 65536, 2 }, { 0, 0, NULL, NULL, 0, 0, 0 } };

static ink_status bert_configure(const ink_settings *s, ink_config *c, ink_err *err)
{
    INK_TRY(ink_settings_read(s, bert_types, c, err));
    return ink_encoder_configure(s, c, 0, err);
}

static ink_node *bert_body(ink_net *n, const ink_config *c, ink_node *ids, ink_node *positions)
{
    ink_encoder_names names = ink_encoder_bert;
    ink_net_at(n, "%sembeddings.", names.prefix);
    if (c->types == 1 && !ink_net_has(n, "token_type_embeddings.weight")) /* DistilBERT in a GGUF */
        names.types = NULL;
    return ink_encoder_body(n, c, &names, ids, positions);
}

static ink_node *bert_head(ink_net *n, const ink_config *c, ink_node *x)
{
    static const ink_encoder_head_names names = { "cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", "cls.predictions.decoder.weight", "cls.predictions.decoder.bias", "cls.predictions.bias",
                                                  "bert.embeddings.word_embeddings.weight" };
    return ink_encoder_head(n, c, &names, x);
}

static const ink_label_names bert_labels = { .dense = "bert.pooler.dense", .out = "classifier", .act = ink_tanh, .modules = { "pooler.dense", "classifier" } };

const ink_architecture ink_arch_bert = {
    .name = "bert",
    .also = (const char *const[]){ NULL },
    .kinds = (const ink_kind[]){ { "bert", "bert", "BertModel" }, { NULL } },
    .settings = (const ink_setting *const[]){ ink_encoder_settings, bert_types, NULL },
    .labels = &bert_labels,
    .encoder = true,
    .rules = bert_rules,
    .embedding = "bert.embeddings.word_embeddings.weight",
    .has = ink_encoder_has,
    .configure = bert_configure,
    .body = bert_body,
    .head = bert_head,
};
