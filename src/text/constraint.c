/* Masks over a vocabulary, place by place, and the way to an end in so many tokens. */
#include "text/places.h"
#include "text/trie.h"

#include <ink/constraint.h>
#include <stdlib.h>
#include <string.h>

enum {
    CONSTRAINT_KEPT_BYTES = 64 << 20, /* of masks that are kept */
    CONSTRAINT_FAR = INK_GRAMMAR_FAR,
    CONSTRAINT_PATH = 1 << 16,        /* bytes to an end that are spelled in tokens; beyond, a byte counts as one */
};

typedef struct constraint_place { /* what is known of a place */
    uint64_t *mask;     /* NULL: not kept */
    uint32_t worst;     /* the most bytes to an end after any of its tokens */
    uint32_t tokens;    /* that spell the way to an end, + 1; 0: not known */
    uint32_t plain;     /* where every plain character leads, + 1; 0: not known; INK_PLACE_NONE + 1: they differ */
} constraint_place;

struct ink_constraint {
    ink_places places;
    const ink_token_tree *tree; /* the tokenizer's */
    size_t words;       /* of a mask; those beyond the tree's are zero */
    constraint_place *known;
    size_t known_room, kept_bytes;
    uint64_t *mask;     /* of the last question, when it is not kept */
    const ink_tokenizer *tokenizer;
    uint32_t *path;     /* places on the way to an end, then the tokens from each */
    uint8_t *spelled;   /* bytes between them */
    uint32_t *counts;
    char where[128];
};

static constraint_place *constraint_known(ink_constraint *c, uint32_t place)
{
    if (place >= c->known_room) {
        size_t room = c->known_room ? 2 * c->known_room : 256;
        room = room > place ? room : (size_t)place + 1;
        constraint_place *more = realloc(c->known, room * sizeof *more);
        if (!more) {
            c->places.full = true;
            return NULL;
        }
        memset(more + c->known_room, 0, (room - c->known_room) * sizeof *more);
        c->known = more;
        c->known_room = room;
    }
    return &c->known[place];
}

/* ---- how far an end is ---- */

/* Which lengths of bytes from p on are a token. */
static void constraint_tokens_at(const ink_trie *t, const uint8_t *p, size_t n, bool ends[INK_TRIE_LONGEST + 1])
{
    memset(ends, 0, INK_TRIE_LONGEST + 1);
    uint32_t at = 0, stop = (uint32_t)t->count;
    for (size_t depth = 0; depth < n && depth < INK_TRIE_LONGEST; depth++) {
        while (at < stop && t->nodes[at].byte != p[depth])
            at = t->nodes[at].end;
        if (at >= stop)
            return;
        ends[depth + 1] = t->nodes[at].count > 0;
        stop = t->nodes[at].end;
        at++;
    }
}

/* The way to an end that each place names is one text, whose rest is the way of each place on it: so its cheapest spelling is found from behind. */
static void constraint_spell(ink_constraint *c, size_t n)
{
    bool ends[INK_TRIE_LONGEST + 1];
    c->counts[n] = 0;
    for (size_t i = n; i--;) {
        uint32_t best = CONSTRAINT_FAR;
        constraint_tokens_at(&c->tree->all, c->spelled + i, n - i, ends);
        for (size_t k = 1; k <= n - i && k <= INK_TRIE_LONGEST; k++)
            if (ends[k] && c->counts[i + k] < best)
                best = c->counts[i + k] + 1;
        c->counts[i] = best;
    }
    for (size_t i = 0; i <= n; i++) {
        constraint_place *k = constraint_known(c, c->path[i]);
        if (k)
            k->tokens = c->counts[i] + 1;
    }
}

static bool constraint_path_room(ink_constraint *c)
{
    const size_t n = CONSTRAINT_PATH + 1;
    if (!c->path)
        c->path = malloc(n * (2 * sizeof *c->path + sizeof *c->spelled));
    c->counts = c->path ? c->path + n : NULL;
    c->spelled = c->path ? (uint8_t *)(c->counts + n) : NULL;
    return c->path != NULL;
}

/* Tokens that are enough from a place to an end. */
static uint32_t constraint_tokens(ink_constraint *c, uint32_t place)
{
    const uint32_t bytes = c->places.list[place].shortest;
    constraint_place *k = constraint_known(c, place);
    if (!bytes || !k || bytes > CONSTRAINT_PATH || !constraint_path_room(c))
        return bytes;
    if (k->tokens)
        return k->tokens - 1;
    size_t n = 0;
    for (c->path[0] = place; n < bytes; n++) {
        int byte = ink_places_closer(&c->places, c->path[n], c->tree->single);
        if (byte < 0)
            break;
        c->spelled[n] = (uint8_t)byte;
        c->path[n + 1] = ink_places_step(&c->places, c->path[n], (uint8_t)byte);
        if (c->path[n + 1] == INK_PLACE_NONE)
            return CONSTRAINT_FAR;
    }
    constraint_spell(c, n);
    return c->known[place].tokens - 1;
}

