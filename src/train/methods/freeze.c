/* Some layers change, and nothing else. */
#include "train/train.h"

const ink_method ink_method_freeze = { .name = "freeze", .learns = ink_method_among };
