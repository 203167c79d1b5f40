/* Regular expressions that a tokenizer brings and nobody wrote a rule for, through pcre2 within limits. */
#ifndef INK_TEXT_REGEX_H
#define INK_TEXT_REGEX_H

#include "text/split.h"

/* literal: the pattern stands for itself. *rule: matches it; ink_regex_free(rule->regex) when done. */
ink_status ink_regex_rule(const char *pattern, size_t n, bool literal, const char *where, ink_rule *rule, ink_err *err);
void ink_regex_free(void *regex); /* NULL is fine */

#endif
