/* All weights change. */
#include "train/train.h"

const ink_method ink_method_full = { .name = "full" };
