/* What the original implementation of VITS calls its tensors (and all that grew from it: piper, VITS-fast-fine-tuning), in
   Hugging Face's words. Its flows count the reversals between couplings as layers of their own. */
#include "models/vits.h"

#define VITS_ORIGINAL(RULE)                                                                                                                           \
    RULE("enc_p.emb.weight", "text_encoder.embed_tokens.weight")                                                                                      \
    RULE("enc_p.encoder.attn_layers.*.conv_q.", "text_encoder.encoder.layers.*.attention.q_proj.")                                                    \
    RULE("enc_p.encoder.attn_layers.*.conv_k.", "text_encoder.encoder.layers.*.attention.k_proj.")                                                    \
    RULE("enc_p.encoder.attn_layers.*.conv_v.", "text_encoder.encoder.layers.*.attention.v_proj.")                                                    \
    RULE("enc_p.encoder.attn_layers.*.conv_o.", "text_encoder.encoder.layers.*.attention.out_proj.")                                                  \
    RULE("enc_p.encoder.attn_layers.*.emb_rel_k", "text_encoder.encoder.layers.*.attention.emb_rel_k")                                                \
    RULE("enc_p.encoder.attn_layers.*.emb_rel_v", "text_encoder.encoder.layers.*.attention.emb_rel_v")                                                \
    RULE("enc_p.encoder.norm_layers_1.*.gamma", "text_encoder.encoder.layers.*.layer_norm.weight")                                                    \
    RULE("enc_p.encoder.norm_layers_1.*.beta", "text_encoder.encoder.layers.*.layer_norm.bias")                                                       \
    RULE("enc_p.encoder.norm_layers_2.*.gamma", "text_encoder.encoder.layers.*.final_layer_norm.weight")                                              \
    RULE("enc_p.encoder.norm_layers_2.*.beta", "text_encoder.encoder.layers.*.final_layer_norm.bias")                                                 \
    RULE("enc_p.encoder.ffn_layers.*.conv_1.", "text_encoder.encoder.layers.*.feed_forward.conv_1.")                                                  \
    RULE("enc_p.encoder.ffn_layers.*.conv_2.", "text_encoder.encoder.layers.*.feed_forward.conv_2.")                                                  \
    RULE("enc_p.proj.", "text_encoder.project.")                                                                                                      \
    RULE("dp.convs.convs_sep.*.", "duration_predictor.conv_dds.convs_dilated.*.")                                                                     \
    RULE("dp.convs.convs_1x1.*.", "duration_predictor.conv_dds.convs_pointwise.*.")                                                                   \
    RULE("dp.convs.norms_1.*.gamma", "duration_predictor.conv_dds.norms_1.*.weight")                                                                  \
    RULE("dp.convs.norms_1.*.beta", "duration_predictor.conv_dds.norms_1.*.bias")                                                                     \
    RULE("dp.convs.norms_2.*.gamma", "duration_predictor.conv_dds.norms_2.*.weight")                                                                  \
    RULE("dp.convs.norms_2.*.beta", "duration_predictor.conv_dds.norms_2.*.bias")                                                                     \
    RULE("dp.post_convs.convs_sep.*.", "duration_predictor.post_conv_dds.convs_dilated.*.")                                                           \
    RULE("dp.post_convs.convs_1x1.*.", "duration_predictor.post_conv_dds.convs_pointwise.*.")                                                         \
    RULE("dp.post_convs.norms_1.*.gamma", "duration_predictor.post_conv_dds.norms_1.*.weight")                                                        \
    RULE("dp.post_convs.norms_1.*.beta", "duration_predictor.post_conv_dds.norms_1.*.bias")                                                           \
    RULE("dp.post_convs.norms_2.*.gamma", "duration_predictor.post_conv_dds.norms_2.*.weight")                                                        \
    RULE("dp.post_convs.norms_2.*.beta", "duration_predictor.post_conv_dds.norms_2.*.bias")                                                           \
    RULE("dp.pre.", "duration_predictor.conv_pre.")                                                                                                   \
    RULE("dp.proj.", "duration_predictor.conv_proj.")                                                                                                 \
    RULE("dp.cond.", "duration_predictor.cond.")                                                                                                      \
    RULE("dp.post_pre.", "duration_predictor.post_conv_pre.")                                                                                         \
    RULE("dp.post_proj.", "duration_predictor.post_conv_proj.")                                                                                       \
    RULE("dp.flows.0.m", "duration_predictor.flows.0.translate")                                                                                      \
    RULE("dp.flows.0.logs", "duration_predictor.flows.0.log_scale")                                                                                   \
    RULE("dp.flows.1.convs.convs_sep.*.", "duration_predictor.flows.1.conv_dds.convs_dilated.*.")                                                     \
    RULE("dp.flows.1.convs.convs_1x1.*.", "duration_predictor.flows.1.conv_dds.convs_pointwise.*.")                                                   \
    RULE("dp.flows.1.convs.norms_1.*.gamma", "duration_predictor.flows.1.conv_dds.norms_1.*.weight")                                                  \
    RULE("dp.flows.1.convs.norms_1.*.beta", "duration_predictor.flows.1.conv_dds.norms_1.*.bias")                                                     \
    RULE("dp.flows.1.convs.norms_2.*.gamma", "duration_predictor.flows.1.conv_dds.norms_2.*.weight")                                                  \
    RULE("dp.flows.1.convs.norms_2.*.beta", "duration_predictor.flows.1.conv_dds.norms_2.*.bias")                                                     \
    RULE("dp.flows.1.pre.", "duration_predictor.flows.1.conv_pre.")                                                                                   \
    RULE("dp.flows.1.proj.", "duration_predictor.flows.1.conv_proj.")                                                                                 \
    RULE("dp.flows.3.convs.convs_sep.*.", "duration_predictor.flows.2.conv_dds.convs_dilated.*.")                                                     \
    RULE("dp.flows.3.convs.convs_1x1.*.", "duration_predictor.flows.2.conv_dds.convs_pointwise.*.")                                                   \
    RULE("dp.flows.3.convs.norms_1.*.gamma", "duration_predictor.flows.2.conv_dds.norms_1.*.weight")                                                  \
    RULE("dp.flows.3.convs.norms_1.*.beta", "duration_predictor.flows.2.conv_dds.norms_1.*.bias")                                                     \
    RULE("dp.flows.3.convs.norms_2.*.gamma", "duration_predictor.flows.2.conv_dds.norms_2.*.weight")                                                  \
    RULE("dp.flows.3.convs.norms_2.*.beta", "duration_predictor.flows.2.conv_dds.norms_2.*.bias")                                                     \
    RULE("dp.flows.3.pre.", "duration_predictor.flows.2.conv_pre.")                                                                                   \
    RULE("dp.flows.3.proj.", "duration_predictor.flows.2.conv_proj.")                                                                                 \
    RULE("dp.flows.5.convs.convs_sep.*.", "duration_predictor.flows.3.conv_dds.convs_dilated.*.")                                                     \
    RULE("dp.flows.5.convs.convs_1x1.*.", "duration_predictor.flows.3.conv_dds.convs_pointwise.*.")                                                   \
    RULE("dp.flows.5.convs.norms_1.*.gamma", "duration_predictor.flows.3.conv_dds.norms_1.*.weight")                                                  \
    RULE("dp.flows.5.convs.norms_1.*.beta", "duration_predictor.flows.3.conv_dds.norms_1.*.bias")                                                     \
    RULE("dp.flows.5.convs.norms_2.*.gamma", "duration_predictor.flows.3.conv_dds.norms_2.*.weight")                                                  \
    RULE("dp.flows.5.convs.norms_2.*.beta", "duration_predictor.flows.3.conv_dds.norms_2.*.bias")                                                     \
    RULE("dp.flows.5.pre.", "duration_predictor.flows.3.conv_pre.")                                                                                   \
    RULE("dp.flows.5.proj.", "duration_predictor.flows.3.conv_proj.")                                                                                 \
    RULE("dp.flows.7.convs.convs_sep.*.", "duration_predictor.flows.4.conv_dds.convs_dilated.*.")                                                     \
    RULE("dp.flows.7.convs.convs_1x1.*.", "duration_predictor.flows.4.conv_dds.convs_pointwise.*.")                                                   \
    RULE("dp.flows.7.convs.norms_1.*.gamma", "duration_predictor.flows.4.conv_dds.norms_1.*.weight")                                                  \
    RULE("dp.flows.7.convs.norms_1.*.beta", "duration_predictor.flows.4.conv_dds.norms_1.*.bias")                                                     \
    RULE("dp.flows.7.convs.norms_2.*.gamma", "duration_predictor.flows.4.conv_dds.norms_2.*.weight")                                                  \
    RULE("dp.flows.7.convs.norms_2.*.beta", "duration_predictor.flows.4.conv_dds.norms_2.*.bias")                                                     \
    RULE("dp.flows.7.pre.", "duration_predictor.flows.4.conv_pre.")                                                                                   \
    RULE("dp.flows.7.proj.", "duration_predictor.flows.4.conv_proj.")                                                                                 \
    RULE("dp.post_flows.0.m", "duration_predictor.post_flows.0.translate")                                                                            \
    RULE("dp.post_flows.0.logs", "duration_predictor.post_flows.0.log_scale")                                                                         \
    RULE("dp.post_flows.1.convs.convs_sep.*.", "duration_predictor.post_flows.1.conv_dds.convs_dilated.*.")                                           \
    RULE("dp.post_flows.1.convs.convs_1x1.*.", "duration_predictor.post_flows.1.conv_dds.convs_pointwise.*.")                                         \
    RULE("dp.post_flows.1.convs.norms_1.*.gamma", "duration_predictor.post_flows.1.conv_dds.norms_1.*.weight")                                        \
    RULE("dp.post_flows.1.convs.norms_1.*.beta", "duration_predictor.post_flows.1.conv_dds.norms_1.*.bias")                                           \
    RULE("dp.post_flows.1.convs.norms_2.*.gamma", "duration_predictor.post_flows.1.conv_dds.norms_2.*.weight")                                        \
    RULE("dp.post_flows.1.convs.norms_2.*.beta", "duration_predictor.post_flows.1.conv_dds.norms_2.*.bias")                                           \
    RULE("dp.post_flows.1.pre.", "duration_predictor.post_flows.1.conv_pre.")                                                                         \
    RULE("dp.post_flows.1.proj.", "duration_predictor.post_flows.1.conv_proj.")                                                                       \
    RULE("dp.post_flows.3.convs.convs_sep.*.", "duration_predictor.post_flows.2.conv_dds.convs_dilated.*.")                                           \
    RULE("dp.post_flows.3.convs.convs_1x1.*.", "duration_predictor.post_flows.2.conv_dds.convs_pointwise.*.")                                         \
    RULE("dp.post_flows.3.convs.norms_1.*.gamma", "duration_predictor.post_flows.2.conv_dds.norms_1.*.weight")                                        \
    RULE("dp.post_flows.3.convs.norms_1.*.beta", "duration_predictor.post_flows.2.conv_dds.norms_1.*.bias")                                           \
    RULE("dp.post_flows.3.convs.norms_2.*.gamma", "duration_predictor.post_flows.2.conv_dds.norms_2.*.weight")                                        \
    RULE("dp.post_flows.3.convs.norms_2.*.beta", "duration_predictor.post_flows.2.conv_dds.norms_2.*.bias")                                           \
    RULE("dp.post_flows.3.pre.", "duration_predictor.post_flows.2.conv_pre.")                                                                         \
    RULE("dp.post_flows.3.proj.", "duration_predictor.post_flows.2.conv_proj.")                                                                       \
    RULE("dp.post_flows.5.convs.convs_sep.*.", "duration_predictor.post_flows.3.conv_dds.convs_dilated.*.")                                           \
    RULE("dp.post_flows.5.convs.convs_1x1.*.", "duration_predictor.post_flows.3.conv_dds.convs_pointwise.*.")                                         \
    RULE("dp.post_flows.5.convs.norms_1.*.gamma", "duration_predictor.post_flows.3.conv_dds.norms_1.*.weight")                                        \
    RULE("dp.post_flows.5.convs.norms_1.*.beta", "duration_predictor.post_flows.3.conv_dds.norms_1.*.bias")                                           \
    RULE("dp.post_flows.5.convs.norms_2.*.gamma", "duration_predictor.post_flows.3.conv_dds.norms_2.*.weight")                                        \
    RULE("dp.post_flows.5.convs.norms_2.*.beta", "duration_predictor.post_flows.3.conv_dds.norms_2.*.bias")                                           \
    RULE("dp.post_flows.5.pre.", "duration_predictor.post_flows.3.conv_pre.")                                                                         \
    RULE("dp.post_flows.5.proj.", "duration_predictor.post_flows.3.conv_proj.")                                                                       \
    RULE("dp.post_flows.7.convs.convs_sep.*.", "duration_predictor.post_flows.4.conv_dds.convs_dilated.*.")                                           \
    RULE("dp.post_flows.7.convs.convs_1x1.*.", "duration_predictor.post_flows.4.conv_dds.convs_pointwise.*.")                                         \
    RULE("dp.post_flows.7.convs.norms_1.*.gamma", "duration_predictor.post_flows.4.conv_dds.norms_1.*.weight")                                        \
    RULE("dp.post_flows.7.convs.norms_1.*.beta", "duration_predictor.post_flows.4.conv_dds.norms_1.*.bias")                                           \
    RULE("dp.post_flows.7.convs.norms_2.*.gamma", "duration_predictor.post_flows.4.conv_dds.norms_2.*.weight")                                        \
    RULE("dp.post_flows.7.convs.norms_2.*.beta", "duration_predictor.post_flows.4.conv_dds.norms_2.*.bias")                                           \
    RULE("dp.post_flows.7.pre.", "duration_predictor.post_flows.4.conv_pre.")                                                                         \
    RULE("dp.post_flows.7.proj.", "duration_predictor.post_flows.4.conv_proj.")                                                                       \
    RULE("dp.conv_1.", "duration_predictor.conv_1.")                                                                                                  \
    RULE("dp.norm_1.gamma", "duration_predictor.norm_1.weight")                                                                                       \
    RULE("dp.norm_1.beta", "duration_predictor.norm_1.bias")                                                                                          \
    RULE("dp.conv_2.", "duration_predictor.conv_2.")                                                                                                  \
    RULE("dp.norm_2.gamma", "duration_predictor.norm_2.weight")                                                                                       \
    RULE("dp.norm_2.beta", "duration_predictor.norm_2.bias")                                                                                          \
    RULE("dp.proj.", "duration_predictor.proj.")                                                                                                      \
    RULE("flow.flows.0.pre.", "flow.flows.0.conv_pre.")                                                                                               \
    RULE("flow.flows.0.post.", "flow.flows.0.conv_post.")                                                                                             \
    RULE("flow.flows.0.enc.", "flow.flows.0.wavenet.")                                                                                                \
    RULE("flow.flows.2.pre.", "flow.flows.1.conv_pre.")                                                                                               \
    RULE("flow.flows.2.post.", "flow.flows.1.conv_post.")                                                                                             \
    RULE("flow.flows.2.enc.", "flow.flows.1.wavenet.")                                                                                                \
    RULE("flow.flows.4.pre.", "flow.flows.2.conv_pre.")                                                                                               \
    RULE("flow.flows.4.post.", "flow.flows.2.conv_post.")                                                                                             \
    RULE("flow.flows.4.enc.", "flow.flows.2.wavenet.")                                                                                                \
    RULE("flow.flows.6.pre.", "flow.flows.3.conv_pre.")                                                                                               \
    RULE("flow.flows.6.post.", "flow.flows.3.conv_post.")                                                                                             \
    RULE("flow.flows.6.enc.", "flow.flows.3.wavenet.")                                                                                                \
    RULE("enc_q.pre.", "posterior_encoder.conv_pre.")                                                                                                 \
    RULE("enc_q.proj.", "posterior_encoder.conv_proj.")                                                                                               \
    RULE("enc_q.enc.", "posterior_encoder.wavenet.")                                                                                                  \
    RULE("dec.ups.", "decoder.upsampler.")                                                                                                            \
    RULE("dec.", "decoder.")                                                                                                                          \
    RULE("emb_g.weight", "embed_speaker.weight")

