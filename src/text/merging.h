/* Learning merges (Gage 1994; Sennrich et al. 2016, section 3.2): words as sequences of symbols, of which the pair that stands side by
   side most often becomes a symbol, again and again. What the kinds of tokenizers differ in is given: how words begin as symbols, how a
   merged symbol is spelled, which pairs may be merged, and which of two pairs goes first when both are as frequent. */
#ifndef INK_TEXT_MERGING_H
#define INK_TEXT_MERGING_H

#include "text/words.h"

typedef struct ink_pair {
    uint32_t left, right;
} ink_pair;

typedef struct ink_merging ink_merging;
typedef struct ink_merging_rules {
    int (*order)(const ink_merging *m, ink_pair a, ink_pair b);                 /* above 0: a goes first */
    bool (*allows)(const ink_merging *m, ink_pair p);                           /* NULL: all */
    size_t skip;                                                                /* bytes of the right symbol that are left out of the spelling ("##") */
} ink_merging_rules;

typedef struct ink_merging_pair {
    ink_pair pair;
    int64_t count;
    uint32_t *words;         /* that had it when it was counted, some more than once */
    size_t word_count, room;
} ink_merging_pair;

struct ink_merging {
    const ink_merging_rules *rules;
    ink_words symbols;       /* in the order of their numbers */
    ink_pair *merges;
    size_t merge_count, merge_room;
    /* the words: symbols [starts[i], starts[i] + lengths[i]) of `sequence` */
    uint32_t *sequence, *lengths;
    size_t *starts;
    uint64_t *counts;
    size_t words, words_room, used, sequence_room;
    ink_merging_pair *pairs; /* and where each is: */
    uint32_t *slots;
    size_t pair_count, pair_room, slot_count;
    struct ink_merging_entry { int64_t count; uint32_t pair; } *heap; /* may be of the past; the largest first */
    size_t heap_count, heap_room;
};

/* Adds a word that stands there `count` times; its symbols are numbers of m->symbols. */
ink_status ink_merging_word(ink_merging *m, const uint32_t *symbols, size_t n, uint64_t count, ink_err *err);
/* Merges until there are so many symbols, or no allowed pair stands there `least` times. progress may be NULL; false stops. */
typedef bool ink_merging_step(void *user, size_t done, size_t total);
ink_status ink_merging_run(ink_merging *m, const ink_merging_rules *rules, size_t symbols, uint64_t least, ink_merging_step *step, void *user, ink_err *err);
void ink_merging_clear(ink_merging *m);

#endif
