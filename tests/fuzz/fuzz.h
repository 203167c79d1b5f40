/* What every target shares: libFuzzer's way in, and a promise that is held. */
#ifndef INK_FUZZ_H
#define INK_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void fuzz_need(int promise)
{
    if (!promise)
        abort();
}

#endif
