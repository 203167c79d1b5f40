/* Any bytes as a GGUF. The magic is given, so that no time is lost on finding it. */
#define _GNU_SOURCE
#include "fuzz_weights.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4 || size > 1 << 20)
        return 0;
    uint8_t *file = malloc(size);
    fuzz_need(file != NULL);
    memcpy(file, data, size);
    memcpy(file, "GGUF", 4);
    fuzz_weights(file, size);
    free(file);
    return 0;
}
