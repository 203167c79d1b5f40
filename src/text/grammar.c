/* Building expressions, and the states made of them. */
#include "text/grammar.h"

#include "text/unicode.h"

#include <stdlib.h>
#include <string.h>

enum { NODE_NEVER, NODE_EMPTY, NODE_BYTE, NODE_THEN, NODE_OR, NODE_REPEAT, NODE_CALL };

void ink_grammar_clear(ink_grammar *g)
{
    free(g->nodes);
    free(g->rules);
    free(g->states);
    *g = (ink_grammar){ 0 };
}

/* Room for one entry more; false when there is none. */
static bool grammar_room(ink_grammar *g, void **at, size_t count, size_t *room, size_t each, size_t most, const char *what)
{
    if (g->failed)
        return false;
    if (count < *room)
        return true;
    size_t wanted = *room ? 2 * *room : 256;
    void *more = count < most ? realloc(*at, wanted * each) : NULL;
    if (!more) {
        g->failed = true;
        g->limit = count < most ? NULL : what;
        return false;
    }
    *at = more;
    *room = wanted;
    return true;
}

static ink_expression grammar_node(ink_grammar *g, ink_grammar_node node)
{
    if (!g->node_count) { /* the first is the one that never matches */
        if (!grammar_room(g, (void **)&g->nodes, 0, &g->node_room, sizeof node, INK_GRAMMAR_NODES, "expressions"))
            return 0;
        g->nodes[g->node_count++] = (ink_grammar_node){ .kind = NODE_NEVER };
    }
    if (!grammar_room(g, (void **)&g->nodes, g->node_count, &g->node_room, sizeof node, INK_GRAMMAR_NODES, "expressions"))
        return 0;
    g->nodes[g->node_count] = node;
    return (ink_expression)g->node_count++;
}

ink_expression ink_grammar_empty(ink_grammar *g)
{
    return grammar_node(g, (ink_grammar_node){ .kind = NODE_EMPTY });
}

ink_expression ink_grammar_byte(ink_grammar *g, uint8_t low, uint8_t high)
{
    return grammar_node(g, (ink_grammar_node){ .kind = NODE_BYTE, .low = low, .high = high });
}

ink_expression ink_grammar_then(ink_grammar *g, ink_expression a, ink_expression b)
{
    return a && b ? grammar_node(g, (ink_grammar_node){ .kind = NODE_THEN, .a = a, .b = b }) : 0;
}

ink_expression ink_grammar_or(ink_grammar *g, ink_expression a, ink_expression b)
{
    return a && b ? grammar_node(g, (ink_grammar_node){ .kind = NODE_OR, .a = a, .b = b }) : a | b;
}

ink_expression ink_grammar_repeat(ink_grammar *g, ink_expression a, uint32_t min, uint32_t max)
{
    if (!a)
        return min ? 0 : ink_grammar_empty(g);
    return grammar_node(g, (ink_grammar_node){ .kind = NODE_REPEAT, .a = a, .min = min, .max = max });
}

ink_expression ink_grammar_maybe(ink_grammar *g, ink_expression a)
{
    return ink_grammar_repeat(g, a, 0, 1);
}

ink_expression ink_grammar_text(ink_grammar *g, const char *text, size_t n)
{
    ink_expression all = n ? 0 : ink_grammar_empty(g);
    for (size_t i = 0; i < n && !g->failed; i++) {
        ink_expression byte = ink_grammar_byte(g, (uint8_t)text[i], (uint8_t)text[i]);
        all = i ? ink_grammar_then(g, all, byte) : byte;
    }
    return all;
}

