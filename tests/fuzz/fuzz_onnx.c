/* Any bytes as an ONNX file; the first three, by which it is known, are given. */
#define _GNU_SOURCE
#include "fuzz_weights.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_marked(data, size, "\x08\x08\x3a", 3);
}
