/* LoRA: A is uniform within 1 / sqrt(in) and B zero (Hu et al. 2022, section 4.1); or both begin as PiSSA has it. */
#include "base/rng.h"
#include "train/adapter.h"
#include "train/principal.h"

#include <math.h>
#include <stdlib.h>

double ink_lora_scale(const ink_train_options *o)
{
    const double alpha = o->alpha > 0 ? o->alpha : 2.0 * (double)o->rank;
    return alpha / (o->rslora ? sqrt((double)o->rank) : (double)o->rank);
}

/* PiSSA (Meng et al. 2024, section 3): B A begins as the strongest directions, and what learns is the difference to them. Here the weight stays
   as it is: beside A and B lie A and -B as they began, which rest (optimiser.c), so any reader of LoRA has the same model. */
static ink_status lora_pissa(ink_adapter_new *a, const ink_adapter_layer *l, ink_err *err)
{
    const size_t rank = (size_t)a->o->rank, in = l->in, out = l->out;
    const float by = (float)(1 / sqrt(ink_lora_scale(a->o)));
    float *matrix = ink_adapter_floats(l), *down = ink_adapter_part(a, l->name, "lora_A.weight", 2, 2 * rank, in), *up = ink_adapter_part(a, l->name, "lora_B.weight", 2, out, 2 * rank);
    float *left = malloc(out * rank * sizeof *left);
    const bool there = matrix && down && up && left;
    ink_status status = there ? ink_principal_find(&(ink_principal){ &a->kernels, matrix, out, in, rank, (uint64_t)a->o->seed, left, down }, err)
                              : ink_fail(err, INK_E_MEMORY, "no memory for the strongest directions of %s", l->w->name);
    for (size_t i = 0; there && i < rank * in; i++)
        down[rank * in + i] = down[i] *= by;
    for (size_t i = 0; there && i < out * rank; i++) {
        float *row = up + i / rank * 2 * rank + i % rank;
        row[0] = left[i] * by;
        row[rank] = -row[0];
    }
    free(matrix);
    free(left);
    return status;
}

/* Its own stream of numbers: the place of its tensor in the file, and, of one of a stack of experts, its place there. */
static uint64_t lora_stream(const ink_adapter_new *a, const ink_nn_weight *w)
{
    const uint64_t part = w->tensor == w->whole ? 0 : (uint64_t)(w->tensor->data - w->whole->data) / w->tensor->bytes;
    return (uint64_t)(w->whole - ink_weights_at(a->weights.file, 0)) + (part << 32);
}

ink_status ink_lora_layer(ink_adapter_new *a, const ink_adapter_layer *l, ink_err *err)
{
    const size_t rank = (size_t)a->o->rank;
    const double most = 1 / sqrt((double)l->in);
    if (a->o->pissa)
        return lora_pissa(a, l, err);
    float *down = ink_adapter_part(a, l->name, "lora_A.weight", 2, rank, l->in);
    for (size_t i = 0; down && i < rank * l->in; i++)
        down[i] = (float)(most * (2 * ink_rng_uniform((uint64_t)a->o->seed, lora_stream(a, l->w), i) - 1));
    return down && ink_adapter_part(a, l->name, "lora_B.weight", 2, l->out, rank) ? INK_OK : ink_arena_refused(a->arena, rank * l->out, err);
}

ink_status ink_lora_draw(ink_adapter_new *a, ink_err *err) { return ink_adapter_layers(a, a->o->lora_target, ink_lora_layer, err); }

void ink_lora_describe(const ink_adapter_new *a, ink_json *config)
{
    const int64_t rank = a->o->pissa ? 2 * a->o->rank : a->o->rank;
    ink_adapter_targets(a, config);
    ink_json_set(config, "r", ink_json_new_integer(rank));
    ink_json_set(config, "lora_alpha", ink_json_new_number(ink_lora_scale(a->o) * (a->o->rslora ? sqrt((double)rank) : (double)rank)));
    ink_json_set(config, "lora_dropout", ink_json_new_number(0));
    ink_json_set(config, "use_rslora", ink_json_new_bool(a->o->rslora));
    ink_json_set(config, "use_dora", ink_json_new_bool(0));
    ink_adapter_text(config, "bias", "none");
}

static const ink_method_adapter lora_adapter = { .peft = "LORA", .principal = true, .draw = ink_lora_draw, .describe = ink_lora_describe };
const ink_method ink_method_lora = { .name = "lora", .adapter = &lora_adapter };
