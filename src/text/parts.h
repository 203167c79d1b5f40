/* The insides of a tokenizer, shared by the files that make, use and question it. */
#ifndef INK_TEXT_PARTS_H
#define INK_TEXT_PARTS_H

#include "text/added.h"
#include "text/join.h"
#include "text/normal_steps.h"
#include "text/unigram.h"
#include "text/wordpiece.h"

#include <pthread.h>

struct ink_tokenizer {
    ink_vocab vocab;
    ink_merges merges;
    ink_split split;
    ink_added_set added[2][2]; /* added tokens: [1] those looked for in the normal form, [0] the others; [.][1] control tokens too */
    char *added_text;         /* their texts */
    uint8_t *ends;            /* a bit for each token */
    char *template, *warning; /* NULL: none */
    int32_t bos, second, eos, unknown, closing;
    ink_wordpiece wordpiece;
    int normal;
    ink_normal_step steps[INK_NORMAL_STEPS];
    size_t step_count;
    ink_charsmap charsmap;
    ink_unigram unigram;
    bool byte_level, ignore_merges, add_space_prefix, prefix_each, prefix_lacking, marks_late, byte_fallback, fuse_unknown, add_bos, words;
    uint64_t inside[256][4]; /* which byte stands after which in some token: between two others nothing ever joins */
    pthread_mutex_t trees_lock;
    struct ink_token_tree *trees; /* for constraints (trie.h), under the lock */
};

#endif
