/* What decoders of Llama's build share: names, settings, and the way from ids to logits. A family's file says what its blocks do. */
#ifndef INK_MODELS_DECODER_H
#define INK_MODELS_DECODER_H

#include "models/config.h"

#include <string.h>

extern const ink_name_rule ink_decoder_rules[];   /* rows stay where they are; a family that has them otherwise says so first */
extern const ink_setting ink_decoder_settings[];
extern const ink_setting ink_expert_settings[];

/* The decoder's settings (and `more`, unless NULL), with what follows from them; then rotary positions. */
ink_status ink_decoder_configure(const ink_settings *s, const ink_setting *more, ink_config *c, ink_err *err);

typedef ink_node *ink_decoder_block(ink_net *n, const ink_config *c, ink_node *x, ink_node *angles, size_t layer);
/* The blocks of model.layers.*, one after the other, over model.embed_tokens; the prefix is set to each. */
ink_node *ink_decoder_body(ink_net *n, const ink_config *c, ink_node *ids, ink_node *positions, ink_decoder_block *block);
/* The same with Llama's own block. */
ink_node *ink_decoder_plain(ink_net *n, const ink_config *c, ink_node *ids, ink_node *positions);
ink_node *ink_decoder_mlp(ink_net *n, const ink_config *c, ink_node *x); /* mlp.gate_proj, mlp.up_proj, mlp.down_proj */
/* model.norm, then lm_head or the embedding again. */
ink_node *ink_decoder_head(ink_net *n, const ink_config *c, ink_node *x);
/* The head of a model whose norm is made already: `own` where the file has it, else `tied`. */
ink_node *ink_decoder_logits(ink_net *n, const ink_config *c, ink_node *x, const char *own, const char *tied);

/* What blocks of Llama's build hand to ink_nn_self_attention, for a family to change. */
ink_nn_self ink_decoder_self(const ink_config *c, ink_node *angles, size_t layer);
/* x + attention(norm x), then + mlp(norm of that), with the names that most families use. */
ink_node *ink_decoder_residuals(ink_net *n, const ink_config *c, ink_node *x, const ink_nn_self *self, ink_node *(*mlp)(ink_net *n, const ink_config *c, ink_node *x));

/* Whether a new model has this optional tensor, by the signs of the architecture (ink_sign): its entry in config.json. */
bool ink_decoder_signed(const ink_sign *signs, const ink_json *config, const char *name);

#endif
