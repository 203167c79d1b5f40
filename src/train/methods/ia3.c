/* IA3 (Liu et al. 2022, section 3.3): factors of keys, values and what is between the halves of a feed-forward layer; they begin as one. */
#include "train/adapter.h"

#include <string.h>

static ink_status ia3_layer(ink_adapter_new *a, const ink_adapter_layer *l, ink_err *err)
{
    const bool input = ink_adapter_named(l->name, "mlp.c_proj,down_proj,wo");
    const size_t n = input ? l->in : l->out;
    float *factor = input ? ink_adapter_part(a, l->name, "ia3_l", 2, 1, n) : ink_adapter_part(a, l->name, "ia3_l", 2, n, 1);
    for (size_t i = 0; factor && i < n; i++)
        factor[i] = 1;
    return factor ? INK_OK : ink_arena_refused(a->arena, n, err);
}

static ink_status ia3_draw(ink_adapter_new *a, ink_err *err) { return ink_adapter_layers(a, "k_proj,v_proj,down_proj,c_attn,mlp.c_proj,k,v,wo", ia3_layer, err); }

static void ia3_describe(const ink_adapter_new *a, ink_json *config)
{
    const char *name = a->turned ? "mlp.c_proj" : ink_model_architecture(a->model)->source ? "wo" : "down_proj";
    ink_json *inputs = ink_json_new_array();
    ink_adapter_targets(a, config);
    ink_json_append(inputs, ink_json_new_text(name, strlen(name)));
    ink_json_set(config, "feedforward_modules", inputs);
}

static const ink_method_adapter ia3_adapter = { .peft = "IA3", .draw = ia3_draw, .describe = ia3_describe };
const ink_method ink_method_ia3 = { .name = "ia3", .adapter = &ia3_adapter };