/* Whether an end can be reached from there in `left` tokens. */
static bool constraint_in_time(ink_constraint *c, uint32_t place, size_t left)
{
    return constraint_tokens(c, place) <= left;
}

/* ---- plain characters ---- */

/* Where all bytes of a range lead; NONE when that differs. */
static uint32_t constraint_range(ink_constraint *c, uint32_t place, unsigned low, unsigned high)
{
    uint32_t to = ink_places_step(&c->places, place, (uint8_t)low);
    for (unsigned b = low + 1; b <= high && to != INK_PLACE_NONE; b++)
        if (ink_places_step(&c->places, place, (uint8_t)b) != to)
            return INK_PLACE_NONE;
    return to;
}

/* The ranges of each byte of well-formed UTF-8 (Unicode 15, table 3-7) but quote, backslash and controls. */
static const uint8_t constraint_plain[][8] = {
    { 0x20, 0x21 }, { 0x23, 0x5B }, { 0x5D, 0x7F }, { 0xC2, 0xDF, 0x80, 0xBF }, { 0xE0, 0xE0, 0xA0, 0xBF, 0x80, 0xBF }, { 0xE1, 0xEC, 0x80, 0xBF, 0x80, 0xBF },
    { 0xED, 0xED, 0x80, 0x9F, 0x80, 0xBF }, { 0xEE, 0xEF, 0x80, 0xBF, 0x80, 0xBF }, { 0xF0, 0xF0, 0x90, 0xBF, 0x80, 0xBF, 0x80, 0xBF },
    { 0xF1, 0xF3, 0x80, 0xBF, 0x80, 0xBF, 0x80, 0xBF }, { 0xF4, 0xF4, 0x80, 0x8F, 0x80, 0xBF, 0x80, 0xBF },
};

static uint32_t constraint_plain_find(ink_constraint *c, uint32_t place)
{
    uint32_t all = INK_PLACE_NONE;
    for (size_t i = 0; i < sizeof constraint_plain / sizeof *constraint_plain; i++) {
        const uint8_t *r = constraint_plain[i];
        uint32_t to = place;
        for (size_t k = 0; k < 8 && r[k] && to != INK_PLACE_NONE; k += 2)
            to = constraint_range(c, to, r[k], r[k + 1]);
        if (to == INK_PLACE_NONE || (i && to != all))
            return INK_PLACE_NONE;
        all = to;
    }
    return all;
}

/* Where every plain character leads, when that is one place. */
static uint32_t constraint_plain_to(ink_constraint *c, uint32_t place)
{
    constraint_place *k = constraint_known(c, place);
    if (!k || k->plain)
        return k ? k->plain - 1 : INK_PLACE_NONE;
    uint32_t to = constraint_plain_find(c, place);
    k = constraint_known(c, place);
    if (k)
        k->plain = to + 1;
    return to;
}

/* ---- masks ---- */

static void constraint_allow(uint64_t *mask, uint32_t token)
{
    mask[token / 64] |= (uint64_t)1 << token % 64;
}

/* Sets the tokens of a tree that go on from a place and may end within `left` more; the most bytes any leaves to an end. */
static uint32_t constraint_walk(ink_constraint *c, const ink_trie *t, uint32_t place, size_t left, uint64_t *mask)
{
    uint32_t at[INK_TRIE_LONGEST + 1] = { place }, worst = 0;
    for (uint32_t i = 0; i < t->count;) {
        const ink_trie_node *n = &t->nodes[i];
        uint32_t to = ink_places_step(&c->places, at[n->depth - 1], n->byte);
        if (to == INK_PLACE_NONE) {
            i = n->end;
            continue;
        }
        at[n->depth] = to;
        uint32_t far = n->count ? c->places.list[to].shortest : 0;
        worst = far > worst ? far : worst;
        if (n->count && (far <= left || constraint_in_time(c, to, left)))
            for (uint32_t k = 0; k < n->count; k++)
                constraint_allow(mask, t->tokens[n->first + k]);
        i++;
    }
    return worst;
}

