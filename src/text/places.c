#include "text/places.h"

#include <stdlib.h>
#include <string.h>

enum {
    PLACE_CONFIGS = 4096,          /* of one place */
    PLACE_CALLS_DEEP = 1000,       /* rules within rules: deeper ones are not entered */
    PLACE_BYTES = 256 << 20,       /* of everything */
    PLACE_SEEN = 4 * PLACE_CONFIGS, /* slots; a power of two */
    PLACE_SLOTS = 1 << 10,         /* of the tables at first */
};

typedef struct ink_call { /* where to go on when a rule has ended */
    uint32_t parent, state; /* parent 0: none */
    uint32_t shortest;      /* bytes from there to the end of everything */
    uint32_t depth;
} ink_call;

static uint64_t places_mix(uint64_t a)
{
    a ^= a >> 32;
    a *= 0x9E3779B97F4A7C15u;
    return a ^ a >> 29;
}

/* Room for `more` entries beyond count, within the limit of all bytes. */
static bool places_room(ink_places *p, void **at, size_t count, size_t more, size_t *room, size_t each)
{
    if (p->full)
        return false;
    if (count + more <= *room)
        return true;
    size_t wanted = *room ? *room : 64;
    while (wanted < count + more)
        wanted *= 2;
    p->bytes += (wanted - *room) * each;
    void *grown = p->bytes <= PLACE_BYTES ? realloc(*at, wanted * each) : NULL;
    if (!grown) {
        p->full = true;
        return false;
    }
    *at = grown;
    *room = wanted;
    return true;
}

static bool places_table(ink_places *p, uint32_t **slots, size_t *mask, size_t count)
{
    if (*slots && 2 * count < *mask)
        return true;
    size_t size = *slots ? 2 * (*mask + 1) : PLACE_SLOTS;
    p->bytes += size * sizeof **slots;
    free(*slots);
    *slots = p->bytes <= PLACE_BYTES ? calloc(size, sizeof **slots) : NULL;
    *mask = size - 1;
    p->full = p->full || !*slots;
    return false; /* empty: to be filled again */
}

/* ---- calls ---- */

static uint32_t *places_call_slot(ink_places *p, uint32_t parent, uint32_t state)
{
    size_t i = places_mix((uint64_t)parent << 32 | state) & p->call_mask;
    while (p->call_slots[i] && (p->calls[p->call_slots[i] - 1].parent != parent || p->calls[p->call_slots[i] - 1].state != state))
        i = (i + 1) & p->call_mask;
    return &p->call_slots[i];
}

/* The call of that parent that goes on at state. 0: none may be made. */
static uint32_t places_call(ink_places *p, uint32_t parent, uint32_t state)
{
    const ink_grammar_state *s = &p->grammar.states[state];
    if (s->act == INK_GRAMMAR_END && parent) /* nothing is left to do there: its caller's place is as good, and endless lists stay flat */
        return parent;
    if (!places_table(p, &p->call_slots, &p->call_mask, p->call_count))
        for (uint32_t i = 1; i < p->call_count && !p->full; i++)
            *places_call_slot(p, p->calls[i].parent, p->calls[i].state) = i + 1;
    if (p->full)
        return 0;
    uint32_t *slot = places_call_slot(p, parent, state);
    if (*slot)
        return *slot - 1;
    const ink_call *up = &p->calls[parent];
    if (up->depth >= PLACE_CALLS_DEEP || s->shortest >= INK_GRAMMAR_FAR || up->shortest + s->shortest >= INK_GRAMMAR_FAR)
        return 0;
    const ink_call call = { .parent = parent, .state = state, .shortest = up->shortest + s->shortest, .depth = up->depth + 1 };
    if (!places_room(p, (void **)&p->calls, p->call_count, 1, &p->call_room, sizeof call))
        return 0;
    p->calls[p->call_count] = call;
    *slot = (uint32_t)p->call_count + 1;
    return (uint32_t)p->call_count++;
}

/* ---- a place while it is made ---- */

typedef struct places_made {
    bool ends;
    uint32_t shortest;
    size_t left; /* entries of the set still to be followed: [left, set_count) */
} places_made;