/* What coqui calls them; its flows count couplings alone. */
#define VITS_COQUI(RULE)                                                                                                                              \
    RULE("text_encoder.emb.weight", "text_encoder.embed_tokens.weight")                                                                               \
    RULE("text_encoder.proj.", "text_encoder.project.")                                                                                               \
    RULE("text_encoder.encoder.attn_layers.*.conv_q.", "text_encoder.encoder.layers.*.attention.q_proj.")                                             \
    RULE("text_encoder.encoder.attn_layers.*.conv_k.", "text_encoder.encoder.layers.*.attention.k_proj.")                                             \
    RULE("text_encoder.encoder.attn_layers.*.conv_v.", "text_encoder.encoder.layers.*.attention.v_proj.")                                             \
    RULE("text_encoder.encoder.attn_layers.*.conv_o.", "text_encoder.encoder.layers.*.attention.out_proj.")                                           \
    RULE("text_encoder.encoder.attn_layers.*.emb_rel_k", "text_encoder.encoder.layers.*.attention.emb_rel_k")                                         \
    RULE("text_encoder.encoder.attn_layers.*.emb_rel_v", "text_encoder.encoder.layers.*.attention.emb_rel_v")                                         \
    RULE("text_encoder.encoder.norm_layers_1.*.gamma", "text_encoder.encoder.layers.*.layer_norm.weight")                                             \
    RULE("text_encoder.encoder.norm_layers_1.*.beta", "text_encoder.encoder.layers.*.layer_norm.bias")                                                \
    RULE("text_encoder.encoder.norm_layers_2.*.gamma", "text_encoder.encoder.layers.*.final_layer_norm.weight")                                       \
    RULE("text_encoder.encoder.norm_layers_2.*.beta", "text_encoder.encoder.layers.*.final_layer_norm.bias")                                          \
    RULE("text_encoder.encoder.ffn_layers.*.conv_1.", "text_encoder.encoder.layers.*.feed_forward.conv_1.")                                           \
    RULE("text_encoder.encoder.ffn_layers.*.conv_2.", "text_encoder.encoder.layers.*.feed_forward.conv_2.")                                           \
    RULE("duration_predictor.convs.convs_sep.*.", "duration_predictor.conv_dds.convs_dilated.*.")                                                     \
    RULE("duration_predictor.convs.convs_1x1.*.", "duration_predictor.conv_dds.convs_pointwise.*.")                                                   \
    RULE("duration_predictor.convs.norms_1.*.gamma", "duration_predictor.conv_dds.norms_1.*.weight")                                                  \
    RULE("duration_predictor.convs.norms_1.*.beta", "duration_predictor.conv_dds.norms_1.*.bias")                                                     \
    RULE("duration_predictor.convs.norms_2.*.gamma", "duration_predictor.conv_dds.norms_2.*.weight")                                                  \
    RULE("duration_predictor.convs.norms_2.*.beta", "duration_predictor.conv_dds.norms_2.*.bias")                                                     \
    RULE("duration_predictor.pre.", "duration_predictor.conv_pre.")                                                                                   \
    RULE("duration_predictor.proj.", "duration_predictor.conv_proj.")                                                                                 \
    RULE("duration_predictor.flows.0.translation", "duration_predictor.flows.0.translate")                                                            \
    RULE("duration_predictor.flows.*.convs.convs_sep.*.", "duration_predictor.flows.*.conv_dds.convs_dilated.*.")                                     \
    RULE("duration_predictor.flows.*.convs.convs_1x1.*.", "duration_predictor.flows.*.conv_dds.convs_pointwise.*.")                                   \
    RULE("duration_predictor.flows.*.convs.norms_1.*.gamma", "duration_predictor.flows.*.conv_dds.norms_1.*.weight")                                  \
    RULE("duration_predictor.flows.*.convs.norms_1.*.beta", "duration_predictor.flows.*.conv_dds.norms_1.*.bias")                                     \
    RULE("duration_predictor.flows.*.convs.norms_2.*.gamma", "duration_predictor.flows.*.conv_dds.norms_2.*.weight")                                  \
    RULE("duration_predictor.flows.*.convs.norms_2.*.beta", "duration_predictor.flows.*.conv_dds.norms_2.*.bias")                                     \
    RULE("duration_predictor.flows.*.pre.", "duration_predictor.flows.*.conv_pre.")                                                                   \
    RULE("duration_predictor.flows.*.proj.", "duration_predictor.flows.*.conv_proj.")                                                                 \
    RULE("duration_predictor.post_convs.convs_sep.*.", "duration_predictor.post_conv_dds.convs_dilated.*.")                                           \
    RULE("duration_predictor.post_convs.convs_1x1.*.", "duration_predictor.post_conv_dds.convs_pointwise.*.")                                         \
    RULE("duration_predictor.post_convs.norms_1.*.gamma", "duration_predictor.post_conv_dds.norms_1.*.weight")                                        \
    RULE("duration_predictor.post_convs.norms_1.*.beta", "duration_predictor.post_conv_dds.norms_1.*.bias")                                           \
    RULE("duration_predictor.post_convs.norms_2.*.gamma", "duration_predictor.post_conv_dds.norms_2.*.weight")                                        \
    RULE("duration_predictor.post_convs.norms_2.*.beta", "duration_predictor.post_conv_dds.norms_2.*.bias")                                           \
    RULE("duration_predictor.post_pre.", "duration_predictor.post_conv_pre.")                                                                         \
    RULE("duration_predictor.post_proj.", "duration_predictor.post_conv_proj.")                                                                       \
    RULE("duration_predictor.post_flows.0.translation", "duration_predictor.post_flows.0.translate")                                                  \
    RULE("duration_predictor.post_flows.*.convs.convs_sep.*.", "duration_predictor.post_flows.*.conv_dds.convs_dilated.*.")                           \
    RULE("duration_predictor.post_flows.*.convs.convs_1x1.*.", "duration_predictor.post_flows.*.conv_dds.convs_pointwise.*.")                         \
    RULE("duration_predictor.post_flows.*.convs.norms_1.*.gamma", "duration_predictor.post_flows.*.conv_dds.norms_1.*.weight")                        \
    RULE("duration_predictor.post_flows.*.convs.norms_1.*.beta", "duration_predictor.post_flows.*.conv_dds.norms_1.*.bias")                           \
    RULE("duration_predictor.post_flows.*.convs.norms_2.*.gamma", "duration_predictor.post_flows.*.conv_dds.norms_2.*.weight")                        \
    RULE("duration_predictor.post_flows.*.convs.norms_2.*.beta", "duration_predictor.post_flows.*.conv_dds.norms_2.*.bias")                           \
    RULE("duration_predictor.post_flows.*.pre.", "duration_predictor.post_flows.*.conv_pre.")                                                         \
    RULE("duration_predictor.post_flows.*.proj.", "duration_predictor.post_flows.*.conv_proj.")                                                       \
    RULE("duration_predictor.norm_1.gamma", "duration_predictor.norm_1.weight")                                                                       \
    RULE("duration_predictor.norm_1.beta", "duration_predictor.norm_1.bias")                                                                          \
    RULE("duration_predictor.norm_2.gamma", "duration_predictor.norm_2.weight")                                                                       \
    RULE("duration_predictor.norm_2.beta", "duration_predictor.norm_2.bias")                                                                          \
    RULE("flow.flows.*.pre.", "flow.flows.*.conv_pre.")                                                                                               \
    RULE("flow.flows.*.post.", "flow.flows.*.conv_post.")                                                                                             \
    RULE("flow.flows.*.enc.", "flow.flows.*.wavenet.")                                                                                                \
    RULE("posterior_encoder.pre.", "posterior_encoder.conv_pre.")                                                                                     \
    RULE("posterior_encoder.proj.", "posterior_encoder.conv_proj.")                                                                                   \
    RULE("posterior_encoder.enc.", "posterior_encoder.wavenet.")                                                                                      \
    RULE("waveform_decoder.cond_layer.", "decoder.cond.")                                                                                             \
    RULE("waveform_decoder.ups.", "decoder.upsampler.")                                                                                               \
    RULE("waveform_decoder.", "decoder.")                                                                                                             \
    RULE("emb_g.weight", "embed_speaker.weight")

#define VITS_ONNX(file, name) { "onnx", file, name, INK_NAME_SAME },
#define VITS_TORCH(file, name) { "torch", file, name, INK_NAME_SAME },
#define VITS_GGUF(file, name) { "gguf", file, name, INK_NAME_SAME },

const ink_name_rule vits_rules[] = {
    { "onnx", "/dp/flows.0/Exp_output_0", "duration_predictor.flows.0.log_scale", INK_NAME_MINUS_LOG }, /* folded by the exporter */
    VITS_ORIGINAL(VITS_ONNX)
    VITS_ORIGINAL(VITS_TORCH)
    VITS_ORIGINAL(VITS_GGUF)
    { NULL, NULL, NULL, INK_NAME_SAME },
};

/* Apart, since the two mean different couplings by one number. */
static const ink_name_rule vits_rules_coqui[] = {
    VITS_COQUI(VITS_TORCH)
    { NULL, NULL, NULL, INK_NAME_SAME },
};

const ink_name_rule *vits_rules_of(const ink_weights *w)
{
    return ink_weights_find(w, "waveform_decoder.conv_pre.weight") ? vits_rules_coqui : vits_rules;
}