/* The same for plain tokens, when plain characters all lead the same way for a while. */
static uint32_t constraint_walk_plain(ink_constraint *c, uint32_t place, size_t left, uint64_t *mask)
{
    uint32_t worst = 0;
    for (size_t k = 1; k <= INK_TRIE_PLAIN; k++) {
        place = constraint_plain_to(c, place);
        if (place == INK_PLACE_NONE)
            break;
        uint32_t far = c->places.list[place].shortest;
        worst = far > worst ? far : worst;
        const uint64_t *plain = c->tree->plain + k * c->tree->words;
        if (far <= left || constraint_in_time(c, place, left))
            for (size_t i = 0; i < c->tree->words; i++)
                mask[i] |= plain[i];
    }
    return worst;
}

/* Whether the plain tokens are dealt with by walk_plain: all of their ways are one, or the way ends for all at once. */
static bool constraint_even(ink_constraint *c, uint32_t place)
{
    for (size_t k = 0; k < INK_TRIE_PLAIN; k++) {
        const uint32_t to = constraint_plain_to(c, place);
        if (to == place)
            return true;
        if (to == INK_PLACE_NONE) { /* none may read a plain character, if this is to be the end of all */
            for (size_t i = 0; i < sizeof constraint_plain / sizeof *constraint_plain; i++)
                for (unsigned b = constraint_plain[i][0]; b <= constraint_plain[i][1]; b++)
                    if (ink_places_step(&c->places, place, (uint8_t)b) != INK_PLACE_NONE)
                        return false;
            return true;
        }
        place = to;
    }
    return true;
}

static uint32_t constraint_fill(ink_constraint *c, uint32_t place, size_t left, uint64_t *mask)
{
    memset(mask, 0, c->words * sizeof *mask);
    if (!constraint_even(c, place))
        return constraint_walk(c, &c->tree->all, place, left, mask);
    uint32_t plain = constraint_walk_plain(c, place, left, mask), rest = constraint_walk(c, &c->tree->rest, place, left, mask);
    return plain > rest ? plain : rest;
}

static ink_status constraint_full(const ink_constraint *c, ink_err *err)
{
    return ink_fail(err, INK_E_LIMIT, "%s: its grammar grew beyond what is kept in memory (256 MiB); count less far, or nest less", c->where);
}

/* The mask of a place with room to spare, made once while there is memory for it. */
static ink_status constraint_whole(ink_constraint *c, uint32_t place, ink_err *err)
{
    const size_t bytes = c->words * sizeof *c->mask;
    uint64_t *mask = c->kept_bytes + bytes <= CONSTRAINT_KEPT_BYTES ? malloc(bytes) : NULL;
    if (!mask)
        return INK_OK; /* made anew each time */
    uint32_t worst = constraint_fill(c, place, CONSTRAINT_FAR, mask);
    constraint_place *k = constraint_known(c, place);
    if (c->places.full || !k) {
        free(mask);
        return constraint_full(c, err);
    }
    c->kept_bytes += bytes;
    k->mask = mask;
    k->worst = worst;
    return INK_OK;
}

static bool constraint_none(const ink_constraint *c, const uint64_t *mask)
{
    uint64_t any = 0;
    for (size_t i = 0; i < c->words; i++)
        any |= mask[i];
    return !any;
}

ink_status ink_constraint_mask(ink_constraint *c, ink_constraint_state at, size_t left, const uint64_t **bits, bool *ends, bool *more, ink_err *err)
{
    constraint_place *k = constraint_known(c, at);
    *ends = c->places.list[at].ends;
    *more = false;
    if (!left)
        return INK_OK;
    if (k && !k->mask && !c->places.full)
        INK_TRY(constraint_whole(c, at, err));
    k = constraint_known(c, at);
    if (!k || c->places.full)
        return constraint_full(c, err);
    *bits = k->mask;
    if (!k->mask || k->worst > left - 1) {
        constraint_fill(c, at, left - 1, c->mask);
        *bits = c->mask;
    }
    *more = !constraint_none(c, *bits);
    if (c->places.full)
        return constraint_full(c, err);
    return *ends || *more ? INK_OK : ink_fail(err, INK_E_LIMIT, "%s: no token of the model's vocabulary goes on from here within %zu more", c->where, left);
}

bool ink_constraint_ends(const ink_constraint *c, ink_constraint_state at)
{
    return c->places.list[at].ends;
}

ink_status ink_constraint_take(ink_constraint *c, ink_constraint_state *at, int32_t token, ink_err *err)
{
    ink_text text = ink_token_bytes(c->tokenizer, token);
    for (size_t i = 0; i < text.size; i++)
        *at = ink_places_step(&c->places, *at, (uint8_t)text.data[i]);
    if (c->places.full)
        return constraint_full(c, err);
    return *at != INK_PLACE_NONE ? INK_OK : ink_fail(err, INK_E_ARGUMENT, "%s: token %d does not belong to it", c->where, (int)token);
}

