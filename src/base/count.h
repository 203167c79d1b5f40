/* Small sums about counts that many files need. */
#ifndef INK_BASE_COUNT_H
#define INK_BASE_COUNT_H

#include <stddef.h>

static inline size_t ink_least(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t ink_pieces(size_t n, size_t piece) { return (n + piece - 1) / piece; } /* the last may be smaller */
static inline size_t ink_round_up(size_t n, size_t piece) { return ink_pieces(n, piece) * piece; }

#endif