/* Code points of one length of UTF-8, split until each byte runs free of the others (Thompson's construction of classes). */
static ink_expression grammar_utf8(ink_grammar *g, uint32_t low, uint32_t high)
{
    for (unsigned i = 1; i < 4; i++) {
        const uint32_t tail = ((uint32_t)1 << 6 * i) - 1;
        if ((low & ~tail) == (high & ~tail))
            continue;
        if (low & tail)
            return ink_grammar_or(g, grammar_utf8(g, low, low | tail), grammar_utf8(g, (low | tail) + 1, high));
        if ((high & tail) != tail)
            return ink_grammar_or(g, grammar_utf8(g, low, (high & ~tail) - 1), grammar_utf8(g, high & ~tail, high));
    }
    char from[4], to[4];
    size_t n = ink_utf8_put(low, from);
    ink_utf8_put(high, to);
    ink_expression all = ink_grammar_byte(g, (uint8_t)from[0], (uint8_t)to[0]);
    for (size_t i = 1; i < n; i++)
        all = ink_grammar_then(g, all, ink_grammar_byte(g, (uint8_t)from[i], (uint8_t)to[i]));
    return all;
}

ink_expression ink_grammar_points(ink_grammar *g, uint32_t low, uint32_t high)
{
    static const uint32_t runs[][2] = { { 0, 0x7F }, { 0x80, 0x7FF }, { 0x800, 0xD7FF }, { 0xE000, 0xFFFF }, { 0x10000, INK_POINT_LAST } };
    ink_expression all = 0;
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        uint32_t from = low > runs[i][0] ? low : runs[i][0], to = high < runs[i][1] ? high : runs[i][1];
        if (from <= to)
            all = ink_grammar_or(g, all, grammar_utf8(g, from, to));
    }
    return all;
}

ink_expression ink_grammar_call(ink_grammar *g, uint32_t rule)
{
    return grammar_node(g, (ink_grammar_node){ .kind = NODE_CALL, .a = rule });
}

uint32_t ink_grammar_rule_new(ink_grammar *g)
{
    if (!grammar_room(g, (void **)&g->rules, g->rule_count, &g->rule_room, sizeof *g->rules, INK_GRAMMAR_RULES, "rules"))
        return 0;
    g->rules[g->rule_count] = (ink_grammar_rule){ .shortest = INK_GRAMMAR_FAR };
    return (uint32_t)g->rule_count++;
}

void ink_grammar_define(ink_grammar *g, uint32_t rule, ink_expression body)
{
    if (g->failed)
        return;
    g->rules[rule].body = body;
    g->rules[rule].defined = true;
}

ink_expression ink_grammar_share(ink_grammar *g, ink_expression body)
{
    uint32_t rule = ink_grammar_rule_new(g);
    ink_grammar_define(g, rule, body);
    return ink_grammar_call(g, rule);
}

ink_status ink_grammar_check(const ink_grammar *g, const char *where, ink_err *err)
{
    if (!g->failed)
        return INK_OK;
    if (!g->limit)
        return ink_fail(err, INK_E_MEMORY, "%s: no memory for its grammar", where);
    return ink_fail(err, INK_E_LIMIT, "%s comes to more %s than a grammar may have; count less far, or nest less", where, g->limit);
}

/* ---- states ---- */

static uint32_t grammar_state(ink_grammar *g, ink_grammar_state state)
{
    if (!grammar_room(g, (void **)&g->states, g->state_count, &g->state_room, sizeof state, INK_GRAMMAR_STATES, "states"))
        return 0;
    state.shortest = INK_GRAMMAR_FAR;
    g->states[g->state_count] = state;
    return (uint32_t)g->state_count++;
}

static uint32_t grammar_emit(ink_grammar *g, ink_expression e, uint32_t next);

static uint32_t grammar_emit_repeat(ink_grammar *g, ink_grammar_node n, uint32_t next)
{
    uint32_t at = next;
    if (n.max == INK_GRAMMAR_FAR) {
        at = grammar_state(g, (ink_grammar_state){ .act = INK_GRAMMAR_SPLIT, .other = next });
        uint32_t body = grammar_emit(g, n.a, at);
        if (!g->failed)
            g->states[at].next = body;
    } else {
        for (uint32_t i = n.min; i < n.max && !g->failed; i++) {
            uint32_t body = grammar_emit(g, n.a, at);
            at = grammar_state(g, (ink_grammar_state){ .act = INK_GRAMMAR_SPLIT, .next = body, .other = next });
        }
    }
    for (uint32_t i = 0; i < n.min && !g->failed; i++)
        at = grammar_emit(g, n.a, at);
    return at;
}

