/* The normaliser: written text into spoken text by a table of rules. At each place of the text the rules that may begin there
   are tried in order; the first whose pattern matches speaks, by its template. What no rule takes is copied. */
#ifndef INK_TEXT_NORMALISE_H
#define INK_TEXT_NORMALISE_H

#include "base/buf.h"
#include "text/regex.h"

#include <ink/phonemes.h>

enum { /* what the place where a rule begins must be */
    INK_AT_DIGIT = 1, INK_AT_LETTER = 2, /* an ASCII letter that none stands before */
    INK_AT_SIGN = 4,                     /* any other ASCII */
    INK_AT_WIDE = 8,                     /* beyond ASCII */
};

/* In a template {name 1 2} calls the verb `name` with groups 1 and 2; all else stands for itself. A verb says nothing of a
   group that took no part in the match. */
typedef struct ink_say_rule {
    unsigned at;
    const char *pattern; /* bounded repetitions only, so that a text is read in linear time; a final run of all digits may be unbounded */
    const char *says;
} ink_say_rule;

typedef struct ink_say_args {
    const char *text[4]; /* not NUL-terminated */
    size_t size[4];
} ink_say_args;

typedef struct ink_say_verb {
    const char *name;
    void (*say)(const ink_say_args *args, ink_buf *out);
} ink_say_verb;

typedef struct ink_say_pair { /* a table of replacements ends with NULL */
    const char *from, *to;
} ink_say_pair;

typedef struct ink_say_language {
    const char *name;
    const ink_say_rule *rules; /* end with pattern NULL */
    const ink_say_verb *verbs; /* end with name NULL */
    bool blanks;               /* words are parted by blanks */
    bool narrow;               /* full-width letters, digits and marks become ASCII first */
} ink_say_language;

extern const ink_say_language ink_say_english, ink_say_chinese;
extern const ink_say_language ink_say_chinese_heard; /* for phonemes: nothing is left out */

typedef struct ink_normaliser ink_normaliser;
ink_status ink_normaliser_open(const ink_say_language *language, ink_normaliser **out, ink_err *err);
void ink_normaliser_close(ink_normaliser *n); /* NULL is fine */
/* text is well-formed UTF-8. */
ink_status ink_normaliser_run(const ink_normaliser *n, const char *text, size_t size, ink_spoken *out, ink_err *err);
const ink_say_language *ink_say_language_find(const char *name); /* NULL when there are no rules for it */

/* ---- for the tables ---- */

const char *ink_say_find(const ink_say_pair *table, const char *word, size_t n, bool any_case); /* NULL when absent */
void ink_say_copy(const ink_say_args *a, ink_buf *out);

#endif
