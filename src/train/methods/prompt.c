/* Prompt tuning (Lester et al. 2021, section 3.2): rows before a text, which begin as tokens of the vocabulary. */
#include "base/rng.h"
#include "train/adapter.h"

static ink_status prompt_draw(ink_adapter_new *a, ink_err *err)
{
    const ink_config *c = ink_model_config(a->model);
    const size_t n = (size_t)a->o->virtual_tokens;
    float *data = ink_adapter_tensor(a, &a->own, "prompt_embeddings", 2, n, c->width);
    ink_name_change change;
    const ink_tensor *t = ink_names_find(ink_model_architecture(a->model)->rules, a->weights.file, ink_model_architecture(a->model)->embedding, &change, NULL);
    for (size_t r = 0; data && t && r < n; r++)
        ink_dequantize(t->type, t->data + ink_rng_bits((uint64_t)a->o->seed, 2, r) % c->vocab * (t->bytes / c->vocab), c->width, data + r * c->width);
    return data ? INK_OK : ink_arena_refused(a->arena, n * c->width, err);
}

void ink_prompt_describe(const ink_adapter_new *a, ink_json *config)
{
    const ink_config *c = ink_model_config(a->model);
    ink_json_set(config, "num_virtual_tokens", ink_json_new_integer(a->o->virtual_tokens + (int64_t)a->anchors));
    ink_json_set(config, "num_layers", ink_json_new_integer((int64_t)c->layers));
    ink_json_set(config, "num_transformer_submodules", ink_json_new_integer(1));
    ink_json_set(config, "num_attention_heads", ink_json_new_integer((int64_t)c->heads));
    ink_json_set(config, "token_dim", ink_json_new_integer((int64_t)c->width));
}

static const ink_method_adapter prompt_adapter = { .peft = "PROMPT_TUNING", .before = true, .draw = prompt_draw, .describe = ink_prompt_describe };
const ink_method ink_method_prompt = { .name = "prompt", .adapter = &prompt_adapter };
