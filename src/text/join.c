#include "text/join.h"

#include <stdlib.h>
#include <string.h>

/* The rank at which bytes [start, end) of the piece, now two symbols, become one; *joined: which. */
static inline uint32_t join_rank(const ink_joiner *j, const uint8_t *piece, int32_t left, int32_t right, uint32_t start, uint32_t end, int32_t *joined)
{
    const ink_merges *m = j->merges;
    if (m->order) {
        int32_t id = *joined = ink_vocab_find(j->vocab, piece + start, end - start);
        return id < 0 ? INK_NO_RANK : m->order[id];
    }
    uint32_t rank = left < 0 || right < 0 ? INK_NO_RANK : ink_merges_rank(m, left, right);
    if (rank != INK_NO_RANK)
        *joined = (int32_t)m->joined[rank];
    return rank;
}

static inline uint32_t join_first_rank(const ink_joiner *j, const uint8_t *piece, const ink_symbol *s, bool byte_pairs, int32_t *joined)
{
    if (!byte_pairs)
        return join_rank(j, piece, s[0].id, s[1].id, s[0].start, s[2].start, joined);
    const uint8_t *p = piece + s->start;
    uint32_t rank = j->merges->pairs[p[0] << 8 | p[1]];
    if (rank != INK_NO_RANK)
        *joined = (int32_t)j->merges->joined[rank];
    return rank;
}

/* Places stay where they are; what was joined away is skipped through next and never chosen, its key being the highest. */
typedef struct join_short {
    uint32_t key[INK_JOIN_SHORT];     /* rank << 6 | place, of the symbol here and the next */
    int32_t joined[INK_JOIN_SHORT];
    uint8_t next[INK_JOIN_SHORT + 1], before[INK_JOIN_SHORT + 1];
} join_short;

static inline void join_short_rank(const ink_joiner *j, const uint8_t *piece, const ink_symbol *s, join_short *w, size_t n, size_t at)
{
    const size_t next = w->next[at];
    uint32_t rank = INK_NO_RANK;
    if (next < n)
        rank = join_rank(j, piece, s[at].id, s[next].id, s[at].start, s[w->next[next]].start, &w->joined[at]);
    w->key[at] = rank << 6 | (uint32_t)at;
}

static inline uint32_t join_least(const uint32_t *key, size_t n)
{
    uint32_t even = UINT32_MAX, odd = UINT32_MAX;
    size_t i = 0;
    for (; i + 2 <= n; i += 2) {
        even = key[i] < even ? key[i] : even;
        odd = key[i + 1] < odd ? key[i + 1] : odd;
    }
    if (i < n)
        even = key[i] < even ? key[i] : even;
    return even < odd ? even : odd;
}

static size_t join_few(const ink_joiner *j, const uint8_t *piece, ink_symbol *s, size_t n, bool byte_pairs)
{
    join_short w;
    for (size_t i = 0; i + 1 < n; i++) {
        w.key[i] = join_first_rank(j, piece, s + i, byte_pairs, &w.joined[i]) << 6 | (uint32_t)i;
        w.next[i] = (uint8_t)(i + 1);
        w.before[i + 1] = (uint8_t)i;
    }
    w.key[n - 1] = UINT32_MAX;
    w.next[n - 1] = (uint8_t)n;
    for (;;) {
        const uint32_t least = join_least(w.key, n);
        if (least >> 6 >= INK_NO_RANK)
            break;
        const size_t at = least & 63, gone = w.next[at], next = w.next[gone];
        s[at].id = w.joined[at];
        w.next[at] = (uint8_t)next;
        w.before[next] = (uint8_t)at;
        w.key[gone] = UINT32_MAX;
        join_short_rank(j, piece, s, &w, n, at);
        if (at)
            join_short_rank(j, piece, s, &w, n, w.before[at]);
    }
    size_t count = 0;
    for (size_t i = 0; i < n; i = w.next[i])
        s[count++] = s[i];
    s[count].start = s[n].start;
    return count;
}

/* ---- long pieces ---- */

typedef struct join_long {
    uint32_t *rank, *next, *before; /* rank: of the symbol here and the next; INK_NO_RANK when it was joined away */
    int32_t *joined;
    uint64_t *heap;                 /* rank << 32 | place; old entries stay and are told by a rank that is not the place's own */
    size_t heap_count;
} join_long;

