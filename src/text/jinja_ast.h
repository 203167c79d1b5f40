/* What the parser makes of a template, and what the lexer makes for the parser. Chains (a + b + c, x.y[z] | f) are one
   node with a list, so the depth of the tree is that of the brackets and blocks in the source. */
#ifndef INK_TEXT_JINJA_AST_H
#define INK_TEXT_JINJA_AST_H

#include "text/jinja.h"

typedef enum jinja_kind {
    /* expressions */
    JINJA_K_CONSTANT,  /* value */
    JINJA_K_NAME,      /* name */
    JINJA_K_MAKE_LIST, /* list */
    JINJA_K_MAKE_TUPLE,
    JINJA_K_MAKE_DICT, /* list of PART: a = key, b = value */
    JINJA_K_NEGATE,    /* a */
    JINJA_K_PLUS,
    JINJA_K_NOT,
    JINJA_K_AND,       /* list, at least two */
    JINJA_K_OR,
    JINJA_K_CONCAT,
    JINJA_K_MATH,      /* a, then list of PART: op, a */
    JINJA_K_COMPARE,   /* a, then list of PART: compare, a */
    JINJA_K_CHOOSE,    /* a if b else c (c may be NULL) */
    JINJA_K_POSTFIX,   /* a, then list of the five below */
    JINJA_K_ATTRIBUTE, /* value = its name */
    JINJA_K_ITEM,      /* a */
    JINJA_K_SLICE,     /* a, b, c; each may be NULL */
    JINJA_K_CALL,      /* list of PART (a), KEYWORD (value, a), SPREAD (a), SPREAD_NAMED (a) */
    JINJA_K_FILTER,    /* value = its name, function (NULL: unknown), list as a call's */
    JINJA_K_TEST,      /* as FILTER; flag: `is not` */
    JINJA_K_PART,
    JINJA_K_KEYWORD,
    JINJA_K_SPREAD,
    JINJA_K_SPREAD_NAMED,
    JINJA_K_MEMBER,    /* a target only: name, value = attribute of a namespace */
    /* statements */
    JINJA_K_DATA,      /* value */
    JINJA_K_OUTPUT,    /* a */
    JINJA_K_FOR,       /* a = target, b = what is walked, c = condition or NULL, list = body, other = else */
    JINJA_K_IF,        /* list of PART: a = condition (NULL: else), list = body */
    JINJA_K_SET,       /* a = target, b */
    JINJA_K_SET_BLOCK, /* a = target, other = filters, list = body */
    JINJA_K_FILTERED,  /* other = filters, list = body */
    JINJA_K_MACRO,     /* name, other = parameters (PART: name, a = default or NULL), list = body, takes */
    JINJA_K_CALL_BLOCK, /* a = the call, b = MACRO of the body */
    JINJA_K_WITH,      /* other = PART: a = target, b; list = body */
    JINJA_K_SCOPE,     /* list = body (generation) */
    JINJA_K_BREAK,
    JINJA_K_CONTINUE,
    JINJA_KINDS
} jinja_kind;

enum { JINJA_TAKES_VARARGS = 1, JINJA_TAKES_KWARGS = 2, JINJA_TAKES_CALLER = 4 };

typedef struct jinja_name {
    const char *text;
    size_t size;
} jinja_name;

typedef struct jinja_comparison jinja_comparison;

struct jinja_node {
    jinja_kind kind;
    int line;
    bool flag;
    unsigned takes; /* JINJA_TAKES_…: the body speaks of it */
    jinja_name name;
    jinja_value value;
    const jinja_function *function;
    const jinja_operator *op;
    const jinja_comparison *compare;
    jinja_node *a, *b, *c, *list, *other;
    jinja_node *next; /* in the list that holds it */
};

struct jinja_comparison {
    const char *name;
    unsigned orders; /* jinja_orders that make it true; 0: by equality or membership */
    bool member, negated;
};
const jinja_comparison *jinja_comparison_find(const char *name, size_t n); /* "in" and "not in" too */

struct ink_template {
    ink_arena *arena;
    const jinja_node *body;
};

/* ---- lexer (jinja_lexer.c) ---- */

typedef enum jinja_token_type {
    JINJA_T_END, JINJA_T_DATA, JINJA_T_PRINT_BEGIN, JINJA_T_PRINT_END, JINJA_T_BLOCK_BEGIN, JINJA_T_BLOCK_END, JINJA_T_NAME, JINJA_T_CONSTANT,
    JINJA_T_OPERATOR,
} jinja_token_type;

