/* RoBERTa (Liu et al. 2019) and XLM-R (Conneau et al. 2019): BERT with one type of tokens, whose positions begin after the padding's id. */
#include "models/encoder.h"

static const ink_name_rule roberta_rules[] = {
    INK_ENCODER_GGUF("roberta."),
    { "safetensors", "embeddings.", "roberta.embeddings.", INK_NAME_SAME }, /* of a model without a head */
    { "safetensors", "encoder.", "roberta.encoder.", INK_NAME_SAME },
    { NULL, NULL, NULL, INK_NAME_SAME },
};

static const ink_setting roberta_settings[] = {
    { offsetof(ink_config, types), INK_SETTING_COUNT, "tokenizer.ggml.token_type_count", "type_vocab_size", 1, 65536, 1 },
    { offsetof(ink_config, padding), INK_SETTING_COUNT, "tokenizer.ggml.padding_token_id", "pad_token_id", 0, 65536, 1 },
    { 0 },
};

/* What llama.cpp calls a bert has one of these from its tokenizer: it cuts words into bytes or into SentencePiece's pieces, and knows one type. */
static bool roberta_owns(const ink_weights *gguf)
{
    const ink_meta *types = ink_weights_meta(gguf, "tokenizer.ggml.token_type_count");
    return (ink_config_says(gguf, "tokenizer.ggml.model", "gpt2") || ink_config_says(gguf, "tokenizer.ggml.model", "t5")) && types && types->type == INK_META_INTEGER && types->integer == 1;
}

static ink_status roberta_configure(const ink_settings *s, ink_config *c, ink_err *err)
{
    INK_TRY(ink_settings_read(s, roberta_settings, c, err));
    return ink_encoder_configure(s, ink_encoder_settings, c, s->json ? c->padding + 1 : 0, err);
}

static ink_node *roberta_body(ink_net *n, const ink_config *c, ink_node *ids, ink_node *positions)
{
    ink_encoder_names names = ink_encoder_bert;
    names.prefix = "roberta.";
    return ink_encoder_body(n, c, &names, ids, positions);
}

static ink_node *roberta_head(ink_net *n, const ink_config *c, ink_node *x)
{
    static const ink_encoder_head_names names = { "lm_head.dense", "lm_head.layer_norm", "lm_head.decoder.weight", "lm_head.decoder.bias", "lm_head.bias", "roberta.embeddings.word_embeddings.weight" };
    return ink_encoder_head(n, c, &names, x);
}

static const ink_label_names roberta_labels = { .dense = "classifier.dense", .out = "classifier.out_proj", .act = ink_tanh, .modules = { "classifier" }, .twice = true };

const ink_architecture ink_arch_roberta = {
    .name = "roberta",
    .also = (const char *const[]){ NULL },
    .kinds = (const ink_kind[]){ { "bert", "roberta", "RobertaModel", .tokenizer = "gpt2" }, { "bert", "xlm-roberta", "XLMRobertaModel" }, { "bert", "camembert", "CamembertModel" }, { NULL } },
    .owns = roberta_owns,
    .late = "roberta.embeddings.position_embeddings.weight",
    .settings = (const ink_setting *const[]){ ink_encoder_settings, roberta_settings, NULL },
    .labels = &roberta_labels,
    .encoder = true,
    .rules = roberta_rules,
    .embedding = "roberta.embeddings.word_embeddings.weight",
    .has = ink_encoder_has,
    .configure = roberta_configure,
    .body = roberta_body,
    .head = roberta_head,
};
