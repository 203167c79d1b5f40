/* The last layers change, and what stands above them. */
#include "train/train.h"

static bool top_learns(const ink_method_layers *m, const char *name) { return ink_method_layer(name) < 0 ? ink_method_above(m, name) : ink_method_among(m, name); }

const ink_method ink_method_top = { .name = "top", .learns = top_learns };
