/* Parts of JSON schema's translation (2020-12): what several files of it share. A language is made that is a subset of the valid
   texts: members of objects in the order of `properties`, numbers of 16 digits at most, little white space. */
#ifndef INK_TEXT_JSON_SCHEMA_H
#define INK_TEXT_JSON_SCHEMA_H

#include "base/json.h"
#include "text/grammar.h"

enum { INK_SCHEMA_PARTS = 32, INK_SCHEMA_DEEP = 128, INK_SCHEMA_NAMES = 4096 };

typedef struct ink_schema_part {
    const ink_json *schema;
    bool any_taken, one_taken; /* a branch of its anyOf, its oneOf, stands among the parts too */
} ink_schema_part;

typedef struct ink_schema_all { /* schemas that hold at once; none: anything goes. Start as { 0 } */
    ink_schema_part at[INK_SCHEMA_PARTS];
    size_t count;
    bool never;
} ink_schema_all;

typedef struct ink_schema {
    ink_grammar *g;
    const ink_json *root;
    const char *where;
    ink_err *err;
    unsigned depth;
    struct ink_schema_memo *memo; /* a rule for each conjunction met */
    size_t memo_count, memo_room;
    ink_expression space, character; /* 0 until they are needed */
} ink_schema;

ink_status ink_schema_refuse(const ink_schema *s, ink_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Adds a schema, and what it refers to, to those that hold. */
ink_status ink_schema_add(ink_schema *s, ink_schema_all *all, const ink_json *schema);
/* The types that all allow, INK_SCHEMA_* together. */
enum { INK_SCHEMA_NULL = 1, INK_SCHEMA_BOOL = 2, INK_SCHEMA_WHOLE = 4, INK_SCHEMA_REAL = 8, INK_SCHEMA_STRING = 16, INK_SCHEMA_ARRAY = 32, INK_SCHEMA_OBJECT = 64, INK_SCHEMA_ANY = 127 };
ink_status ink_schema_types(ink_schema *s, const ink_schema_all *all, unsigned *bits);

/* The values that enum or const list, of the first schema that lists any; false: none does. */
typedef struct ink_schema_values {
    const ink_schema_all *all;
    const ink_json *list; /* NULL: `only` */
    const ink_json *only;
    unsigned types;
} ink_schema_values;
bool ink_schema_listed(ink_schema *s, const ink_schema_all *all, ink_schema_values *v);
/* The i-th, or NULL when it is beyond the last; *fits: whether all schemas' types and lists have it. */
const ink_json *ink_schema_listed_at(const ink_schema_values *v, size_t i, bool *fits);
bool ink_schema_equal(const ink_json *a, const ink_json *b); /* as JSON schema has it: numbers by value, members in any order */
ink_status ink_schema_literals(ink_schema *s, const ink_schema_values *v, ink_expression *out); /* one of them */

/* A value for which all hold. */
ink_status ink_schema_expression(ink_schema *s, const ink_schema_all *all, ink_expression *out);
ink_expression ink_schema_space(ink_schema *s); /* white space where JSON allows it */

/* Values by type. */
ink_status ink_schema_number(ink_schema *s, const ink_schema_all *all, bool whole, ink_expression *out);
ink_status ink_schema_string(ink_schema *s, const ink_schema_all *all, ink_expression *out);
ink_status ink_schema_array(ink_schema *s, const ink_schema_all *all, ink_expression *out);
ink_status ink_schema_object(ink_schema *s, const ink_schema_all *all, ink_expression *out);

/* The pattern of a format's texts; one that is not done is refused by name. */
ink_status ink_schema_format(const ink_schema *s, const char *name, const char **pattern);
/* A count that a keyword gives, the strictest of all: the greatest, or the least. */
ink_status ink_schema_count(ink_schema *s, const ink_schema_all *all, const char *keyword, bool greatest, uint32_t none, uint32_t *out);
ink_expression ink_schema_literal(ink_schema *s, const ink_json *value);           /* as JSON text */
ink_expression ink_schema_text(ink_schema *s, const char *text, size_t n);         /* a string */
/* Strings without escapes that are none of these. */
ink_expression ink_schema_other_text(ink_schema *s, const char *const *names, size_t count);
/* A string that fits a pattern; whether a text does. */
ink_status ink_schema_pattern(ink_schema *s, const char *pattern, ink_expression *out);
ink_status ink_schema_fits(ink_schema *s, const char *pattern, const char *text, bool *fits);

#endif
