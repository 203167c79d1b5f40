#include "text/unigram.h"

#include "text/chars.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { UNIGRAM_NODES = 1 << 28, UNIGRAM_PROBES = 4096, UNIGRAM_NOWHERE = -2 }; /* _NOWHERE: no way leads there */
static const double unigram_penalty = 10; /* an unknown character is so much less likely than any token, as in SentencePiece */

static uint64_t unigram_hash(uint64_t key)
{
    const uint64_t h = key * 0x9E3779B97F4A7C15u;
    return h ^ h >> 32;
}

/* Where the byte leads from the node; 0: nowhere. */
static uint32_t unigram_step(const ink_unigram *u, uint32_t node, uint8_t byte)
{
    const uint64_t key = (uint64_t)node << 8 | byte;
    for (uint64_t at = unigram_hash(key);; at++) {
        const uint64_t edge = u->edges[at & u->mask];
        if (!edge || edge >> 28 == key)
            return (uint32_t)(edge & (UNIGRAM_NODES - 1));
    }
}

static bool unigram_insert(ink_unigram *u, uint32_t node, uint8_t byte, uint32_t to)
{
    const uint64_t key = (uint64_t)node << 8 | byte;
    uint64_t at = unigram_hash(key);
    for (size_t probes = 0; u->edges[at & u->mask]; at++)
        if (++probes > UNIGRAM_PROBES)
            return false;
    u->edges[at & u->mask] = key << 28 | to;
    return true;
}

/* A token that texts are cut into. Bytes stand for what is unknown alone. */
static bool unigram_has(const ink_vocab *v, uint32_t id)
{
    return ink_vocab_joins(v, (int32_t)id) && v->starts[id + 1] > v->starts[id];
}

static ink_status unigram_room(ink_unigram *u, const ink_vocab *v, const ink_tokenizer_spec *spec, ink_err *err)
{
    size_t nodes = 1, slots = 16;
    for (uint32_t i = 0; i < v->count; i++) {
        const size_t size = v->starts[i + 1] - v->starts[i];
        if (!unigram_has(v, i))
            continue;
        if (size > INK_UNIGRAM_LONGEST)
            return ink_fail(err, INK_E_LIMIT, "%s: token %u has %zu bytes; those of a unigram model have at most %d", spec->where, i, size, INK_UNIGRAM_LONGEST);
        nodes += size;
    }
    if (nodes > UNIGRAM_NODES)
        return ink_fail(err, INK_E_LIMIT, "%s: its tokens have %zu bytes; at most %d are read", spec->where, nodes, UNIGRAM_NODES);
    while (slots < 2 * nodes)
        slots *= 2;
    u->mask = slots - 1;
    u->edges = calloc(slots, sizeof *u->edges);
    u->tokens = malloc(nodes * sizeof *u->tokens);
    u->scores = malloc((v->count + 1) * sizeof *u->scores);
    if (!u->edges || !u->tokens || !u->scores)
        return ink_fail(err, INK_E_MEMORY, "%s: no memory for a trie of %u tokens", spec->where, v->count);
    memset(u->tokens, -1, nodes * sizeof *u->tokens);
    return INK_OK;
}

/* Of two tokens with the same text the last counts. */
static ink_status unigram_add(ink_unigram *u, const ink_vocab *v, uint32_t id, uint32_t *nodes, const char *where, ink_err *err)
{
    uint32_t node = 0;
    for (uint32_t at = v->starts[id]; at < v->starts[id + 1]; at++) {
        uint32_t next = unigram_step(u, node, v->bytes[at]);
        if (!next) {
            next = (*nodes)++;
            if (!unigram_insert(u, node, v->bytes[at], next))
                return ink_fail(err, INK_E_FORMAT, "%s: the tokens are made so that looking one up takes forever", where);
        }
        node = next;
    }
    u->tokens[node] = (int32_t)id;
    return INK_OK;
}

ink_status ink_unigram_make(ink_unigram *u, const ink_vocab *v, const ink_tokenizer_spec *spec, ink_err *err)
{
    uint32_t nodes = 1;
    double least = (double)INFINITY;
    INK_TRY(unigram_room(u, v, spec, err));
    for (uint32_t i = 0; i < v->count; i++) {
        u->scores[i] = spec->scores[i];
        if (!unigram_has(v, i))
            continue;
        if (!isfinite(u->scores[i]))
            return ink_fail(err, INK_E_FORMAT, "%s: the score of token %u is not a finite number", spec->where, i);
        least = u->scores[i] < least ? u->scores[i] : least;
        INK_TRY(unigram_add(u, v, i, &nodes, spec->where, err));
    }
    u->unknown = (isfinite(least) ? least : 0) - unigram_penalty;
    return INK_OK;
}

void ink_unigram_clear(ink_unigram *u)
{
    free(u->edges);
    free(u->tokens);
    free(u->scores);
    *u = (ink_unigram){ 0 };
}

/* A way to `to` by token id from `from`: kept when it is better. Of two alike the first stays, which begins earlier. */
static void unigram_way(ink_unigram_place *places, size_t from, size_t to, int32_t id, double score)
{
    const double all = places[from].score + score;
    if (places[to].id == UNIGRAM_NOWHERE || all > places[to].score)
        places[to] = (ink_unigram_place){ .score = all, .from = (uint32_t)from, .id = id };
}

static void unigram_ways(const ink_unigram *u, const ink_vocab *v, bool controls, const uint8_t *p, size_t n, size_t from, ink_unigram_place *places)
{
    const size_t one = ink_char_at(p + from, p + n).size;
    bool single = false;
    uint32_t node = 0;
    for (size_t to = from; to < n && (node = unigram_step(u, node, p[to])) != 0;) {
        const int32_t id = u->tokens[node];
        to++;
        if (id < 0 || (!controls && v->kinds[id] == INK_TOKEN_CONTROL_PART))
            continue;
        unigram_way(places, from, to, id, u->scores[id]);
        single |= to == from + one;
    }
    if (!single)
        unigram_way(places, from, from + one, -1, u->unknown);
}

void ink_unigram_cut(const ink_unigram *u, const ink_vocab *v, bool controls, const uint8_t *p, size_t n, ink_unigram_place *places,
                     void (*give)(void *user, int32_t id, const uint8_t *p, size_t n), void *user)
{
    for (size_t i = 0; i <= n; i++)
        places[i] = (ink_unigram_place){ .id = i ? UNIGRAM_NOWHERE : -1 };
    for (size_t from = 0; from < n; from += ink_char_at(p + from, p + n).size)
        unigram_ways(u, v, controls, p, n, from, places);
    for (size_t to = n; to; to = places[to].from)
        places[places[to].from].next = (uint32_t)to;
    for (size_t from = 0, to; from < n; from = to) {
        to = places[from].next;
        const int32_t id = places[to].id;
        while (id < 0 && to < n && places[places[to].next].id < 0)
            to = places[to].next;
        give(user, id, p + from, to - from);
    }
}
