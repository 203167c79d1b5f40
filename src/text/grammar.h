/* A language as a grammar of bytes: expressions and rules, whatever notation they were written in, and the automaton made of them. */
#ifndef INK_TEXT_GRAMMAR_H
#define INK_TEXT_GRAMMAR_H

#include <ink/arena.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    INK_GRAMMAR_NODES = 1 << 20,  /* expressions */
    INK_GRAMMAR_STATES = 1 << 20, /* of the automaton */
    INK_GRAMMAR_RULES = 1 << 16,
    INK_GRAMMAR_REPEAT = 100000,  /* the most that a repetition may count to */
    INK_GRAMMAR_NESTED = 200,     /* brackets within brackets, of any notation */
    INK_GRAMMAR_BYTES = 1 << 20,  /* of the text of a grammar */
    INK_GRAMMAR_FAR = 1 << 30,    /* a length without end */
};

typedef uint32_t ink_expression; /* 0: never matches */

typedef struct ink_grammar_node {
    uint8_t kind, low, high;
    uint32_t a, b, min, max;
} ink_grammar_node;

typedef struct ink_grammar_rule {
    ink_expression body;
    bool defined;
    uint32_t first;   /* state where it begins */
    uint32_t shortest; /* bytes */
} ink_grammar_rule;

/* What the automaton does in a state: read a byte, go two ways, call a rule and go on, or end its rule. */
typedef enum ink_grammar_act { INK_GRAMMAR_END, INK_GRAMMAR_BYTE, INK_GRAMMAR_SPLIT, INK_GRAMMAR_CALL, INK_GRAMMAR_DEAD } ink_grammar_act;
typedef struct ink_grammar_state {
    uint8_t act, low, high;
    uint32_t next, other; /* SPLIT: the other way; CALL: the rule */
    uint32_t shortest;    /* bytes from here to the end of the rule; INK_GRAMMAR_FAR: there is no end */
} ink_grammar_state;

typedef struct ink_grammar { /* start as { 0 } */
    ink_grammar_node *nodes;
    size_t node_count, node_room;
    ink_grammar_rule *rules;
    size_t rule_count, rule_room;
    ink_grammar_state *states;
    size_t state_count, state_room;
    bool failed;          /* a limit was met or memory refused: what is built from here on means nothing */
    const char *limit;    /* what there was too much of */
} ink_grammar;

void ink_grammar_clear(ink_grammar *g);

/* ---- expressions ---- */

ink_expression ink_grammar_empty(ink_grammar *g);
ink_expression ink_grammar_byte(ink_grammar *g, uint8_t low, uint8_t high);
ink_expression ink_grammar_then(ink_grammar *g, ink_expression a, ink_expression b); /* long chains grow on the left */
ink_expression ink_grammar_or(ink_grammar *g, ink_expression a, ink_expression b);   /* so do these */
ink_expression ink_grammar_repeat(ink_grammar *g, ink_expression a, uint32_t min, uint32_t max); /* max INK_GRAMMAR_FAR: without end */
ink_expression ink_grammar_maybe(ink_grammar *g, ink_expression a);
ink_expression ink_grammar_text(ink_grammar *g, const char *text, size_t n);
ink_expression ink_grammar_points(ink_grammar *g, uint32_t low, uint32_t high); /* code points, as UTF-8; surrogates left out */
ink_expression ink_grammar_call(ink_grammar *g, uint32_t rule);
uint32_t ink_grammar_rule_new(ink_grammar *g);                                    /* defined later: recursion */
void ink_grammar_define(ink_grammar *g, uint32_t rule, ink_expression body);
ink_expression ink_grammar_share(ink_grammar *g, ink_expression body);            /* a rule of its own, and a call of it */

/* A sentence for `failed`. */
ink_status ink_grammar_check(const ink_grammar *g, const char *where, ink_err *err);

/* Makes the states. Rule 0 is the language. Left recursion, and a language without a finite text, are refused. */
ink_status ink_grammar_compile(ink_grammar *g, const char *where, ink_err *err);

/* ---- sets of code points ---- */

enum { INK_POINTS_MOST = 512, INK_POINT_LAST = 0x10FFFF };
typedef struct ink_points { /* ranges; start as { 0 } */
    size_t count;
    uint32_t low[INK_POINTS_MOST], high[INK_POINTS_MOST];
    bool full;
} ink_points;
void ink_points_add(ink_points *p, uint32_t low, uint32_t high);
void ink_points_sort(ink_points *p);   /* in order, none touching another */
void ink_points_invert(ink_points *p); /* sorted before and after */
void ink_points_minus(ink_points *p, uint32_t low, uint32_t high); /* of a sorted set */
ink_expression ink_grammar_set(ink_grammar *g, const ink_points *p);
/* The same as characters inside a JSON string: quotes, backslashes and controls by their escapes. */
ink_expression ink_grammar_json_set(ink_grammar *g, const ink_points *p);

/* ---- notations: each defines rule 0 ---- */

ink_status ink_grammar_from_gbnf(ink_grammar *g, const char *text, size_t n, const char *where, ink_err *err);
ink_status ink_grammar_from_schema(ink_grammar *g, const char *text, size_t n, const char *where, ink_err *err);

/* An expression from a regular one. */
typedef enum ink_grammar_regex_use {
    INK_REGEX_WHOLE, /* matches all of a text */
    INK_REGEX_FIND,  /* matches anywhere in it, as JSON schema's patterns do */
    INK_REGEX_JSON,  /* the same, of the characters of a JSON string, without its quotes */
} ink_grammar_regex_use;
ink_status ink_grammar_regex(ink_grammar *g, const char *text, size_t n, ink_grammar_regex_use use, const char *where, ink_expression *out, ink_err *err);

#endif