static void join_sink(uint64_t *heap, size_t count, size_t at)
{
    const uint64_t v = heap[at];
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        child += child + 1 < count && heap[child + 1] < heap[child];
        if (heap[child] >= v)
            break;
        heap[at] = heap[child];
    }
    heap[at] = v;
}

static void join_push(join_long *w, uint64_t v)
{
    size_t at = w->heap_count++;
    for (; at && w->heap[(at - 1) / 2] > v; at = (at - 1) / 2)
        w->heap[at] = w->heap[(at - 1) / 2];
    w->heap[at] = v;
}

static uint64_t join_pop(join_long *w)
{
    const uint64_t least = w->heap[0];
    w->heap[0] = w->heap[--w->heap_count];
    if (w->heap_count)
        join_sink(w->heap, w->heap_count, 0);
    return least;
}

/* Ranks the symbol at a place anew, and queues it. */
static void join_queue(const ink_joiner *j, const uint8_t *piece, const ink_symbol *s, join_long *w, size_t n, uint32_t at)
{
    const uint32_t next = w->next[at];
    w->rank[at] = INK_NO_RANK;
    if (next < n)
        w->rank[at] = join_rank(j, piece, s[at].id, s[next].id, s[at].start, s[w->next[next]].start, &w->joined[at]);
    if (w->rank[at] != INK_NO_RANK)
        join_push(w, (uint64_t)w->rank[at] << 32 | at);
}

/* A symbol is queued once at the start and at most twice for each join: 3 n entries suffice. */
static bool join_reserve(ink_joiner *j, size_t n, join_long *w)
{
    const size_t each = 3 * sizeof *w->heap + 4 * sizeof *w->rank;
    if (n + 1 > j->room) {
        free(j->memory);
        j->memory = n < SIZE_MAX / each / 2 ? malloc((n + 1) * each) : NULL;
        j->room = j->memory ? n + 1 : 0;
    }
    w->heap = j->memory;
    w->rank = (uint32_t *)(w->heap + 3 * j->room);
    w->next = w->rank + j->room;
    w->before = w->next + j->room;
    w->joined = (int32_t *)(w->before + j->room);
    return j->memory;
}

static size_t join_many(ink_joiner *j, const uint8_t *piece, ink_symbol *s, size_t n, bool byte_pairs)
{
    join_long w = { .heap_count = 0 };
    if (!join_reserve(j, n, &w))
        return SIZE_MAX;
    for (uint32_t i = 0; i < n; i++) {
        w.next[i] = i + 1;
        w.before[i + 1] = i;
        w.rank[i] = i + 1 < n ? join_first_rank(j, piece, s + i, byte_pairs, &w.joined[i]) : INK_NO_RANK;
        if (w.rank[i] != INK_NO_RANK)
            w.heap[w.heap_count++] = (uint64_t)w.rank[i] << 32 | i;
    }
    for (size_t i = w.heap_count / 2; i-- > 0;)
        join_sink(w.heap, w.heap_count, i);
    while (w.heap_count) {
        const uint64_t least = join_pop(&w);
        const uint32_t at = (uint32_t)least, gone = w.next[at];
        if (w.rank[at] != least >> 32)
            continue;
        s[at].id = w.joined[at];
        w.next[at] = w.next[gone];
        w.before[w.next[gone]] = at;
        w.rank[gone] = INK_NO_RANK;
        join_queue(j, piece, s, &w, n, at);
        if (at)
            join_queue(j, piece, s, &w, n, w.before[at]);
    }
    size_t count = 0;
    for (size_t i = 0; i < n; i = w.next[i])
        s[count++] = s[i];
    s[count].start = s[n].start;
    return count;
}

size_t ink_join(ink_joiner *j, const uint8_t *piece, ink_symbol *s, size_t n, bool byte_pairs)
{
    if (n < 2)
        return n;
    return n <= INK_JOIN_SHORT ? join_few(j, piece, s, n, byte_pairs) : join_many(j, piece, s, n, byte_pairs);
}

void ink_joiner_clear(ink_joiner *j)
{
    free(j->memory);
}
