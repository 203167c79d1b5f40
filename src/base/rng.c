#include "base/rng.h"

#include <string.h>

void ink_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c[4], k0 = key[0], k1 = key[1];
    memcpy(c, counter, sizeof c);
    for (int round = 0; round < 10; round++) {
        uint64_t a = (uint64_t)0xD2511F53 * c[0], b = (uint64_t)0xCD9E8D57 * c[2];
        c[0] = (uint32_t)(b >> 32) ^ c[1] ^ k0;
        c[1] = (uint32_t)b;
        c[2] = (uint32_t)(a >> 32) ^ c[3] ^ k1;
        c[3] = (uint32_t)a;
        k0 += 0x9E3779B9; /* the golden ratio, and √3 − 1 */
        k1 += 0xBB67AE85;
    }
    memcpy(out, c, sizeof c);
}

uint64_t ink_rng_bits(uint64_t seed, uint64_t stream, uint64_t position)
{
    uint32_t out[4];
    ink_philox((uint32_t[]){ (uint32_t)position, (uint32_t)(position >> 32), (uint32_t)stream, (uint32_t)(stream >> 32) },
               (uint32_t[]){ (uint32_t)seed, (uint32_t)(seed >> 32) }, out);
    return (uint64_t)out[1] << 32 | out[0];
}

double ink_rng_uniform(uint64_t seed, uint64_t stream, uint64_t position)
{
    return (double)(ink_rng_bits(seed, stream, position) >> 11) * 0x1p-53;
}

double ink_rng_normal(uint64_t seed, uint64_t stream, uint64_t position)
{
    enum { BLOCKS = 3, WORDS = 4 };
    uint64_t sum = 0;
    for (uint64_t i = 0; i < BLOCKS; i++) {
        uint32_t word[WORDS];
        const uint64_t block = BLOCKS * position + i;
        ink_philox((uint32_t[]){ (uint32_t)block, (uint32_t)(block >> 32), (uint32_t)stream, (uint32_t)(stream >> 32) }, (uint32_t[]){ (uint32_t)seed, (uint32_t)(seed >> 32) }, word);
        for (size_t w = 0; w < WORDS; w++)
            sum += word[w];
    }
    return (double)sum * 0x1p-32 - 6;
}
