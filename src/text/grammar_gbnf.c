/* GBNF: `name ::= …`, with texts in quotes, classes in brackets, groups, | * + ? {m,n}, . for any character, and # to the end of a line. */
#include "text/grammar.h"

#include "text/unicode.h"

#include <stdlib.h>
#include <string.h>

typedef struct gbnf_name {
    const char *text;
    size_t n, line;
} gbnf_name;

typedef struct gbnf {
    ink_grammar *g;
    const char *at, *end, *where;
    size_t line;
    unsigned depth;
    gbnf_name *names; /* of each rule */
    size_t count, room;
    ink_err *err;
} gbnf;

static ink_status gbnf_wrong(const gbnf *b, ink_status status, const char *what)
{
    return ink_fail(b->err, status, "%s, line %zu: %s", b->where, b->line, what);
}

/* White space and comments; across lines when that is allowed. */
static void gbnf_space(gbnf *b, bool lines)
{
    for (; b->at < b->end; b->at++) {
        if (*b->at == '#')
            while (b->at + 1 < b->end && b->at[1] != '\n')
                b->at++;
        else if (*b->at == '\n' && lines)
            b->line++;
        else if (*b->at != ' ' && *b->at != '\t' && *b->at != '\r')
            return;
    }
}

static bool gbnf_take(gbnf *b, char c)
{
    if (b->at == b->end || *b->at != c)
        return false;
    b->at++;
    return true;
}

static bool gbnf_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static gbnf_name gbnf_word(gbnf *b)
{
    gbnf_name name = { .text = b->at, .line = b->line };
    while (b->at < b->end && gbnf_letter(*b->at))
        b->at++;
    name.n = (size_t)(b->at - name.text);
    return name;
}

/* The rule of that name, made when it is met first. Few rules: a walk will do. */
static ink_status gbnf_rule(gbnf *b, gbnf_name name, uint32_t *rule)
{
    enum { GBNF_RULES = 4096 };
    for (*rule = 0; *rule < b->count; ++*rule)
        if (b->names[*rule].n == name.n && !memcmp(b->names[*rule].text, name.text, name.n))
            return INK_OK;
    if (b->count == GBNF_RULES)
        return gbnf_wrong(b, INK_E_LIMIT, "more than 4096 rules");
    if (b->count == b->room) {
        b->room = b->room ? 2 * b->room : 64;
        gbnf_name *more = realloc(b->names, b->room * sizeof *more);
        if (!more)
            return gbnf_wrong(b, INK_E_MEMORY, "no memory for its rules");
        b->names = more;
    }
    b->names[b->count++] = name;
    *rule = ink_grammar_rule_new(b->g);
    return INK_OK;
}

static ink_status gbnf_hex(gbnf *b, unsigned digits, uint32_t *point)
{
    *point = 0;
    for (unsigned i = 0; i < digits; i++, b->at++) {
        static const char hex[] = "0123456789abcdef";
        const char *d = b->at < b->end && *b->at ? strchr(hex, *b->at >= 'A' && *b->at <= 'F' ? *b->at | 32 : *b->at) : NULL;
        if (!d)
            return gbnf_wrong(b, INK_E_FORMAT, "\\x wants two hexadecimal digits, \\u four and \\U eight");
        *point = *point << 4 | (uint32_t)(d - hex);
    }
    return *point <= INK_POINT_LAST ? INK_OK : gbnf_wrong(b, INK_E_FORMAT, "there is no such code point");
}

static ink_status gbnf_point(gbnf *b, uint32_t *point)
{
    static const char letters[] = "tnr", meant[] = "\t\n\r";
    if (b->at == b->end || *b->at == '\n')
        return gbnf_wrong(b, INK_E_FORMAT, "a text or class is not closed");
    if (!gbnf_take(b, '\\')) {
        *point = ink_utf8_next(&b->at, b->end);
        return INK_OK;
    }
    if (gbnf_take(b, 'x'))
        return gbnf_hex(b, 2, point);
    if (gbnf_take(b, 'u'))
        return gbnf_hex(b, 4, point);
    if (gbnf_take(b, 'U'))
        return gbnf_hex(b, 8, point);
    const char c = b->at < b->end ? *b->at : 0, *letter = c ? strchr(letters, c) : NULL;
    if (!c || (!letter && !strchr("\"\\[]-^", c)))
        return gbnf_wrong(b, INK_E_FORMAT, "what follows the backslash means nothing; there are \\t \\n \\r \\\" \\\\ \\[ \\] \\- \\^ \\xHH \\uHHHH and \\UHHHHHHHH");
    *point = letter ? (uint32_t)meant[letter - letters] : (uint32_t)c;
    b->at++;
    return INK_OK;
}

