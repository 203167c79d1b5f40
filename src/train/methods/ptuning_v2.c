/* P-tuning v2 (Liu et al. 2022): prompts at every layer, which are prefixes. */
#include "train/adapter.h"

static const ink_method_adapter ptuning_v2_adapter = { .peft = "PREFIX_TUNING", .before = true, .projects = true, .draw = ink_prefix_draw, .describe = ink_prefix_describe };
const ink_method ink_method_ptuning_v2 = { .name = "ptuning-v2", .adapter = &ptuning_v2_adapter };
