/* Places in a language: sets of (state, stack of calls) of its automaton, each made once. A byte leads from place to place;
   where it leads is remembered. Stacks are shared: equal ones are one. */
#ifndef INK_TEXT_PLACES_H
#define INK_TEXT_PLACES_H

#include "text/grammar.h"

enum { INK_PLACE_NONE = 0, INK_PLACE_START = 1 }; /* no text goes on from NONE */

typedef struct ink_place {
    uint32_t first, count; /* its configurations */
    uint32_t shortest;     /* bytes to an end */
    uint32_t *next;        /* by class of byte; 0: not known, else a place + 1. NULL: none known */
    bool ends;             /* the text may end here */
} ink_place;

typedef struct ink_places { /* start as { 0 } */
    ink_grammar grammar;   /* owned */
    uint8_t class_of[256]; /* bytes that no state tells apart */
    uint16_t classes;
    ink_place *list;
    size_t count, room;
    uint64_t *configs;     /* stack << 32 | state */
    size_t config_count, config_room;
    struct ink_call *calls;
    size_t call_count, call_room;
    uint32_t *place_slots, *call_slots; /* hash tables: index + 1 */
    size_t place_mask, call_mask;
    uint64_t *set;         /* the place being made */
    size_t set_count;
    uint32_t *seen, stamp; /* which calls × states are in it, by hash */
    size_t bytes;
    bool full;             /* a limit was met: what it says means nothing any more */
} ink_places;

/* Takes a compiled grammar over, whatever comes of it. */
ink_status ink_places_make(ink_places *p, ink_grammar *g, const char *where, ink_err *err);
void ink_places_clear(ink_places *p);
uint32_t ink_places_step(ink_places *p, uint32_t place, uint8_t byte);

/* A byte on the shortest way to an end, of those for which `may` is true where there is a choice; -1 at an end. */
int ink_places_closer(ink_places *p, uint32_t place, const bool may[256]);

#endif
