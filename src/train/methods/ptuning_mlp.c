/* P-tuning (Liu et al. 2021, section 3.2): pseudo tokens before a text, made by an MLP; words of the vocabulary may stand among them and stay. */
#include "train/adapter.h"

#include <string.h>

/* The words' rows of the model's own table. */
static ink_status ptuning_anchors(ink_adapter_new *a, size_t width, ink_err *err)
{
    const ink_tokenizer *t;
    const size_t vocab = ink_model_config(a->model)->vocab;
    ink_ids ids = { 0 };
    ink_name_change change;
    const ink_tensor *table = ink_names_find(ink_model_architecture(a->model)->rules, a->weights.file, ink_model_architecture(a->model)->embedding, &change, NULL);
    if (!a->o->anchors || !*a->o->anchors)
        return INK_OK;
    INK_TRY(ink_model_tokenizer(a->model, &t, err));
    ink_status status = ink_tokenize(t, a->o->anchors, strlen(a->o->anchors), 0, &ids, err);
    float *rows = status == INK_OK && table ? ink_adapter_tensor(a, &a->encoder, "anchors.weight", 2, ids.count, width) : NULL;
    if (status == INK_OK && (!ids.count || !rows))
        status = ink_fail(err, INK_E_ARGUMENT, "prompt_anchors: the model has no tokens for \"%.60s\"", a->o->anchors);
    for (size_t i = 0; status == INK_OK && i < ids.count; i++)
        ink_dequantize(table->type, table->data + (size_t)ids.at[i] % vocab * (table->bytes / vocab), width, rows + i * width);
    a->anchors = ids.count;
    ink_ids_clear(&ids);
    return status;
}

static bool ptuning_network(ink_adapter_new *a, bool recurrent, size_t width)
{
    const size_t inner = ink_encoder_width(a), both = 2 * inner;
    if (recurrent)
        return ink_encoder_lstm(a, (size_t)a->o->encoder_layers, inner, width) && ink_encoder_linear(a, "mlp_head.0", both, both) && ink_encoder_linear(a, "mlp_head.2", width, both);
    return ink_encoder_linear(a, "mlp_head.0", inner, width) && ink_encoder_linear(a, "mlp_head.2", inner, inner) && ink_encoder_linear(a, "mlp_head.4", width, inner);
}

/* The table itself is zero until the network has made it. */
ink_status ink_ptuning_draw(ink_adapter_new *a, bool recurrent, ink_err *err)
{
    const size_t width = ink_model_config(a->model)->width, n = (size_t)a->o->virtual_tokens;
    INK_TRY(ptuning_anchors(a, width, err));
    return ink_encoder_tokens(a, width) && ptuning_network(a, recurrent, width) && ink_adapter_tensor(a, &a->own, "prompt_embeddings", 2, n + a->anchors, width)
             ? INK_OK
             : ink_arena_refused(a->arena, n * width, err);
}

void ink_ptuning_describe(const ink_adapter_new *a, ink_json *config, const char *encoder, int64_t layers)
{
    ink_prompt_describe(a, config);
    ink_adapter_text(config, "encoder_reparameterization_type", encoder);
    ink_json_set(config, "encoder_hidden_size", ink_json_new_integer((int64_t)ink_encoder_width(a)));
    ink_json_set(config, "encoder_num_layers", ink_json_new_integer(layers));
    ink_json_set(config, "encoder_dropout", ink_json_new_number(0));
}

static ink_status ptuning_mlp_draw(ink_adapter_new *a, ink_err *err) { return ink_ptuning_draw(a, false, err); }

static void ptuning_mlp_describe(const ink_adapter_new *a, ink_json *config)
{
    enum { USUAL = 2 }; /* what PEFT says of an MLP, which always has three */
    ink_ptuning_describe(a, config, "MLP", USUAL);
}

static const ink_method_adapter ptuning_mlp_adapter = { .peft = "P_TUNING", .before = true, .encodes = true, .draw = ptuning_mlp_draw, .describe = ptuning_mlp_describe };
const ink_method ink_method_ptuning_mlp = { .name = "ptuning-mlp", .adapter = &ptuning_mlp_adapter };
