/* Finding added tokens in a text: at each place the longest that stands there. */
#ifndef INK_TEXT_ADDED_H
#define INK_TEXT_ADDED_H

#include "text/tokenizer.h"

typedef struct ink_added_set { /* sorted by text, so that those that begin alike lie together */
    ink_added *list;
    size_t count;
    uint32_t first[257]; /* first[b]: where the texts that begin with byte b start */
    bool begins[256];    /* whether there are any */
    bool marked;         /* a space in the text stands for U+2581, which is no white space */
} ink_added_set;

typedef struct ink_added_match { /* start as { 0 }, and leave alone between one search and the next */
    const ink_added *added;
    size_t start, end; /* with the white space that it takes */
    size_t next;       /* where the text of the token itself ended, from where the search goes on */
} ink_added_match;

/* The texts are borrowed. Of the list, those whose texts are looked for in the normal form, or the others; controls: control tokens too. */
ink_status ink_added_make(ink_added_set *set, const ink_added *list, size_t count, bool normal, bool controls, const char *where, ink_err *err);
void ink_added_clear(ink_added_set *set);

/* Whether there is a match after m, which then is it. */
bool ink_added_find(const ink_added_set *set, const uint8_t *text, size_t n, ink_added_match *m);

#endif
