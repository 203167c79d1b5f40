/* A notation made of any bytes: refused in a sentence, or a language whose shortest text it accepts. */
#ifndef INK_FUZZ_CONSTRAINT_H
#define INK_FUZZ_CONSTRAINT_H

#include "fuzz.h"
#include "text/places.h"

#include <ink/constraint.h>
#include <string.h>

/* The shortest way to an end is a way, and of the length that was foretold. */
static void fuzz_places(ink_grammar *g)
{
    ink_places p;
    ink_err err = { 0 };
    bool any[256];
    memset(any, 1, sizeof any);
    if (!ink_places_make(&p, g, "it", &err)) {
        uint32_t at = INK_PLACE_START, length = p.list[at].shortest;
        for (uint32_t n = 0; n < length && n < 10000 && !p.full; n++) {
            int byte = ink_places_closer(&p, at, any);
            fuzz_need(byte >= 0);
            at = ink_places_step(&p, at, (uint8_t)byte);
            fuzz_need(p.full || (at != INK_PLACE_NONE && p.list[at].shortest == length - n - 1));
        }
    }
    ink_places_clear(&p);
}

static int fuzz_grammar(ink_status read, ink_grammar *g, ink_err *err)
{
    if (!read)
        read = ink_grammar_compile(g, "it", err);
    if (read)
        fuzz_need(err->status && err->text[0]);
    else
        fuzz_places(g);
    ink_grammar_clear(g);
    return 0;
}

#endif