/* States that match e and then go on at next; the state where that begins. */
static uint32_t grammar_emit(ink_grammar *g, ink_expression e, uint32_t next)
{
    while (!g->failed) {
        const ink_grammar_node n = g->nodes[e];
        switch (n.kind) {
        case NODE_THEN:
            next = grammar_emit(g, n.b, next);
            e = n.a;
            continue;
        case NODE_OR: {
            uint32_t other = 0, end = next;
            bool some = false;
            for (; g->nodes[e].kind == NODE_OR && !g->failed; e = g->nodes[e].a) {
                uint32_t one = grammar_emit(g, g->nodes[e].b, end);
                other = some ? grammar_state(g, (ink_grammar_state){ .act = INK_GRAMMAR_SPLIT, .next = one, .other = other }) : one;
                some = true;
            }
            uint32_t first = grammar_emit(g, e, end);
            return grammar_state(g, (ink_grammar_state){ .act = INK_GRAMMAR_SPLIT, .next = first, .other = other });
        }
        case NODE_BYTE:
            return grammar_state(g, (ink_grammar_state){ .act = INK_GRAMMAR_BYTE, .low = n.low, .high = n.high, .next = next });
        case NODE_REPEAT:
            return grammar_emit_repeat(g, n, next);
        case NODE_CALL:
            return grammar_state(g, (ink_grammar_state){ .act = INK_GRAMMAR_CALL, .next = next, .other = n.a });
        case NODE_EMPTY:
            return next;
        default:
            return grammar_state(g, (ink_grammar_state){ .act = INK_GRAMMAR_DEAD });
        }
    }
    return 0;
}

static uint32_t grammar_add(uint32_t a, uint32_t b)
{
    return a >= INK_GRAMMAR_FAR || b >= INK_GRAMMAR_FAR || a + b >= INK_GRAMMAR_FAR ? INK_GRAMMAR_FAR : a + b;
}

static uint32_t grammar_shortest(const ink_grammar *g, const ink_grammar_state *s)
{
    switch (s->act) {
    case INK_GRAMMAR_END:
        return 0;
    case INK_GRAMMAR_BYTE:
        return grammar_add(1, g->states[s->next].shortest);
    case INK_GRAMMAR_SPLIT: {
        uint32_t a = g->states[s->next].shortest, b = g->states[s->other].shortest;
        return a < b ? a : b;
    }
    case INK_GRAMMAR_CALL:
        return grammar_add(g->rules[s->other].shortest, g->states[s->next].shortest);
    default:
        return INK_GRAMMAR_FAR;
    }
}

/* The least fixed point: ends are emitted before what leads to them, so a pass or two suffice but where rules call ahead. */
static ink_status grammar_measure(ink_grammar *g, const char *where, ink_err *err)
{
    const uint64_t most = (uint64_t)1 << 29;
    uint64_t looked = 0;
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < g->state_count; i++) {
            ink_grammar_state *s = &g->states[i];
            uint32_t now = grammar_shortest(g, s);
            changed = changed || now < s->shortest;
            s->shortest = now < s->shortest ? now : s->shortest;
        }
        for (size_t i = 0; i < g->rule_count; i++)
            g->rules[i].shortest = g->states[g->rules[i].first].shortest;
        looked += g->state_count;
        if (looked > most)
            return ink_fail(err, INK_E_LIMIT, "%s: its rules call one another in too long a chain", where);
    }
    return INK_OK;
}

/* ---- left recursion ---- */

