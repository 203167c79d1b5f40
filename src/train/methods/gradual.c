/* Gradual unfreezing goes down a layer an epoch (Howard and Ruder 2018, section 3.3). */
#include "train/train.h"

static bool gradual_rests(size_t depth, size_t epoch) { return depth > epoch + 1; }

const ink_method ink_method_gradual = { .name = "gradual", .rests = gradual_rests };
