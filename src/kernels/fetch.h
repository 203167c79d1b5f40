/* How far ahead of their use weights are asked of memory. They are read once, from front to back, faster than the processor's own fetching runs:
   what is far goes to the second cache, what is near from there to the first. Measured on an Intel whose two cores read 32 to 64 GB/s: one
   step of 4 or 8 KB, straight to the first cache, decodes a twentieth (small models) to a sixth (1.1 B) slower; distances twice as long change nothing. */
#ifndef INK_KERNELS_FETCH_H
#define INK_KERNELS_FETCH_H

enum { FETCH_NEAR = 2048, FETCH_FAR = 8192 /* bytes */ };

#endif