static void places_add(ink_places *p, uint32_t call, uint32_t state)
{
    const uint64_t config = (uint64_t)call << 32 | state;
    size_t i = places_mix(config) & (PLACE_SEEN - 1);
    for (; p->seen[2 * i] == p->stamp; i = (i + 1) & (PLACE_SEEN - 1))
        if (p->set[p->seen[2 * i + 1]] == config)
            return;
    if (p->set_count == PLACE_CONFIGS) {
        p->full = true;
        return;
    }
    p->seen[2 * i] = p->stamp;
    p->seen[2 * i + 1] = (uint32_t)p->set_count;
    p->set[p->set_count++] = config;
}

static void places_begin(ink_places *p)
{
    p->set_count = 0;
    p->stamp++;
}

/* Follows everything that reads no byte. */
static void places_close(ink_places *p, places_made *m)
{
    *m = (places_made){ .shortest = INK_GRAMMAR_FAR };
    for (size_t i = 0; i < p->set_count && !p->full; i++) {
        const uint32_t call = (uint32_t)(p->set[i] >> 32);
        const ink_grammar_state *s = &p->grammar.states[(uint32_t)p->set[i]];
        if (s->act == INK_GRAMMAR_SPLIT) {
            places_add(p, call, s->next);
            places_add(p, call, s->other);
        } else if (s->act == INK_GRAMMAR_CALL && s->shortest < INK_GRAMMAR_FAR) {
            uint32_t inner = places_call(p, call, s->next);
            if (inner)
                places_add(p, inner, p->grammar.rules[s->other].first);
        } else if (s->act == INK_GRAMMAR_END && call) {
            places_add(p, p->calls[call].parent, p->calls[call].state);
        } else if (s->act == INK_GRAMMAR_END) {
            m->ends = true;
        }
    }
}