static ink_status gbnf_quoted(gbnf *b, ink_expression *out)
{
    *out = ink_grammar_empty(b->g);
    while (!gbnf_take(b, '"')) {
        uint32_t point;
        INK_TRY(gbnf_point(b, &point));
        *out = ink_grammar_then(b->g, *out, ink_grammar_points(b->g, point, point));
    }
    return INK_OK;
}

static ink_status gbnf_class(gbnf *b, ink_expression *out)
{
    ink_points set = { 0 };
    const bool inverted = gbnf_take(b, '^');
    while (!gbnf_take(b, ']')) {
        uint32_t low, high;
        INK_TRY(gbnf_point(b, &low));
        high = low;
        if (b->end - b->at >= 2 && b->at[0] == '-' && b->at[1] != ']') {
            b->at++;
            INK_TRY(gbnf_point(b, &high));
        }
        if (high < low)
            return gbnf_wrong(b, INK_E_FORMAT, "a range in brackets ends before it begins");
        ink_points_add(&set, low, high);
    }
    ink_points_sort(&set);
    if (inverted)
        ink_points_invert(&set);
    *out = ink_grammar_set(b->g, &set);
    return INK_OK;
}

static ink_status gbnf_either(gbnf *b, bool nested, ink_expression *out);

static ink_status gbnf_group(gbnf *b, ink_expression *out)
{
    if (++b->depth > INK_GRAMMAR_NESTED)
        return gbnf_wrong(b, INK_E_LIMIT, "groups are nested too deep");
    INK_TRY(gbnf_either(b, true, out));
    b->depth--;
    return gbnf_take(b, ')') ? INK_OK : gbnf_wrong(b, INK_E_FORMAT, "a group is not closed");
}

static ink_status gbnf_atom(gbnf *b, ink_expression *out)
{
    if (gbnf_take(b, '"'))
        return gbnf_quoted(b, out);
    if (gbnf_take(b, '['))
        return gbnf_class(b, out);
    if (gbnf_take(b, '('))
        return gbnf_group(b, out);
    if (gbnf_take(b, '.')) {
        *out = ink_grammar_points(b->g, 0, INK_POINT_LAST);
        return INK_OK;
    }
    gbnf_name name = gbnf_word(b);
    uint32_t rule;
    if (!name.n)
        return gbnf_wrong(b, INK_E_FORMAT, "a text in quotes, a class in brackets, a group or the name of a rule is wanted here");
    INK_TRY(gbnf_rule(b, name, &rule));
    *out = ink_grammar_call(b->g, rule);
    return INK_OK;
}

static bool gbnf_number(gbnf *b, uint32_t *n)
{
    const char *from = b->at;
    *n = 0;
    for (; b->at < b->end && *b->at >= '0' && *b->at <= '9'; b->at++)
        *n = *n > INK_GRAMMAR_REPEAT ? *n : *n * 10 + (uint32_t)(*b->at - '0');
    return b->at > from;
}

static ink_status gbnf_counts(gbnf *b, uint32_t *min, uint32_t *max)
{
    gbnf_space(b, true);
    bool good = gbnf_number(b, min);
    *max = *min;
    gbnf_space(b, true);
    if (gbnf_take(b, ',')) {
        gbnf_space(b, true);
        if (!gbnf_number(b, max))
            *max = INK_GRAMMAR_FAR;
        gbnf_space(b, true);
    }
    if (!good || !gbnf_take(b, '}') || *max < *min)
        return gbnf_wrong(b, INK_E_FORMAT, "a repetition is written {n}, {n,} or {n,m}, with m not less than n");
    if (*min > INK_GRAMMAR_REPEAT || (*max != INK_GRAMMAR_FAR && *max > INK_GRAMMAR_REPEAT))
        return gbnf_wrong(b, INK_E_LIMIT, "a repetition counts to 100000 at most");
    return INK_OK;
}

