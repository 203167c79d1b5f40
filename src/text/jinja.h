/* The inside of ink/template.h: values, the state of one parse or one rendering, and the calls between the jinja_*.c files.

   Values are Python's, as a template sees them; nothing that a template can reach changes but namespaces, so values are
   passed about freely and never copied. All memory is of one arena, so failing is a jump to the one place that began the
   work (jinja_guard): no call below it can forget to look at a status, and there is nothing to release on the way. */
#ifndef INK_TEXT_JINJA_H
#define INK_TEXT_JINJA_H

#include "base/buf.h"
#include "base/json.h"

#include <ink/arena.h>
#include <setjmp.h>
#include <stdint.h>

typedef struct jinja jinja;
typedef struct jinja_value jinja_value;
typedef struct jinja_list jinja_list;
typedef struct jinja_dict jinja_dict;
typedef struct jinja_function jinja_function;
typedef struct jinja_macro jinja_macro;
typedef struct jinja_loop jinja_loop;
typedef struct jinja_bound jinja_bound;
typedef struct jinja_frame jinja_frame;
typedef struct jinja_node jinja_node;

typedef enum jinja_type {
    JINJA_ABSENT,    /* an argument that was not given; a template never sees it */
    JINJA_UNDEFINED, /* text says why, for whoever uses it */
    JINJA_NONE, JINJA_BOOL, JINJA_INT, JINJA_FLOAT, JINJA_TEXT,
    JINJA_LIST, JINJA_TUPLE,
    JINJA_RANGE,     /* a list that prints as its label */
    JINJA_VIEW,      /* keys, values or items of a dict: iterable, no subscript */
    JINJA_GENERATOR, /* what map, select, … give: iterable once */
    JINJA_DICT, JINJA_NAMESPACE, JINJA_MACRO, JINJA_LOOP, JINJA_FUNCTION, JINJA_METHOD,
    JINJA_TYPES
} jinja_type;

struct jinja_value {
    jinja_type type;
    union {
        bool boolean;
        int64_t integer;
        double real;
        const char *text; /* well-formed UTF-8 */
        jinja_list *list;
        jinja_dict *dict; /* DICT and NAMESPACE */
        jinja_macro *macro;
        jinja_loop *loop;
        const jinja_function *function;
        jinja_bound *bound;
    };
    size_t size; /* TEXT, UNDEFINED: bytes */
};

struct jinja_list {
    jinja_value *at;
    size_t count, room;
    const char *label; /* how a RANGE prints; what kind of VIEW; "group" for a tuple of groupby */
    bool spent;        /* a GENERATOR that was walked */
};

struct jinja_dict { /* in order of insertion */
    jinja_value *keys, *values;
    size_t count, room;
};

/* ---- the state of one parse or one rendering (jinja_core.c) ---- */

enum { JINJA_SOURCE_MOST = 1 << 20, JINJA_PARSE_DEPTH = 100 };

struct jinja {
    ink_arena *arena;
    char *block; /* small pieces are cut from blocks of the arena */
    size_t block_left;
    size_t steps, most_steps, depth, most_depth;
    int line;
    ink_buf out;        /* what is rendered, and on top of it whatever is being captured */
    jinja_frame *frame; /* innermost */
    const ink_json *json; /* the caller's variables */
    ink_err *err;
    ink_status status;
    jmp_buf escape;
};

