/* Qwen 2 and 2.5 (Yang et al. 2024, section 2.2): Llama's build, with biases on queries, keys and values. */
#include "models/decoder.h"

static const ink_sign qwen2_signs[] = { { "tie_word_embeddings", "lm_head.weight", .absent = true }, { NULL } };

static bool qwen2_has(const ink_json *config, const char *name)
{
    return strstr(name, "_proj.bias") ? !strstr(name, ".o_proj.") && !strstr(name, ".mlp.") : ink_decoder_signed(qwen2_signs, config, name);
}

static ink_status qwen2_configure(const ink_settings *s, ink_config *c, ink_err *err)
{
    static const ink_choice choices[] = { { "use_sliding_window", { "false" } }, { NULL } };
    INK_TRY(ink_settings_choices(s, choices, err));
    INK_TRY(ink_decoder_configure(s, NULL, c, err));
    c->window = 0; /* a number that is not used */
    return INK_OK;
}

const ink_architecture ink_arch_qwen2 = {
    .name = "qwen2",
    .also = (const char *const[]){ NULL },
    .kinds = (const ink_kind[]){ { "qwen2", "qwen2", "Qwen2ForCausalLM" }, { NULL } },
    .signs = qwen2_signs,
    .settings = (const ink_setting *const[]){ ink_decoder_settings, NULL },
    .rules = ink_decoder_rules,
    .embedding = "model.embed_tokens.weight",
    .has = qwen2_has,
    .configure = qwen2_configure,
    .body = ink_decoder_plain,
    .head = ink_decoder_head,
};
