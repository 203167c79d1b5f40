/* Any bytes as safetensors, or as the index of a sharded model when they begin as JSON does; and any header with a true
   length, so that its text is reached. */
#define _GNU_SOURCE
#include "fuzz_weights.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size ? memchr(data, 0, size) : NULL;
    uint64_t n = end ? (uint64_t)(end - data) : size;
    if (size > 1 << 20)
        return 0;
    fuzz_weights(data, size);
    uint8_t *file = malloc(size + 8); /* JSON up to the first zero, then data */
    fuzz_need(file != NULL);
    memcpy(file, &n, 8);
    memcpy(file + 8, data, size);
    fuzz_weights(file, size + 8);
    free(file);
    return 0;
}
