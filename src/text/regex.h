/* Regular expressions that a tokenizer brings and nobody wrote a rule for, through pcre2 within limits. */
#ifndef INK_TEXT_REGEX_H
#define INK_TEXT_REGEX_H

#include "text/split.h"

#include <stdbool.h>

/* literal: the pattern stands for itself. *rule: matches it; ink_regex_free(rule->regex) when done. */
ink_status ink_regex_rule(const char *pattern, size_t n, bool literal, const char *where, ink_rule *rule, ink_err *err);
/* A pattern of our own, matched where it stands and not sought. *out: ink_regex_free when done. */
ink_status ink_regex_open(const char *pattern, void **out, ink_err *err);
enum { INK_REGEX_GROUPS = 12 };
typedef struct ink_regex_spans { /* group 0 is the whole; a group that took no part has from == to == 0 */
    const char *text;
    size_t from[INK_REGEX_GROUPS], to[INK_REGEX_GROUPS];
} ink_regex_spans;
/* Whether it matches the well-formed UTF-8 text[0, n) at `at`; the pattern may look behind. `data` is from ink_regex_data. */
bool ink_regex_at(const void *regex, void *data, const char *text, size_t n, size_t at, ink_regex_spans *out);
void *ink_regex_data(void); /* for one thread at a time; NULL when memory is refused */
void ink_regex_data_free(void *data);
void ink_regex_free(void *regex); /* NULL is fine */

#endif