ink_constraint_state ink_constraint_start(const ink_constraint *c)
{
    (void)c;
    return INK_PLACE_START;
}

size_t ink_constraint_shortest(ink_constraint *c)
{
    return constraint_tokens(c, INK_PLACE_START);
}

bool ink_constraint_accepts(ink_constraint *c, const char *text, size_t n, bool *begins)
{
    uint32_t at = INK_PLACE_START;
    for (size_t i = 0; i < n && at != INK_PLACE_NONE; i++)
        at = ink_places_step(&c->places, at, (uint8_t)text[i]);
    if (begins)
        *begins = at != INK_PLACE_NONE;
    return c->places.list[at].ends;
}

/* ---- making one ---- */

static ink_status constraint_choices(ink_grammar *g, const ink_constraint_spec *spec, ink_err *err)
{
    ink_expression all = 0;
    for (size_t i = 0; i < spec->choices.count; i++) {
        if (!*spec->choices.at[i])
            return ink_fail(err, INK_E_ARGUMENT, "%s: an empty text cannot be a choice", spec->where);
        all = ink_grammar_or(g, all, ink_grammar_text(g, spec->choices.at[i], strlen(spec->choices.at[i])));
    }
    ink_grammar_define(g, ink_grammar_rule_new(g), all);
    return INK_OK;
}

static ink_status constraint_regex(ink_grammar *g, const ink_constraint_spec *spec, ink_err *err)
{
    ink_expression all;
    uint32_t rule = ink_grammar_rule_new(g);
    INK_TRY(ink_grammar_regex(g, spec->text, spec->n, INK_REGEX_WHOLE, spec->where, &all, err));
    ink_grammar_define(g, rule, all);
    return INK_OK;
}

static ink_status constraint_gbnf(ink_grammar *g, const ink_constraint_spec *spec, ink_err *err)
{
    return ink_grammar_from_gbnf(g, spec->text, spec->n, spec->where, err);
}

static ink_status constraint_schema(ink_grammar *g, const ink_constraint_spec *spec, ink_err *err)
{
    return ink_grammar_from_schema(g, spec->text, spec->n, spec->where, err);
}

static ink_status (*const constraint_notations[])(ink_grammar *g, const ink_constraint_spec *spec, ink_err *err) = {
    [INK_CONSTRAINT_GBNF] = constraint_gbnf,
    [INK_CONSTRAINT_JSON_SCHEMA] = constraint_schema,
    [INK_CONSTRAINT_REGEX] = constraint_regex,
    [INK_CONSTRAINT_CHOICE] = constraint_choices,
};

static ink_status constraint_make(ink_constraint *c, size_t vocab, const ink_constraint_spec *spec, ink_grammar *g, ink_err *err)
{
    size_t n = strlen(spec->where);
    memcpy(c->where, spec->where, n < sizeof c->where ? n : sizeof c->where - 1);
    if (spec->n > INK_GRAMMAR_BYTES)
        return ink_fail(err, INK_E_LIMIT, "%s has %zu bytes; at most %d are read", spec->where, spec->n, INK_GRAMMAR_BYTES);
    INK_TRY(constraint_notations[spec->kind](g, spec, err));
    INK_TRY(ink_grammar_compile(g, spec->where, err));
    if (!g->rules[0].shortest && g->state_count == 1)
        return ink_fail(err, INK_E_ARGUMENT, "%s: only the empty text fits it", spec->where);
    INK_TRY(ink_places_make(&c->places, g, spec->where, err));
    INK_TRY(ink_token_tree_get(c->tokenizer, vocab, &c->tree, err));
    c->words = (vocab + 63) / 64;
    c->mask = calloc(c->words, sizeof *c->mask);
    return c->mask ? INK_OK : ink_fail(err, INK_E_MEMORY, "%s: no memory for its masks", spec->where);
}

ink_status ink_constraint_new(const ink_tokenizer *t, size_t vocab, const ink_constraint_spec *spec, ink_constraint **out, ink_err *err)
{
    ink_grammar g = { 0 };
    ink_constraint *c = calloc(1, sizeof *c);
    if (!c)
        return ink_fail(err, INK_E_MEMORY, "no memory for a constraint");
    c->tokenizer = t;
    ink_status status = constraint_make(c, vocab, spec, &g, err);
    ink_grammar_clear(&g);
    if (status)
        ink_constraint_free(c);
    else
        *out = c;
    return status;
}

void ink_constraint_free(ink_constraint *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->known_room; i++)
        free(c->known[i].mask);
    ink_places_clear(&c->places);
    free(c->known);
    free(c->mask);
    free(c->path);
    free(c);
}
