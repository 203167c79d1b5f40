/* Any bytes as a GGUF. The magic is given, so that no time is lost on finding it. */
#define _GNU_SOURCE
#include "fuzz_weights.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_marked(data, size, "GGUF", 4);
}
