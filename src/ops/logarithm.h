/* The natural logarithm in double, of operations that every machine rounds alike. */
#ifndef INK_OPS_LOGARITHM_H
#define INK_OPS_LOGARITHM_H

#include <stdint.h>
#include <string.h>

/* x = m 2^e with m near 1: e ln 2 + 2 artanh((m - 1) / (m + 1)), whose first term left out is below 1e-17. */
static inline double ops_log(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, 8);
    int64_t e = (int64_t)(bits >> 52) - 1023;
    bits = (bits & 0xfffffffffffffu) | (uint64_t)1023 << 52;
    double m;
    memcpy(&m, &bits, 8);
    if (m > 1.4142135623730951) {
        m *= 0.5;
        e++;
    }
    double z = (m - 1) / (m + 1), p = 0;
    for (int i = 21; i >= 1; i -= 2)
        p = p * z * z + 1.0 / i;
    return (double)e * 0.69314718055994530942 + 2 * z * p;
}

#endif
