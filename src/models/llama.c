/* Llama 1 to 3 (Touvron et al. 2023, section 2.2), and what is built alike: SmolLM2, Mistral, TinyLlama. Pre-norm blocks
   with rotary positions, grouped queries and a gated feed-forward. */
#include "models/decoder.h"

/* Its GGUF has the halves of heads interleaved. */
#define TURNED(file, name) { "gguf", "blk.*." file, "model.layers.*.self_attn." name, INK_NAME_ROPE_ROWS }
static const ink_name_rule llama_rules[] = {
    TURNED("attn_q.weight", "q_proj.weight"), TURNED("attn_k.weight", "k_proj.weight"), TURNED("attn_q.bias", "q_proj.bias"), TURNED("attn_k.bias", "k_proj.bias"),
    { .more = ink_decoder_rules },
};

static const ink_sign llama_signs[] = { { "tie_word_embeddings", "lm_head.weight", .absent = true }, { "attention_bias", "model.layers.0.self_attn.q_proj.bias" },
                                        { "attention_bias", "model.layers.0.self_attn.k_proj.bias" }, { "attention_bias", "model.layers.0.self_attn.v_proj.bias" },
                                        { "attention_bias", "model.layers.0.self_attn.o_proj.bias" }, { "mlp_bias", "model.layers.0.mlp.gate_proj.bias" },
                                        { "mlp_bias", "model.layers.0.mlp.up_proj.bias" }, { "mlp_bias", "model.layers.0.mlp.down_proj.bias" }, { NULL } };

static bool llama_has(const ink_json *config, const char *name) { return ink_decoder_signed(llama_signs, config, name); }
static ink_status llama_configure(const ink_settings *s, ink_config *c, ink_err *err) { return ink_decoder_configure(s, NULL, c, err); }

const ink_architecture ink_arch_llama = {
    .name = "llama",
    .also = (const char *const[]){ "smollm", NULL },
    .kinds = (const ink_kind[]){ { "llama", "llama", "LlamaForCausalLM" }, { "llama", "mistral", "MistralForCausalLM" }, { NULL } },
    .signs = llama_signs,
    .settings = (const ink_setting *const[]){ ink_decoder_settings, NULL },
    .rules = llama_rules,
    .embedding = "model.embed_tokens.weight",
    .has = llama_has,
    .configure = llama_configure,
    .body = ink_decoder_plain,
    .head = ink_decoder_head,
};
