/* Joining the symbols of one piece, lowest rank first, ties from the left. Short pieces are searched anew for each join;
   long ones keep a heap, so that a megabyte of one letter is no harder than a megabyte of prose. */
#ifndef INK_TEXT_JOIN_H
#define INK_TEXT_JOIN_H

#include "text/merges.h"

enum { INK_JOIN_SHORT = 64 }; /* symbols; at most 64, for places have 6 bits */

typedef struct ink_symbol {
    int32_t id;      /* -1: no token has these bytes */
    uint32_t start;  /* in the piece; it ends where the next one starts */
} ink_symbol;

typedef struct ink_joiner { /* memory for one call; start as { .vocab = …, .merges = … } */
    const ink_vocab *vocab;
    const ink_merges *merges;
    void *memory;
    size_t room; /* symbols that memory has room for */
} ink_joiner;

/* Joins s[0, n) in place; s[n].start is the size of the piece, and moves along. The number of symbols left, or SIZE_MAX when memory
   is refused. With byte_pairs every symbol is one byte. */
size_t ink_join(ink_joiner *j, const uint8_t *piece, ink_symbol *s, size_t n, bool byte_pairs);
void ink_joiner_clear(ink_joiner *j);

#endif
