/* Random numbers that are a function of (seed, stream, position): nothing to save, nothing to share, any draw at any time.
   Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011), whose published
   test vectors tests/unit/test_sampler.c holds. */
#ifndef INK_BASE_RNG_H
#define INK_BASE_RNG_H

#include <stdint.h>

/* One block of the generator: counter and key as the paper numbers their words. */
void ink_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);
/* Uniform in [0, 1), of 53 bits: key = seed, counter = (position, stream). */
double ink_rng_uniform(uint64_t seed, uint64_t stream, uint64_t position);
/* About normal: the sum of twelve uniform draws of 32 bits, less six. Only exact operations, so that every machine draws the same. */
double ink_rng_normal(uint64_t seed, uint64_t stream, uint64_t position);
uint64_t ink_rng_bits(uint64_t seed, uint64_t stream, uint64_t position);

#endif
