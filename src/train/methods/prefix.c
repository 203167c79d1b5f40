/* Prefix tuning (Li and Liang 2021): keys and values before a text, near zero at first; or made by a small network (section 4.3). */
#include "base/rng.h"
#include "train/adapter.h"

static bool prefix_encoder(ink_adapter_new *a, size_t token, size_t width)
{
    const size_t inner = ink_encoder_width(a);
    return !a->o->projection || (ink_encoder_tokens(a, token) && ink_encoder_linear(a, "transform.0", inner, token) && ink_encoder_linear(a, "transform.2", width, inner));
}

ink_status ink_prefix_draw(ink_adapter_new *a, ink_err *err)
{
    const ink_config *c = ink_model_config(a->model);
    const size_t n = (size_t)a->o->virtual_tokens, token = c->kv_heads * c->head_dim, width = 2 * c->layers * token;
    float *data = ink_adapter_tensor(a, &a->own, "prompt_embeddings", 2, n, width);
    for (size_t i = 0; data && !a->o->projection && i < n * width; i++)
        data[i] = (float)(0.04 * (ink_rng_uniform((uint64_t)a->o->seed, 3, i) - 0.5));
    return data && prefix_encoder(a, token, width) ? INK_OK : ink_arena_refused(a->arena, n * width, err);
}

void ink_prefix_describe(const ink_adapter_new *a, ink_json *config)
{
    const ink_config *c = ink_model_config(a->model);
    ink_prompt_describe(a, config);
    ink_json_set(config, "num_attention_heads", ink_json_new_integer((int64_t)c->kv_heads));
    ink_json_set(config, "token_dim", ink_json_new_integer((int64_t)(c->kv_heads * c->head_dim)));
    ink_json_set(config, "prefix_projection", ink_json_new_bool(a->o->projection));
    if (a->o->projection)
        ink_json_set(config, "encoder_hidden_size", ink_json_new_integer((int64_t)ink_encoder_width(a)));
}

static const ink_method_adapter prefix_adapter = { .peft = "PREFIX_TUNING", .before = true, .projects = true, .draw = ink_prefix_draw, .describe = ink_prefix_describe };
const ink_method ink_method_prefix = { .name = "prefix", .adapter = &prefix_adapter };
