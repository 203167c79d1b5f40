/* QLoRA (Dettmers et al. 2023): LoRA of a model that is quantised and stays so: its values are widened where they are multiplied (ops/frozen.c). */
#include "train/adapter.h"

static const ink_method_adapter qlora_adapter = { .peft = "LORA", .principal = true, .draw = ink_lora_draw, .describe = ink_lora_describe };
const ink_method ink_method_qlora = { .name = "qlora", .keeps = true, .adapter = &qlora_adapter };
