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

static ink_status regex_compile(regex *r, const char *pattern, size_t n, uint32_t how, const char *where, ink_err *err)
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
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
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

/* A match of nothing would be a place to cut at, which rules do not know. */
static ink_status regex_check_size(const regex *r, const char *pattern, const char *where, ink_err *err)
{
    uint32_t empty = 0;
    pcre2_pattern_info(r->code, PCRE2_INFO_MATCHEMPTY, &empty);
    return empty ? ink_fail(err, INK_E_UNSUPPORTED, "%s: the regular expression %.200s can match nothing at all, which is not done here", where, pattern) : INK_OK;
}

static ink_status regex_compile_ruby(regex *r, const char *pattern, size_t n, const char *where, ink_err *err)
{
    ink_buf ours;
    ink_buf_init(&ours, 0);
    const bool said = ink_regex_from_ruby(pattern, n, &ours);
    ink_status status = ink_buf_check(&ours, "a regular expression", err);
    if (!status && !said)
        status = ink_fail(err, INK_E_UNSUPPORTED, "%s: the regular expression %.200s has a set within [], a &&, or an escape that is not known here", where, pattern);
    if (!status)
        status = regex_compile(r, ours.data ? ours.data : "", ours.len, PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C, where, err);
    if (!status)
        status = regex_check_size(r, pattern, where, err);
    ink_buf_clear(&ours);
    return status;
}

static ink_status regex_compile_kind(regex *r, const char *pattern, size_t n, ink_regex_kind kind, const char *where, ink_err *err)
{
    if (kind == INK_REGEX_RUBY)
        return regex_compile_ruby(r, pattern, n, where, err);
    const uint32_t how = kind == INK_REGEX_LITERAL ? PCRE2_UTF | PCRE2_LITERAL : PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C;
    return regex_compile(r, pattern, n, how, where, err);
}

ink_status ink_regex_rule(const char *pattern, size_t n, ink_regex_kind kind, const char *where, ink_rule *rule, ink_err *err)
{
    if (n > REGEX_LONGEST)
        return ink_fail(err, INK_E_LIMIT, "%s: a regular expression of %zu bytes; at most %d are read", where, n, REGEX_LONGEST);
    regex *r = calloc(1, sizeof *r);
    if (!r)
        return ink_fail(err, INK_E_MEMORY, "%s: no memory for a regular expression", where);
    ink_status status = regex_compile_kind(r, pattern, n, kind, where, err);
    if (status)
        ink_regex_free(r);
    else
        *rule = (ink_rule){ .match = regex_match, .regex = r };
    return status;
}

ink_status ink_regex_open(const char *pattern, void **out, ink_err *err)
{
    ink_rule rule = { 0 };
    INK_TRY(ink_regex_rule(pattern, strlen(pattern), INK_REGEX_OURS, "the table of rules", &rule, err));
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
