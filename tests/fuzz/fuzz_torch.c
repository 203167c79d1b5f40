/* Any bytes as a zip file; the first four, by which it is known, are given. */
#define _GNU_SOURCE
#include "fuzz_weights.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_marked(data, size, "PK\3\4", 4);
}