/* Runs work(j, with); a jinja_fail inside comes back here as its status. */
ink_status jinja_guard(jinja *j, void (*work)(jinja *j, void *with), void *with);
_Noreturn void jinja_fail(jinja *j, ink_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

void *jinja_alloc(jinja *j, size_t bytes);            /* zeroed, aligned to 16; never NULL */
void *jinja_array(jinja *j, size_t count, size_t size);
void jinja_step(jinja *j, size_t count);              /* fails beyond the limit; long work counts a step per 32 bytes */
void jinja_deeper(jinja *j);                          /* fails beyond the limit */
void jinja_shallower(jinja *j);

/* Text that grows in the arena. */
typedef struct jinja_build {
    jinja *j;
    char *data;
    size_t size, room;
} jinja_build;
void jinja_add(jinja_build *b, const char *text, size_t n);
void jinja_add_text(jinja_build *b, const char *text);
void jinja_add_char(jinja_build *b, char c);
void jinja_add_point(jinja_build *b, uint32_t c);
void jinja_add_format(jinja_build *b, const char *format, ...) __attribute__((format(printf, 2, 3))); /* at most 127 bytes */
void jinja_add_value(jinja_build *b, jinja_value v);  /* as str() */
jinja_value jinja_built(const jinja_build *b);

/* ---- values (jinja_value.c) ---- */

static inline jinja_value jinja_none(void) { return (jinja_value){ .type = JINJA_NONE }; }
static inline jinja_value jinja_bool(bool v) { return (jinja_value){ .type = JINJA_BOOL, .boolean = v }; }
static inline jinja_value jinja_int(int64_t v) { return (jinja_value){ .type = JINJA_INT, .integer = v }; }
static inline jinja_value jinja_real(double v) { return (jinja_value){ .type = JINJA_FLOAT, .real = v }; }
static inline jinja_value jinja_view(const char *text, size_t n) { return (jinja_value){ .type = JINJA_TEXT, .text = text, .size = n }; }
static inline jinja_value jinja_of_list(jinja_type type, jinja_list *list) { return (jinja_value){ .type = type, .list = list }; }
static inline jinja_value jinja_of_dict(jinja_dict *dict) { return (jinja_value){ .type = JINJA_DICT, .dict = dict }; }
#define JINJA_NAME(literal) jinja_view(literal, sizeof(literal) - 1)

jinja_value jinja_text(jinja *j, const char *text, size_t n); /* a copy */
jinja_value jinja_undefined(jinja *j, const char *format, ...) __attribute__((format(printf, 2, 3)));

jinja_list *jinja_list_new(jinja *j, size_t room);
void jinja_list_add(jinja *j, jinja_list *list, jinja_value v);
jinja_value jinja_pair(jinja *j, jinja_value a, jinja_value b); /* a tuple */

jinja_dict *jinja_dict_new(jinja *j, size_t room);
const jinja_value *jinja_dict_find(jinja *j, const jinja_dict *d, jinja_value key); /* NULL when absent */
const jinja_value *jinja_dict_name(jinja *j, const jinja_dict *d, const char *name);
void jinja_dict_set(jinja *j, jinja_dict *d, jinja_value key, jinja_value v);

bool jinja_truth(jinja *j, jinja_value v);
bool jinja_is_number(jinja_value v);    /* bool, int or float */
bool jinja_is_sequence(jinja_value v);  /* list, tuple or range: v.list, with subscripts */
bool jinja_iterable(jinja_value v);
bool jinja_hashable(jinja *j, jinja_value v);
size_t jinja_length(jinja *j, jinja_value v);
const jinja_list *jinja_items(jinja *j, jinja_value v); /* everything that iterating gives */
const char *jinja_type_name(jinja_value v); /* Python's */
bool jinja_is(jinja_value v, const char *text);         /* v is this very text */
double jinja_to_real(jinja_value number);

/* ---- printing (jinja_print.c) ---- */

void jinja_print(jinja_build *b, jinja_value v); /* as str() */
void jinja_repr(jinja_build *b, jinja_value v);
jinja_value jinja_to_text(jinja *j, jinja_value v); /* str(v); a text is itself */
void jinja_add_real(jinja_build *b, double v);   /* the shortest that reads back, as Python writes it */

/* ---- comparing (jinja_compare.c) ---- */

typedef enum jinja_order { JINJA_LESS = 1, JINJA_EQUAL = 2, JINJA_GREATER = 4, JINJA_UNORDERED = 8 } jinja_order;
bool jinja_equal(jinja *j, jinja_value a, jinja_value b);
jinja_order jinja_compare(jinja *j, jinja_value a, jinja_value b, const char *op); /* fails where Python would */
bool jinja_contains(jinja *j, jinja_value in, jinja_value v);
void jinja_sort(jinja *j, jinja_list *keys, jinja_list *items, bool reverse); /* both by keys; stable */

/* ---- operators (jinja_operators.c) ---- */

typedef struct jinja_operator {
    const char *name;
    jinja_value (*run)(jinja *j, jinja_value a, jinja_value b, const struct jinja_operator *op);
} jinja_operator;
const jinja_operator *jinja_operator_find(const char *name, size_t n); /* NULL when there is none */
jinja_value jinja_negate(jinja *j, jinja_value v);
jinja_value jinja_plus(jinja *j, jinja_value v);
jinja_value jinja_sum(jinja *j, jinja_value a, jinja_value b);
int64_t jinja_from_real(jinja *j, double v); /* toward zero; fails beyond 64 bits */

/* ---- functions: filters, tests, methods and globals are tables of these ---- */

enum { JINJA_PARAMS = 6 };

typedef struct jinja_args {
    const jinja_value *at; /* bound to params: JINJA_PARAMS of them, ABSENT where not given; else as given */
    size_t count;          /* given by position */
    const jinja_value *names, *named;
    size_t named_count;
} jinja_args;

struct jinja_function {
    const char *name;
    jinja_value (*run)(jinja *j, jinja_value self, const jinja_args *a);
    const char *params; /* names, one space between; NULL: takes whatever comes */
    size_t required;
};

const jinja_function *jinja_function_find(const jinja_function *table, const char *name, size_t n); /* the table ends with name NULL */
jinja_value jinja_run_function(jinja *j, const jinja_function *f, jinja_value self, const jinja_args *given);
jinja_value jinja_invoke(jinja *j, jinja_value callee, const jinja_args *args); /* function, method or macro */

const jinja_function *jinja_filter_find(const char *name, size_t n);
const jinja_function *jinja_test_find(const char *name, size_t n);
extern const jinja_function jinja_text_filters[], jinja_list_filters[], jinja_pick_filters[], jinja_number_filters[];
extern const jinja_function jinja_text_methods[], jinja_trait_methods[], jinja_dict_methods[], jinja_list_methods[], jinja_tuple_methods[], jinja_loop_methods[];
extern const jinja_function jinja_globals[];

/* Readers of arguments; they fail by naming what is wrong. */
int64_t jinja_arg_int(jinja *j, const jinja_args *a, size_t i, int64_t def);
bool jinja_arg_true(jinja *j, const jinja_args *a, size_t i);
jinja_value jinja_arg_text(jinja *j, const jinja_args *a, size_t i, const char *def); /* def NULL: must be a text */
jinja_value jinja_want_text(jinja *j, jinja_value v, const char *what);
static inline bool jinja_given(const jinja_args *a, size_t i) { return a->at[i].type != JINJA_ABSENT; }

struct jinja_bound { /* a method and whose it is */
    const jinja_function *method;
    jinja_value self;
};

struct jinja_macro {
    const char *name;
    size_t name_size;
    const jinja_node *node; /* MACRO or CALL: list = parameters, body */
    jinja_frame *closure;
};

/* ---- what several filters and methods share ---- */

jinja_value jinja_attribute(jinja *j, jinja_value v, jinja_value name); /* v.name */
jinja_value jinja_item(jinja *j, jinja_value v, jinja_value key);       /* v[key] */
jinja_value jinja_slice(jinja *j, jinja_value v, jinja_value from, jinja_value to, jinja_value step);
jinja_value jinja_path(jinja *j, jinja_value v, jinja_value path);      /* v, then each part of "a.b.0" */

typedef enum jinja_case { JINJA_AS_UPPER, JINJA_AS_LOWER, JINJA_AS_TITLE, JINJA_AS_CAPITAL, JINJA_AS_SWAPPED } jinja_case;
jinja_value jinja_recase(jinja *j, jinja_value text, jinja_case to);
jinja_value jinja_strip(jinja_value text, const jinja_value *chars, bool left, bool right); /* chars NULL: white space */
jinja_value jinja_replace(jinja *j, jinja_value text, jinja_value old, jinja_value fresh, int64_t most); /* most < 0: all */
jinja_value jinja_center(jinja *j, jinja_value text, int64_t width, jinja_value fill);
jinja_list *jinja_lines(jinja *j, jinja_value text, bool keep_ends);
jinja_value jinja_join(jinja *j, jinja_value between, const jinja_list *items, bool any_type);
jinja_value jinja_is_cased(jinja *j, jinja_value text, unsigned wanted);
size_t jinja_find(jinja_value text, jinja_value part, size_t from); /* byte offset, or SIZE_MAX */
bool jinja_scan_int(jinja_value text, int base, int64_t *out);  /* int(text, base) */
bool jinja_scan_real(jinja_value text, double *out);            /* float(text) */
jinja_value jinja_percent(jinja *j, jinja_value format, jinja_value args);          /* format % args */
jinja_value jinja_braces(jinja *j, jinja_value format, const jinja_args *args);     /* format.format(…) */

jinja_value jinja_from_json(jinja *j, const ink_json *v);
jinja_value jinja_to_json(jinja *j, jinja_value v, const jinja_args *a); /* ensure_ascii, indent, separators, sort_keys */

#endif