static int places_order(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Only what reads a byte and can come to an end stays, in order. */
static void places_sift(ink_places *p, places_made *m)
{
    size_t kept = 0;
    for (size_t i = 0; i < p->set_count; i++) {
        const ink_grammar_state *s = &p->grammar.states[(uint32_t)p->set[i]];
        if (s->act != INK_GRAMMAR_BYTE || s->shortest >= INK_GRAMMAR_FAR)
            continue;
        uint32_t far = s->shortest + p->calls[p->set[i] >> 32].shortest;
        m->shortest = far < m->shortest ? far : m->shortest;
        p->set[kept++] = p->set[i];
    }
    p->set_count = kept;
    qsort(p->set, kept, sizeof *p->set, places_order);
    m->shortest = m->ends ? 0 : m->shortest;
}

static uint32_t *places_slot(ink_places *p, const uint64_t *set, size_t count, bool ends)
{
    uint64_t h = count + ends;
    for (size_t i = 0; i < count; i++)
        h = places_mix(h * 31 ^ set[i]);
    size_t i = h & p->place_mask;
    for (; p->place_slots[i]; i = (i + 1) & p->place_mask) {
        const ink_place *q = &p->list[p->place_slots[i] - 1];
        if (q->count == count && q->ends == ends && !memcmp(p->configs + q->first, set, count * sizeof *set))
            break;
    }
    return &p->place_slots[i];
}

/* The place of the set. */
static uint32_t places_intern(ink_places *p)
{
    places_made m;
    places_close(p, &m);
    if (p->full)
        return INK_PLACE_NONE;
    places_sift(p, &m);
    if (!p->set_count && !m.ends)
        return INK_PLACE_NONE;
    if (!places_table(p, &p->place_slots, &p->place_mask, p->count))
        for (uint32_t i = 1; i < p->count && !p->full; i++)
            *places_slot(p, p->configs + p->list[i].first, p->list[i].count, p->list[i].ends) = i + 1;
    if (p->full)
        return INK_PLACE_NONE;
    uint32_t *slot = places_slot(p, p->set, p->set_count, m.ends);
    if (*slot)
        return *slot - 1;
    if (!places_room(p, (void **)&p->list, p->count, 1, &p->room, sizeof *p->list) ||
        !places_room(p, (void **)&p->configs, p->config_count, p->set_count, &p->config_room, sizeof *p->configs))
        return INK_PLACE_NONE;
    memcpy(p->configs + p->config_count, p->set, p->set_count * sizeof *p->set);
    p->list[p->count] = (ink_place){ .first = (uint32_t)p->config_count, .count = (uint32_t)p->set_count, .shortest = m.shortest, .ends = m.ends };
    p->config_count += p->set_count;
    *slot = (uint32_t)p->count + 1;
    return (uint32_t)p->count++;
}

static uint32_t places_follow(ink_places *p, uint32_t place, uint8_t byte)
{
    const ink_place at = p->list[place];
    places_begin(p);
    for (uint32_t i = 0; i < at.count; i++) {
        const uint64_t config = p->configs[at.first + i];
        const ink_grammar_state *s = &p->grammar.states[(uint32_t)config];
        if (byte >= s->low && byte <= s->high)
            places_add(p, (uint32_t)(config >> 32), s->next);
    }
    return p->set_count ? places_intern(p) : INK_PLACE_NONE;
}

uint32_t ink_places_step(ink_places *p, uint32_t place, uint8_t byte)
{
    ink_place *at = &p->list[place];
    const unsigned class = p->class_of[byte];
    if (at->next && at->next[class])
        return at->next[class] - 1;
    if (p->full || place == INK_PLACE_NONE)
        return INK_PLACE_NONE;
    if (!at->next) {
        p->bytes += p->classes * sizeof *at->next;
        at->next = p->bytes <= PLACE_BYTES ? calloc(p->classes, sizeof *at->next) : NULL;
        if (!at->next) {
            p->full = true;
            return INK_PLACE_NONE;
        }
    }
    uint32_t to = places_follow(p, place, byte);
    if (!p->full)
        p->list[place].next[class] = to + 1; /* the list may have moved */
    return to;
}

int ink_places_closer(ink_places *p, uint32_t place, const bool may[256])
{
    const ink_place *at = &p->list[place];
    int found = -1;
    for (uint32_t i = 0; i < at->count && !at->ends; i++) {
        const uint64_t config = p->configs[at->first + i];
        const ink_grammar_state *s = &p->grammar.states[(uint32_t)config];
        if (s->shortest + p->calls[config >> 32].shortest != at->shortest)
            continue;
        for (int b = s->low; b <= s->high; b++)
            if (may[b])
                return b;
        found = found < 0 ? s->low : found;
    }
    return found;
}

/* ---- the whole ---- */

static void places_classes(ink_places *p)
{
    bool edge[257] = { true };
    for (size_t i = 0; i < p->grammar.state_count; i++)
        if (p->grammar.states[i].act == INK_GRAMMAR_BYTE)
            edge[p->grammar.states[i].low] = edge[p->grammar.states[i].high + 1] = true;
    for (unsigned b = 0; b < 256; b++) {
        p->classes += edge[b];
        p->class_of[b] = (uint8_t)(p->classes - 1);
    }
}

static bool places_first(ink_places *p)
{
    p->set = malloc(PLACE_CONFIGS * sizeof *p->set);
    p->seen = calloc(2 * PLACE_SEEN, sizeof *p->seen);
    if (!p->set || !p->seen || !places_room(p, (void **)&p->list, 0, 1, &p->room, sizeof *p->list) || !places_room(p, (void **)&p->calls, 0, 1, &p->call_room, sizeof *p->calls) ||
        !places_room(p, (void **)&p->configs, 0, 1, &p->config_room, sizeof *p->configs)) /* also where the first place has none: only the empty text */
        return false;
    p->list[p->count++] = (ink_place){ .shortest = INK_GRAMMAR_FAR };
    p->calls[p->call_count++] = (ink_call){ 0 };
    places_begin(p);
    places_add(p, 0, p->grammar.rules[0].first);
    return places_intern(p) == INK_PLACE_START;
}

ink_status ink_places_make(ink_places *p, ink_grammar *g, const char *where, ink_err *err)
{
    *p = (ink_places){ .grammar = *g };
    *g = (ink_grammar){ 0 };
    places_classes(p);
    return places_first(p) ? INK_OK : ink_fail(err, INK_E_LIMIT, "%s: too many ways to read it at once, or no memory for them", where);
}

void ink_places_clear(ink_places *p)
{
    for (size_t i = 0; i < p->count; i++)
        free(p->list[i].next);
    ink_grammar_clear(&p->grammar);
    free(p->list);
    free(p->configs);
    free(p->calls);
    free(p->place_slots);
    free(p->call_slots);
    free(p->set);
    free(p->seen);
    *p = (ink_places){ 0 };
}