typedef struct grammar_walk {
    uint32_t *stack, *seen; /* states; seen[i] == mark: looked at */
    uint32_t mark;
    uint32_t *edges, *heads; /* calls that come before any byte: edges of rule r are [heads[r], heads[r + 1]) */
    size_t edge_count;
} grammar_walk;

/* Rules that a rule may call before it has read a byte. */
static void grammar_first_calls(const ink_grammar *g, grammar_walk *w, uint32_t rule)
{
    size_t n = 0;
    w->mark++;
    w->stack[n++] = g->rules[rule].first;
    w->seen[g->rules[rule].first] = w->mark;
    while (n) {
        const ink_grammar_state *s = &g->states[w->stack[--n]];
        uint32_t ways[2];
        size_t count = 0;
        if (s->act == INK_GRAMMAR_SPLIT) {
            ways[count++] = s->next;
            ways[count++] = s->other;
        } else if (s->act == INK_GRAMMAR_CALL) {
            w->edges[w->edge_count++] = s->other;
            if (!g->rules[s->other].shortest)
                ways[count++] = s->next;
        }
        for (size_t i = 0; i < count; i++)
            if (w->seen[ways[i]] != w->mark) {
                w->seen[ways[i]] = w->mark;
                w->stack[n++] = ways[i];
            }
    }
}

/* Takes away rules that begin with nothing left, again and again; what stays begins with itself. */
static ink_status grammar_left(ink_grammar *g, grammar_walk *w, uint32_t *calls, const char *where, ink_err *err)
{
    uint32_t *waiting = w->stack;
    size_t n = 0, done = 0;
    for (uint32_t r = 0; r < g->rule_count; r++) {
        w->heads[r] = (uint32_t)w->edge_count;
        grammar_first_calls(g, w, r);
    }
    w->heads[g->rule_count] = (uint32_t)w->edge_count;
    memset(calls, 0, g->rule_count * sizeof *calls);
    for (size_t i = 0; i < w->edge_count; i++)
        calls[w->edges[i]]++;
    for (uint32_t r = 0; r < g->rule_count; r++)
        if (!calls[r])
            waiting[n++] = r;
    for (; n; done++) {
        uint32_t r = waiting[--n];
        for (uint32_t i = w->heads[r]; i < w->heads[r + 1]; i++)
            if (!--calls[w->edges[i]])
                waiting[n++] = w->edges[i];
    }
    return done == g->rule_count ? INK_OK : ink_fail(err, INK_E_UNSUPPORTED, "%s is left-recursive: a rule begins with itself before it has read anything; write the repetition with *", where);
}

static ink_status grammar_left_check(ink_grammar *g, const char *where, ink_err *err)
{
    size_t most = g->state_count > g->rule_count ? g->state_count : g->rule_count;
    uint32_t *room = calloc(3 * most + 2 * g->rule_count + 2, sizeof *room); /* each call is an edge at most once a rule, and lies in one rule */
    if (!room)
        return ink_fail(err, INK_E_MEMORY, "%s: no memory for its grammar", where);
    grammar_walk w = { .stack = room, .seen = room + most, .edges = room + 2 * most, .heads = room + 3 * most };
    ink_status status = grammar_left(g, &w, w.heads + g->rule_count + 1, where, err);
    free(room);
    return status;
}

ink_status ink_grammar_compile(ink_grammar *g, const char *where, ink_err *err)
{
    INK_TRY(ink_grammar_check(g, where, err));
    for (size_t i = 0; i < g->rule_count && !g->failed; i++) {
        uint32_t end = grammar_state(g, (ink_grammar_state){ .act = INK_GRAMMAR_END });
        uint32_t first = grammar_emit(g, g->rules[i].body, end);
        g->rules[i].first = first;
    }
    INK_TRY(ink_grammar_check(g, where, err));
    INK_TRY(grammar_measure(g, where, err));
    if (g->rules[0].shortest >= INK_GRAMMAR_FAR)
        return ink_fail(err, INK_E_ARGUMENT, "%s: no text of finite length fits it", where);
    return grammar_left_check(g, where, err);
}
