/* ink/machine.h: what this machine can do at most, measured on the spot: what speeds of a model are compared with. Each
   takes a good part of a second and as many threads as it is told. Not to be called while something else computes. */
#ifndef INK_MACHINE_H
#define INK_MACHINE_H

#include <ink/err.h>
#include <stddef.h>

typedef struct ink_machine_speed { /* 10^9 multiplications and additions a second, operands in registers */
    double int8_gops, bf16_gops, f32_gops;
} ink_machine_speed;
/* With the instruction sets in use (ink/cpu.h); the best of several short runs. threads 0: the physical cores. */
INK_API ink_status ink_machine_rates(size_t threads, ink_machine_speed *out, ink_err *err);
/* 10^9 bytes a second, read once from front to end out of `bytes` bytes (2 GiB at most) in 2 MiB pages; the best of several runs. */
INK_API ink_status ink_machine_bandwidth(size_t threads, size_t bytes, double *gbps, ink_err *err);

#endif
