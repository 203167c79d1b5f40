/* The order in which samples are seen: Fisher and Yates's shuffle with draws that are functions of seed, epoch and place, so
   that any epoch's order can be made again. */
#include "base/rng.h"
#include "train/train.h"

void ink_order_make(size_t count, bool shuffle, uint64_t seed, uint64_t epoch, uint32_t *order)
{
    for (size_t i = 0; i < count; i++)
        order[i] = (uint32_t)i;
    for (size_t i = count; shuffle && i > 1; i--) {
        size_t j = (size_t)(ink_rng_uniform(seed, epoch + 1, i) * (double)i);
        uint32_t kept = order[i - 1];
        order[i - 1] = order[j];
        order[j] = kept;
    }
}