typedef struct jinja_token {
    jinja_token_type type;
    int line;
    jinja_name text;   /* NAME, OPERATOR; what to show of the rest */
    jinja_value value; /* DATA, CONSTANT */
} jinja_token;

const jinja_token *jinja_lex(jinja *j, const char *source, size_t n); /* ends with END */

/* ---- literals (jinja_literals.c): each moves *at past what it read ---- */

bool jinja_read_number(jinja *j, const char *start, const char **at, const char *end, jinja_value *out);
bool jinja_read_string(jinja *j, const char **at, const char *end, jinja_value *out); /* *at on a quote */

/* ---- parser (jinja_tokens.c, jinja_expression.c, jinja_parse.c) ---- */

typedef struct jinja_parser {
    jinja *j;
    const jinja_token *at;
    bool in_loop; /* break and continue mean something */
    unsigned takes; /* of the macro around: what its body has spoken of so far */
} jinja_parser;

typedef struct jinja_chain { /* a list of nodes while it is made */
    jinja_node *first, **end;
} jinja_chain;

jinja_node *jinja_node_new(jinja_parser *p, jinja_kind kind);
void jinja_chain_add(jinja_chain *c, jinja_node *n);
_Noreturn void jinja_expected(jinja_parser *p, const char *what);
bool jinja_token_is(const jinja_token *t, jinja_token_type type, const char *text);
bool jinja_at_operator(const jinja_parser *p, const char *op);
bool jinja_at_name(const jinja_parser *p, const char *name);
bool jinja_skip_operator(jinja_parser *p, const char *op);
bool jinja_skip_name(jinja_parser *p, const char *name);
void jinja_want_operator(jinja_parser *p, const char *op);
jinja_name jinja_want_name(jinja_parser *p, const char *what);

enum { JINJA_NO_CHOICE = 1 }; /* `if` after it belongs to somebody else */
jinja_node *jinja_expression(jinja_parser *p, unsigned flags);
jinja_node *jinja_tuple(jinja_parser *p, unsigned flags, const char *stop); /* one expression, or several with commas; stop: a name that ends it */
jinja_node *jinja_target(jinja_parser *p, bool member);
jinja_node *jinja_filters(jinja_parser *p, bool inside); /* a chain of FILTER; inside: no bar before the first */
jinja_node *jinja_body(jinja_parser *p, const char *const *ends); /* ends: NULL-terminated; stands on the name that ended it */
const jinja_node *jinja_parse(jinja *j, const jinja_token *tokens);

/* ---- evaluating ---- */

struct jinja_variable {
    struct jinja_variable *next;
    jinja_name name;
    jinja_value value;
};
struct jinja_frame {
    jinja_frame *parent;
    struct jinja_variable *first;
};
struct jinja_loop {
    const jinja_list *items; /* what is left from `next` on */
    size_t next, length;     /* length: SIZE_MAX until it is known */
    int64_t index0;
    const jinja_node *node;  /* its condition is asked as the items come; NULL once all are known */
    jinja_frame *frame;      /* around the loop */
    jinja_value before, current, after; /* after: ABSENT until it was looked at */
    bool ended;              /* after was looked for, and there is none */
    jinja_value changed;     /* the arguments of the last loop.changed */
};

jinja_value jinja_eval(jinja *j, const jinja_node *n);
jinja_frame *jinja_enter(jinja *j, jinja_frame *parent); /* returns the frame to go back to */
void jinja_assign(jinja *j, const jinja_node *target, jinja_value v);
void jinja_set(jinja *j, jinja_name name, jinja_value v); /* in the innermost frame */
void jinja_eval_args(jinja *j, const jinja_node *list, jinja_args *out);
jinja_value jinja_run_filters(jinja *j, const jinja_node *filters, jinja_value v);
jinja_value jinja_captured(jinja *j, size_t from); /* takes what was written since out.len was from */
jinja_value jinja_run_macro(jinja *j, const jinja_macro *m, const jinja_args *args);
typedef enum jinja_flow { JINJA_GO, JINJA_BREAK, JINJA_CONTINUE } jinja_flow;
jinja_flow jinja_exec(jinja *j, const jinja_node *body);
jinja_flow jinja_exec_for(jinja *j, const jinja_node *n);
jinja_value jinja_loop_attribute(jinja *j, jinja_loop *l, jinja_value name); /* ABSENT when there is none */

#endif
