/* Regular expressions that a tokenizer brings and nobody wrote a rule for, through pcre2 within limits. */
#ifndef INK_TEXT_REGEX_H
#define INK_TEXT_REGEX_H

#include "base/buf.h"
#include "text/split.h"

#include <stdbool.h>

typedef enum ink_regex_kind {
    INK_REGEX_LITERAL, /* stands for itself */
    INK_REGEX_RUBY,    /* as tokenizer.json means it */
    INK_REGEX_OURS,    /* as pcre2 reads it */
} ink_regex_kind;
/* *rule: matches the pattern; ink_regex_free(rule->regex) when done. */
ink_status ink_regex_rule(const char *pattern, size_t n, ink_regex_kind kind, const char *where, ink_rule *rule, ink_err *err);
/* A pattern in Oniguruma's Ruby syntax as pcre2 means it, compiled for many lines: appended to out. false when it cannot be said
   (regex_ruby.c). */
bool ink_regex_from_ruby(const char *pattern, size_t n, ink_buf *out);
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
