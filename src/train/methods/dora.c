/* DoRA (Liu et al. 2024, section 4.1): LoRA, and magnitudes, which begin as the lengths of the weight's rows. */
#include "train/adapter.h"

#include <math.h>
#include <stdlib.h>

static bool dora_magnitudes(const ink_adapter_layer *l, float *size)
{
    float *matrix = ink_adapter_floats(l);
    for (size_t r = 0; matrix && r < l->out; r++) {
        double sum = 0;
        for (size_t c = 0; c < l->in; c++)
            sum += (double)matrix[r * l->in + c] * (double)matrix[r * l->in + c];
        size[r] = (float)sqrt(sum);
    }
    free(matrix);
    return matrix != NULL;
}

static ink_status dora_layer(ink_adapter_new *a, const ink_adapter_layer *l, ink_err *err)
{
    INK_TRY(ink_lora_layer(a, l, err));
    float *size = ink_adapter_part(a, l->name, "lora_magnitude_vector", 1, 1, l->out);
    return size && dora_magnitudes(l, size) ? INK_OK : ink_fail(err, INK_E_MEMORY, "no memory for the magnitudes of %s", l->w->name);
}

static ink_status dora_draw(ink_adapter_new *a, ink_err *err) { return ink_adapter_layers(a, a->o->lora_target, dora_layer, err); }

static void dora_describe(const ink_adapter_new *a, ink_json *config)
{
    ink_lora_describe(a, config);
    ink_json_set(config, "use_dora", ink_json_new_bool(1));
}

static const ink_method_adapter dora_adapter = { .peft = "LORA", .draw = dora_draw, .describe = dora_describe };
const ink_method ink_method_dora = { .name = "dora", .adapter = &dora_adapter };
