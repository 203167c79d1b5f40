/* Sequences of requests that are over, kept because the next prompt of the same owner may begin as they did. The least recently used goes first.
   Owners share nothing: how soon an answer begins would tell one of them what another has asked. */
#ifndef INK_GENERATE_PREFIXES_H
#define INK_GENERATE_PREFIXES_H

#include <ink/llm.h>

typedef struct ink_prefix {
    uint64_t owner;
    int32_t *ids;
    size_t count;
    ink_seq *seq;
    uint64_t used;
} ink_prefix;

typedef struct ink_prefixes { /* start as { .most = …, .most_tokens = … } */
    ink_prefix *at;
    size_t count, most;
    size_t tokens, most_tokens; /* of all, in whole blocks, shared ones counted each time */
    uint64_t clock;
} ink_prefixes;

size_t ink_prefix_common(const int32_t *a, size_t n, const int32_t *b, size_t m); /* how many ids at the beginning are the same */

/* Takes seq over, which holds the first `count` ids; frees it when it is of no use or there is no memory. Those that it goes on from are dropped. */
void ink_prefixes_keep(ink_prefixes *p, uint64_t owner, ink_seq *seq, const int32_t *ids, size_t count);
/* The owner's one that shares most with the ids, which counts as used; NULL when none shares anything. */
const ink_prefix *ink_prefixes_find(ink_prefixes *p, uint64_t owner, const int32_t *ids, size_t count, size_t *common);
bool ink_prefixes_evict(ink_prefixes *p); /* false: none is left */
void ink_prefixes_clear(ink_prefixes *p);

#endif
