/* BERT (Devlin et al. 2018): an encoder; its head says which word is masked. Sentence encoders have none. */
#include "models/encoder.h"

static const ink_name_rule bert_rules[] = {
    INK_ENCODER_GGUF("bert."),
    { "safetensors", "embeddings.", "bert.embeddings.", INK_NAME_SAME }, /* of a model without a head */
    { "safetensors", "encoder.", "bert.encoder.", INK_NAME_SAME },
    { "safetensors", "pooler.", "bert.pooler.", INK_NAME_SAME },
    { NULL, NULL, NULL, INK_NAME_SAME },
};

static const ink_setting bert_settings[] = {
    { offsetof(ink_config, types), INK_SETTING_COUNT, "tokenizer.ggml.token_type_count", "type_vocab_size", 1, 65536, 2 },
    { offsetof(ink_config, padding), INK_SETTING_COUNT, "tokenizer.ggml.padding_token_id", "pad_token_id", 0, INK_CONFIG_MOST, 0 },
    { 0 },
};

static ink_status bert_configure(const ink_settings *s, ink_config *c, ink_err *err)
{
    INK_TRY(ink_settings_read(s, bert_settings, c, err));
    return ink_encoder_configure(s, ink_encoder_settings, c, 0, err);
}

static ink_node *bert_body(ink_net *n, const ink_config *c, ink_node *ids, ink_node *positions) { return ink_encoder_body(n, c, &ink_encoder_bert, ids, positions); }

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
    .settings = (const ink_setting *const[]){ ink_encoder_settings, bert_settings, NULL },
    .labels = &bert_labels,
    .encoder = true,
    .rules = bert_rules,
    .embedding = "bert.embeddings.word_embeddings.weight",
    .has = ink_encoder_has,
    .configure = bert_configure,
    .body = bert_body,
    .head = bert_head,
};
