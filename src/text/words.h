/* A growing set of byte strings, each with a number in the order of arrival and a count. */
#ifndef INK_TEXT_WORDS_H
#define INK_TEXT_WORDS_H

#include <ink/tokenizer.h>

typedef struct ink_words { /* starts as zeros */
    char *bytes;
    size_t *starts;          /* [count + 1] */
    uint64_t *counts;
    size_t count, room, bytes_room;
    uint32_t *slots;         /* number + 1 */
    size_t slot_count;       /* a power of two */
} ink_words;

enum { INK_WORDS_NONE = UINT32_MAX };

/* The string's number, its count grown by `by`. */
ink_status ink_words_add(ink_words *w, const char *p, size_t n, uint64_t by, uint32_t *number, ink_err *err);
uint32_t ink_words_find(const ink_words *w, const char *p, size_t n); /* INK_WORDS_NONE when absent */
void ink_words_clear(ink_words *w);

static inline ink_text ink_words_at(const ink_words *w, size_t i)
{
    return (ink_text){ w->bytes + w->starts[i], w->starts[i + 1] - w->starts[i] };
}

#endif
