/* Any bytes as an ONNX file; the first three, by which it is known, are given. */
#define _GNU_SOURCE
#include "fuzz_weights.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4 || size > 1 << 20)
        return 0;
    uint8_t *file = malloc(size);
    fuzz_need(file != NULL);
    memcpy(file, data, size);
    memcpy(file, "\x08\x08\x3a", 3);
    fuzz_weights(file, size);
    free(file);
    return 0;
}
