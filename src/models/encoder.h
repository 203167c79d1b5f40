/* What BERT and its kin share: embeddings with a norm, blocks that norm after each half, rows that see all of their sequence. */
#ifndef INK_MODELS_ENCODER_H
#define INK_MODELS_ENCODER_H

#include "models/config.h"

typedef struct ink_encoder_names { /* after the prefix; layers with their number */
    const char *prefix;            /* "bert." */
    const char *types;             /* the table of types, or NULL */
    const char *layer;             /* "encoder.layer.%zu." */
    const char *query, *key, *value, *out, *attention_norm, *up, *down, *norm;
} ink_encoder_names;
extern const ink_encoder_names ink_encoder_bert; /* with BERT's prefix */

ink_node *ink_encoder_body(ink_net *n, const ink_config *c, const ink_encoder_names *names, ink_node *ids, ink_node *positions);
/* act(W x + b) and a norm, then the table of tokens with a bias of its own: which word is masked. */
typedef struct ink_encoder_head_names {
    const char *dense, *norm, *decoder, *decoder_bias, *bias, *embedding; /* whole names; a decoder that is not there is the embedding, its bias the other */
} ink_encoder_head_names;
bool ink_encoder_has(const ink_json *config, const char *name); /* of a new one, as ink_architecture.has */
ink_node *ink_encoder_head(ink_net *n, const ink_config *c, const ink_encoder_head_names *names, ink_node *x);
/* Numbers as BERT's config.json and GGUF name them, or as the family's own table does; the first position of a sequence. */
extern const ink_setting ink_encoder_settings[];
ink_status ink_encoder_configure(const ink_settings *s, const ink_setting *table, ink_config *c, size_t first, ink_err *err);

/* BERT's tensors in a GGUF, for a model whose names begin so. */
#define INK_ENCODER_GGUF(prefix) \
    { "gguf", "token_embd.weight", prefix "embeddings.word_embeddings.weight", INK_NAME_SAME }, \
    { "gguf", "token_types.weight", prefix "embeddings.token_type_embeddings.weight", INK_NAME_SAME }, \
    { "gguf", "position_embd.weight", prefix "embeddings.position_embeddings.weight", INK_NAME_SAME }, \
    { "gguf", "token_embd_norm.", prefix "embeddings.LayerNorm.", INK_NAME_SAME }, \
    { "gguf", "blk.*.attn_q.", prefix "encoder.layer.*.attention.self.query.", INK_NAME_SAME }, \
    { "gguf", "blk.*.attn_k.", prefix "encoder.layer.*.attention.self.key.", INK_NAME_SAME }, \
    { "gguf", "blk.*.attn_v.", prefix "encoder.layer.*.attention.self.value.", INK_NAME_SAME }, \
    { "gguf", "blk.*.attn_output.", prefix "encoder.layer.*.attention.output.dense.", INK_NAME_SAME }, \
    { "gguf", "blk.*.attn_output_norm.", prefix "encoder.layer.*.attention.output.LayerNorm.", INK_NAME_SAME }, \
    { "gguf", "blk.*.ffn_up.", prefix "encoder.layer.*.intermediate.dense.", INK_NAME_SAME }, \
    { "gguf", "blk.*.ffn_down.", prefix "encoder.layer.*.output.dense.", INK_NAME_SAME }, \
    { "gguf", "blk.*.layer_output_norm.", prefix "encoder.layer.*.output.LayerNorm.", INK_NAME_SAME }

#endif
