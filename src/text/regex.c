#include "text/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

enum { REGEX_LONGEST = 16384, REGEX_STEPS = 4000000, REGEX_DEPTH = 1000000, REGEX_HEAP_KIB = 65536, REGEX_NESTED = 100 };

typedef struct regex {
    pcre2_code *code;
    pcre2_match_context *limits;
} regex;

void ink_regex_free(void *of)
{
    regex *r = of;
    if (!r)
        return;
    pcre2_code_free(r->code);
    pcre2_match_context_free(r->limits);
    free(r);
}

/* The text is UTF-8: the split wants it so. Match data of its own for each call, for tokenizers are shared between threads. */
static ptrdiff_t regex_match(const ink_rule *rule, const uint8_t *begin, const uint8_t *p, const uint8_t *end)
{
    const regex *r = rule->regex;
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    if (!data)
        return 0;
    const int found = pcre2_match(r->code, begin, (size_t)(end - begin), (size_t)(p - begin), PCRE2_NOTEMPTY | PCRE2_NO_UTF_CHECK, data, r->limits);
    const PCRE2_SIZE *at = pcre2_get_ovector_pointer(data);
    ptrdiff_t n = 0;
    if (found == PCRE2_ERROR_NOMATCH)
        n = p - end;
    else if (found >= 0 && at[0] >= (size_t)(p - begin) && at[1] > at[0])
        n = begin + at[0] > p ? p - (begin + at[0]) : (ptrdiff_t)(at[1] - at[0]);
    pcre2_match_data_free(data);
    return n;
}

static ink_status regex_compile(regex *r, const char *pattern, size_t n, bool literal, const char *where, ink_err *err)
{
    int code;
    PCRE2_SIZE at;
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    r->limits = pcre2_match_context_create(NULL);
    if (!context || !r->limits) {
        pcre2_compile_context_free(context);
        return ink_fail(err, INK_E_MEMORY, "%s: no memory for a regular expression", where);
    }
    pcre2_set_parens_nest_limit(context, REGEX_NESTED);
    const uint32_t how = literal ? PCRE2_UTF | PCRE2_LITERAL : PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C;
    r->code = pcre2_compile((PCRE2_SPTR)pattern, n, how, &code, &at, context);
    pcre2_compile_context_free(context);
    pcre2_set_match_limit(r->limits, REGEX_STEPS);
    pcre2_set_depth_limit(r->limits, REGEX_DEPTH);
    pcre2_set_heap_limit(r->limits, REGEX_HEAP_KIB);
    if (r->code)
        return INK_OK;
    PCRE2_UCHAR why[160] = "";
    pcre2_get_error_message(code, why, sizeof why);
    return ink_fail(err, INK_E_UNSUPPORTED, "%s: the regular expression %.200s cannot be used: at byte %zu, %s", where, pattern, at, (const char *)why);
}

ink_status ink_regex_rule(const char *pattern, size_t n, bool literal, const char *where, ink_rule *rule, ink_err *err)
{
    if (n > REGEX_LONGEST)
        return ink_fail(err, INK_E_LIMIT, "%s: a regular expression of %zu bytes; at most %d are read", where, n, REGEX_LONGEST);
    regex *r = calloc(1, sizeof *r);
    if (!r)
        return ink_fail(err, INK_E_MEMORY, "%s: no memory for a regular expression", where);
    ink_status status = regex_compile(r, pattern, n, literal, where, err);
    if (status)
        ink_regex_free(r);
    else
        *rule = (ink_rule){ .match = regex_match, .regex = r };
    return status;
}

ink_status ink_regex_open(const char *pattern, void **out, ink_err *err)
{
    ink_rule rule;
    INK_TRY(ink_regex_rule(pattern, strlen(pattern), false, "the table of rules", &rule, err));
    *out = rule.regex;
    return INK_OK;
}

void *ink_regex_data(void)
{
    return pcre2_match_data_create(INK_REGEX_GROUPS, NULL);
}

void ink_regex_data_free(void *data)
{
    pcre2_match_data_free(data);
}

bool ink_regex_at(const void *of, void *data, const char *text, size_t n, size_t at, ink_regex_spans *out)
{
    const regex *r = of;
    const int found = pcre2_match(r->code, (PCRE2_SPTR)text, n, at, PCRE2_ANCHORED | PCRE2_NOTEMPTY | PCRE2_NO_UTF_CHECK, data, r->limits);
    if (found < 1)
        return false;
    const PCRE2_SIZE *spans = pcre2_get_ovector_pointer(data);
    *out = (ink_regex_spans){ .text = text };
    for (int i = 0; i < found && i < INK_REGEX_GROUPS; i++)
        if (spans[2 * i] != PCRE2_UNSET) {
            out->from[i] = spans[2 * i];
            out->to[i] = spans[2 * i + 1];
        }
    return true;
}
