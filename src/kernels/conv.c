/* Convolution over time of floats: a step is a channel. */
#include "kernels/lanes.h"

typedef f32x16 conv_lanes;
#include "kernels/conv_walk.h"

LANES_INLINE conv_lanes conv_load(const uint8_t *weight) { return f_load((const float *)(const void *)weight); }
LANES_INLINE conv_lanes conv_every(const uint8_t *x) { return f_set1(*(const float *)(const void *)x); }
LANES_INLINE f32x16 conv_step(conv_lanes w, conv_lanes x, f32x16 acc) { return f_fma(w, x, acc); }

void INK_KERNEL(ink_conv)(ink_kernels *k);
void INK_KERNEL(ink_conv)(ink_kernels *k)
{
    k->conv = conv_walk;
}
