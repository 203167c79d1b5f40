/* The unigram language model of SentencePiece (Kudo 2018, section 3.2): of all ways to cut a piece of text into tokens the one whose tokens are
   likeliest together, found by Viterbi's algorithm over a trie of the tokens. */
#ifndef INK_TEXT_UNIGRAM_H
#define INK_TEXT_UNIGRAM_H

#include "text/vocab.h"

enum { INK_UNIGRAM_LONGEST = 1024 }; /* bytes of a token; so that time is linear in the text */

typedef struct ink_unigram { /* start as { 0 } */
    uint64_t *edges;       /* a hash table: node and byte in the upper 36 bits, the node they lead to in the lower 28; 0 is empty */
    uint64_t mask;
    int32_t *tokens;       /* [node]: the token that ends here, or -1 */
    double *scores;        /* [token]: ln p */
    double unknown;        /* of a character that no token begins and ends with */
} ink_unigram;

ink_status ink_unigram_make(ink_unigram *u, const ink_vocab *v, const ink_tokenizer_spec *spec, ink_err *err);
void ink_unigram_clear(ink_unigram *u);

typedef struct ink_unigram_place { /* the best way to get to here */
    double score;
    uint32_t from, next;   /* where its last token begins; next: once it is chosen, where the token after it ends */
    int32_t id;            /* -1: a character that is unknown */
} ink_unigram_place;

/* Gives each token of p[0, n) in order, or -1 for unknown characters in a row. places: room for n + 1. controls: control tokens may be found too. */
void ink_unigram_cut(const ink_unigram *u, const ink_vocab *v, bool controls, const uint8_t *p, size_t n, ink_unigram_place *places,
                     void (*give)(void *user, int32_t id, const uint8_t *p, size_t n), void *user);

#endif
