/* How an unknown word is said: the likeliest row of units (a letter with what it says), by a beam over the model of
   g2p_tables.h. Whole numbers only, so that it is the same everywhere. */
#include "text/g2p.h"
#include "text/g2p_tables.h"

#include <string.h>

enum { GUESS_BEAM = 12, GUESS_WORSE = 100, GUESS_FAR = 1 << 28 };

typedef struct guess_way { /* one way to say the letters up to here */
    uint64_t context;      /* the last units, as one number to the base of units + INK_G2P_FIRST */
    int32_t cost;
    int16_t before; /* place in the column of the letter before */
    uint16_t unit;
} guess_way;

typedef struct guess_column {
    guess_way at[GUESS_BEAM];
    size_t count;
} guess_column;

static const unsigned char *guess_slot(uint64_t key)
{
    uint64_t h = key * 0x9E3779B97F4A7C15u;
    h ^= h >> 29;
    for (uint64_t slot = (h & 0xFFFFFFFF) * ink_english.slots >> 32;; slot = (slot + 1) % ink_english.slots) {
        const unsigned char *at = ink_english_grams + 5 * slot;
        const uint32_t mark = at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16;
        if (mark == h >> 40 && (at[3] != INK_G2P_EMPTY || at[4] != INK_G2P_EMPTY))
            return at;
        if (mark == 0xFFFFFF && at[3] == INK_G2P_EMPTY && at[4] == INK_G2P_EMPTY)
            return NULL;
    }
}

typedef struct guess_behind { /* what stands before a unit, from long to short: the rows as numbers, and what it costs to come to them */
    uint64_t rows[INK_G2P_ORDER];
    int32_t costs[INK_G2P_ORDER];
    size_t count;
} guess_behind;

static void guess_look_behind(uint64_t context, guess_behind *out)
{
    const uint64_t base = ink_english.units + INK_G2P_FIRST;
    int32_t cost = 0;
    uint64_t scale = base * base * base * base;
    out->count = 0;
    for (int n = INK_G2P_ORDER; n >= 1; n--, scale /= base) {
        const uint64_t behind = context % scale;
        if (n > 1 && behind < scale / base)
            continue; /* fewer units stand before */
        const unsigned char *at = n > 1 ? guess_slot(behind) : NULL;
        if (n > 1 && (!at || at[4] == INK_G2P_EMPTY))
            continue; /* no row is known to go on from here */
        out->rows[out->count] = behind * base;
        out->costs[out->count++] = cost;
        cost += at ? at[4] : 0;
    }
}

/* What a unit costs after its context: the longest row that is known, and what it costs to have fallen back to it. */
static int32_t guess_cost(const guess_behind *b, uint32_t unit)
{
    for (size_t i = 0; i < b->count; i++) {
        const unsigned char *at = guess_slot(b->rows[i] + unit);
        if (at && at[3] != INK_G2P_EMPTY)
            return b->costs[i] + at[3];
    }
    return b->costs[b->count - 1] + INK_G2P_EMPTY;
}

/* Puts a way among the best; of two with the same context the cheaper stays. */
static void guess_put(guess_column *c, guess_way w)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->at[i].context == w.context) {
            if (c->at[i].cost <= w.cost)
                return;
            memmove(c->at + i, c->at + i + 1, (--c->count - i) * sizeof w);
            break;
        }
    size_t place = c->count;
    while (place && c->at[place - 1].cost > w.cost)
        place--;
    if (place == GUESS_BEAM)
        return;
    c->count += c->count < GUESS_BEAM;
    memmove(c->at + place + 1, c->at + place, (c->count - 1 - place) * sizeof w);
    c->at[place] = w;
}

static void guess_letter(char letter, const guess_column *before, guess_column *here)
{
    const uint64_t base = ink_english.units + INK_G2P_FIRST, room = base * base * base * base;
    uint32_t first = 0;
    while (first < ink_english.units && ink_english_sayings[3 * first] != (unsigned char)letter)
        first++;
    for (size_t i = 0; i < before->count && before->at[i].cost <= before->at[0].cost + GUESS_WORSE; i++) {
        const guess_way *w = &before->at[i];
        guess_behind behind;
        guess_look_behind(w->context, &behind);
        for (uint32_t u = first; u < ink_english.units && ink_english_sayings[3 * u] == (unsigned char)letter; u++) {
            const uint32_t id = u + INK_G2P_FIRST;
            guess_put(here, (guess_way){ w->context * base % room + id, w->cost + guess_cost(&behind, id), (int16_t)i, (uint16_t)u });
        }
    }
}

static void guess_read(const guess_column *columns, size_t n, size_t best, ink_phones *out)
{
    uint16_t units[INK_WORD_LONGEST];
    for (size_t i = n; i > 0; best = (size_t)columns[i].at[best].before, i--)
        units[i - 1] = columns[i].at[best].unit;
    out->count = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 1; k < 3; k++)
            if (ink_english_sayings[3 * units[i] + k] != 255)
                out->at[out->count++] = ink_english_sayings[3 * units[i] + k];
}

/* One primary stress: the first that is there, else the first secondary, else the first vowel. */
static void guess_stress(ink_phones *p)
{
    size_t best = p->count;
    unsigned rank = 3;
    static const unsigned ranks[] = { 2, 0, 1 };
    for (size_t i = 0; i < p->count; i++)
        if (ink_phone_is_vowel(p->at[i]) && ranks[ink_phone_stress(p->at[i])] < rank) {
            best = i;
            rank = ranks[ink_phone_stress(p->at[i])];
        }
    for (size_t i = 0; i < p->count; i++)
        if (ink_phone_is_vowel(p->at[i])) {
            const unsigned stress = ink_phone_stress(p->at[i]);
            p->at[i] = (uint8_t)(p->at[i] - stress + (i == best ? 1 : stress == 1 ? 2 : stress));
        }
}

void ink_g2p_guess(const char *word, size_t n, ink_phones *out)
{
    guess_column columns[INK_WORD_LONGEST + 1];
    n = n < INK_WORD_LONGEST ? n : INK_WORD_LONGEST;
    columns[0] = (guess_column){ .at = { { .context = INK_G2P_BEGIN } }, .count = 1 };
    for (size_t i = 0; i < n; i++) {
        columns[i + 1].count = 0;
        guess_letter(word[i], &columns[i], &columns[i + 1]);
    }
    size_t best = 0;
    int32_t least = GUESS_FAR;
    for (size_t i = 0; i < columns[n].count; i++) {
        guess_behind behind;
        guess_look_behind(columns[n].at[i].context, &behind);
        const int32_t cost = columns[n].at[i].cost + guess_cost(&behind, INK_G2P_END);
        if (cost < least) {
            least = cost;
            best = i;
        }
    }
    guess_read(columns, n, best, out);
    guess_stress(out);
}
