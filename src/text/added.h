/* Finding added tokens in a text: at each place the longest that stands there. */
#ifndef INK_TEXT_ADDED_H
#define INK_TEXT_ADDED_H

#include "text/tokenizer.h"

typedef struct ink_added_set { /* sorted by text, so that those that begin alike lie together */
    ink_added *list;
    size_t count;
    uint32_t first[257]; /* first[b]: where the texts that begin with byte b start */
    bool begins[256];    /* whether there are any */
} ink_added_set;

/* The texts are borrowed. controls: those that are control tokens too. */
ink_status ink_added_make(ink_added_set *set, const ink_added *list, size_t count, bool controls, const char *where, ink_err *err);
void ink_added_clear(ink_added_set *set);

/* The first match in text[from, n): where it starts and ends (with the white space that it takes), and which; NULL when there is none. */
const ink_added *ink_added_find(const ink_added_set *set, const uint8_t *text, size_t from, size_t n, size_t *start, size_t *end);

#endif