static ink_status gbnf_repeated(gbnf *b, bool nested, ink_expression *out)
{
    INK_TRY(gbnf_atom(b, out));
    for (gbnf_space(b, nested); b->at < b->end && !b->g->failed; gbnf_space(b, nested)) {
        uint32_t min = 1, max = 1;
        if (gbnf_take(b, '*')) {
            min = 0;
            max = INK_GRAMMAR_FAR;
        } else if (gbnf_take(b, '+')) {
            max = INK_GRAMMAR_FAR;
        } else if (gbnf_take(b, '?')) {
            min = 0;
        } else if (gbnf_take(b, '{')) {
            INK_TRY(gbnf_counts(b, &min, &max));
        } else {
            break;
        }
        *out = ink_grammar_repeat(b->g, *out, min, max);
    }
    return INK_OK;
}

static ink_status gbnf_sequence(gbnf *b, bool nested, ink_expression *out)
{
    *out = ink_grammar_empty(b->g);
    for (gbnf_space(b, nested); b->at < b->end && *b->at != '|' && *b->at != ')' && *b->at != '\n' && !b->g->failed;) {
        ink_expression one;
        INK_TRY(gbnf_repeated(b, nested, &one));
        *out = ink_grammar_then(b->g, *out, one);
    }
    return INK_OK;
}

/* Whether the next line goes on with an alternative; if so the text stands there. */
static bool gbnf_continues(gbnf *b)
{
    const gbnf before = *b;
    gbnf_space(b, true);
    if (b->at < b->end && *b->at == '|')
        return true;
    b->at = before.at;
    b->line = before.line;
    return false;
}

static ink_status gbnf_either(gbnf *b, bool nested, ink_expression *out)
{
    if (!nested)
        gbnf_space(b, true); /* a rule may begin on the line after ::= */
    INK_TRY(gbnf_sequence(b, nested, out));
    while (gbnf_continues(b) && gbnf_take(b, '|')) {
        ink_expression other;
        gbnf_space(b, true);
        INK_TRY(gbnf_sequence(b, nested, &other));
        *out = ink_grammar_or(b->g, *out, other);
    }
    return INK_OK;
}

static ink_status gbnf_definition(gbnf *b)
{
    uint32_t rule;
    ink_expression body;
    gbnf_name name = gbnf_word(b);
    if (!name.n)
        return gbnf_wrong(b, INK_E_FORMAT, "a rule is wanted here: name ::= …");
    INK_TRY(gbnf_rule(b, name, &rule));
    if (b->g->failed)
        return INK_OK;
    if (b->g->rules[rule].defined)
        return ink_fail(b->err, INK_E_FORMAT, "%s, line %zu: the rule %.*s is defined twice", b->where, b->line, (int)(name.n < 60 ? name.n : 60), name.text);
    gbnf_space(b, false);
    if (!gbnf_take(b, ':') || !gbnf_take(b, ':') || !gbnf_take(b, '='))
        return gbnf_wrong(b, INK_E_FORMAT, "::= is wanted after the name of a rule");
    INK_TRY(gbnf_either(b, false, &body));
    if (b->at < b->end && *b->at != '\n')
        return gbnf_wrong(b, INK_E_FORMAT, "a ) closes nothing");
    ink_grammar_define(b->g, rule, body);
    return INK_OK;
}

static ink_status gbnf_read(gbnf *b)
{
    uint32_t root;
    INK_TRY(gbnf_rule(b, (gbnf_name){ "root", 4, 1 }, &root));
    for (gbnf_space(b, true); b->at < b->end && !b->g->failed; gbnf_space(b, true))
        INK_TRY(gbnf_definition(b));
    INK_TRY(ink_grammar_check(b->g, b->where, b->err));
    for (size_t i = 0; i < b->count; i++)
        if (!b->g->rules[i].defined)
            return ink_fail(b->err, INK_E_FORMAT, "%s, line %zu: the rule %.*s is defined nowhere", b->where, b->names[i].line, (int)(b->names[i].n < 60 ? b->names[i].n : 60),
                            b->names[i].text);
    return INK_OK;
}

ink_status ink_grammar_from_gbnf(ink_grammar *g, const char *text, size_t n, const char *where, ink_err *err)
{
    gbnf b = { .g = g, .at = text, .end = text + n, .where = where, .line = 1, .err = err };
    if (ink_utf8_valid(text, n) != n)
        return ink_fail(err, INK_E_FORMAT, "%s is not UTF-8", where);
    ink_status status = gbnf_read(&b);
    free(b.names);
    return status;
}
