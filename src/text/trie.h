/* The tokens that may stand in text, as a tree of bytes in one array, each node before its children; those that are nothing but plain
   characters of a JSON string stand aside, by how many characters they have. */
#ifndef INK_TEXT_TRIE_H
#define INK_TEXT_TRIE_H

#include <ink/tokenizer.h>

enum { INK_TRIE_PLAIN = 32, INK_TRIE_LONGEST = 255 }; /* characters of a plain token; bytes of a token (longer ones are never allowed) */

typedef struct ink_trie_node {
    uint8_t byte, depth;   /* the root's children have depth 1 */
    uint32_t end;          /* where the next node that is no descendant stands */
    uint32_t first, count; /* tokens that end here: entries of `tokens` */
} ink_trie_node;

typedef struct ink_trie { /* start as { 0 } */
    ink_trie_node *nodes;
    size_t count;
    uint32_t *tokens;
} ink_trie;

typedef struct ink_token_tree {
    struct ink_token_tree *next; /* of the same tokenizer, for another number of tokens */
    size_t count;          /* tokens from 0 on that are in it */
    ink_trie all, rest;    /* rest: without the plain ones */
    size_t words;          /* of a set of tokens */
    uint64_t *plain;       /* [INK_TRIE_PLAIN + 1][words]: of so many characters */
    bool single[256];      /* bytes that are a token */
} ink_token_tree;

/* The tree of those of a tokenizer's tokens that a model with `vocab` logits can choose: made when it is first asked for, then the tokenizer's
   until it is closed. Any thread may ask. */
ink_status ink_token_tree_get(const ink_tokenizer *tokenizer, size_t vocab, const ink_token_tree **out, ink_err *err);
void ink_token_trees_free(ink_token_tree *first);

#endif
