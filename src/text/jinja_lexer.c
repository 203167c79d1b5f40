/* Source into tokens, with Jinja's rules of white space: a tag eats the blanks before it on its line and one newline after
   it (lstrip_blocks, trim_blocks), - eats all white space on its side, + nothing. */
#define _GNU_SOURCE
#include "text/jinja_ast.h"
#include "text/unicode.h"

#include <string.h>

typedef struct lexer {
    jinja *j;
    const char *at, *end;
    jinja_token *tokens;
    size_t count, room;
    bool line_starting; /* what was read last ended with a newline */
    char brackets[JINJA_PARSE_DEPTH + 1];
    size_t open;
} lexer;

static void lexer_move(lexer *x, const char *to)
{
    for (const char *at = x->at; at < to; at++)
        x->j->line += *at == '\n';
    if (to > x->at)
        x->line_starting = to[-1] == '\n';
    x->at = to;
}

static jinja_token *lexer_emit(lexer *x, jinja_token_type type, const char *text, size_t size)
{
    if (x->count == x->room) {
        size_t room = x->room ? x->room * 2 : 256;
        jinja_token *tokens = jinja_array(x->j, room, sizeof *tokens);
        if (x->count)
            memcpy(tokens, x->tokens, x->count * sizeof *tokens);
        x->tokens = tokens;
        x->room = room;
    }
    jinja_token *t = &x->tokens[x->count++];
    *t = (jinja_token){ .type = type, .line = x->j->line, .text = { text, size } };
    return t;
}

static bool lexer_starts(const char *at, const char *end, const char *with)
{
    size_t n = strlen(with);
    return (size_t)(end - at) >= n && !memcmp(at, with, n);
}

static const char *lexer_spaces(const char *at, const char *end)
{
    for (const char *next = at; next < end; at = next)
        if (!(ink_unicode_traits(ink_utf8_next(&next, end)) & INK_UNICODE_SPACE))
            break;
    return at;
}

/* The text before a tag, as its sign and lstrip_blocks leave it. */
static size_t lexer_trimmed(const lexer *x, const char *text, size_t size, char sign, bool prints)
{
    if (sign == '-')
        return jinja_strip(jinja_view(text, size), NULL, false, true).size;
    if (sign == '+' || prints)
        return size;
    const char *newline = size ? memrchr(text, '\n', size) : NULL;
    const char *line = newline ? newline + 1 : text;
    if (!newline && !x->line_starting)
        return size;
    return lexer_spaces(line, text + size) == text + size ? (size_t)(line - text) : size;
}

static void lexer_data(lexer *x, const char *to, char sign, bool prints)
{
    size_t size = lexer_trimmed(x, x->at, (size_t)(to - x->at), sign, prints);
    if (size)
        lexer_emit(x, JINJA_T_DATA, "text", 4)->value = jinja_view(x->at, size);
    lexer_move(x, to);
}

/* Past the end of a tag and what the tag takes with it, or NULL when there is no end here. */
static const char *lexer_tag_end(const char *at, const char *end, const char *close, bool trims)
{
    bool minus = at < end && *at == '-', plus = trims && at < end && *at == '+';
    if (!lexer_starts(at + minus + plus, end, close))
        return NULL;
    at += 2 + minus + plus;
    if (minus)
        return lexer_spaces(at, end);
    return at + (trims && !plus && at < end && *at == '\n');
}

static char lexer_sign(const char *at, const char *end)
{
    return at < end && (*at == '-' || *at == '+') ? *at : 0;
}

/* At {%: past a whole `{% word %}`, or NULL. `trims` as in lexer_tag_end. */
static const char *lexer_word_tag(const char *at, const char *end, const char *word, bool trims)
{
    at += 2;
    at = lexer_spaces(at + (lexer_sign(at, end) != 0), end);
    if (!lexer_starts(at, end, word))
        return NULL;
    at = lexer_spaces(at + strlen(word), end);
    if (!trims && at < end && *at == '+')
        return NULL;
    return lexer_tag_end(at, end, "%}", trims);
}

static void lexer_raw(lexer *x, const char *after)
{
    lexer_move(x, after);
    for (const char *at = x->at; at < x->end; at++) {
        const char *past = lexer_starts(at, x->end, "{%") ? lexer_word_tag(at, x->end, "endraw", true) : NULL;
        if (past) {
            lexer_data(x, at, lexer_sign(at + 2, x->end), false);
            lexer_move(x, past);
            return;
        }
    }
    jinja_fail(x->j, INK_E_FORMAT, "{%% raw %%} has no {%% endraw %%}");
}

static void lexer_comment(lexer *x)
{
    for (const char *at = x->at; at < x->end; at++) {
        const char *past = lexer_tag_end(at, x->end, "#}", true);
        if (past) {
            lexer_move(x, past);
            return;
        }
    }
    jinja_fail(x->j, INK_E_FORMAT, "the comment has no end");
}

static void lexer_bracket(lexer *x, char c)
{
    static const char pairs[] = "()[]{}";
    const char *p = memchr(pairs, c, 6);
    if (!p)
        return;
    if ((p - pairs) % 2 == 0) {
        if (x->open == JINJA_PARSE_DEPTH)
            jinja_fail(x->j, INK_E_LIMIT, "brackets are nested deeper than %d", JINJA_PARSE_DEPTH);
        x->brackets[x->open++] = p[1];
    } else if (!x->open || x->brackets[--x->open] != c)
        jinja_fail(x->j, INK_E_FORMAT, "%c closes nothing", c);
}

static void lexer_operator(lexer *x)
{
    static const char *const operators[] = { "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")",
                                             "{", "}", ">", "<", "=", ".", ":", "|", ",", ";" };
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (lexer_starts(x->at, x->end, operators[i])) {
            lexer_bracket(x, *x->at);
            lexer_emit(x, JINJA_T_OPERATOR, operators[i], strlen(operators[i]));
            lexer_move(x, x->at + strlen(operators[i]));
            return;
        }
    const char *after = x->at;
    ink_utf8_next(&after, x->end);
    jinja_fail(x->j, INK_E_FORMAT, "%.*s means nothing here", (int)(after - x->at), x->at);
}

static bool lexer_in_name(uint32_t c)
{
    return c == '_' || (ink_unicode_traits(c) & (INK_UNICODE_LETTER | INK_UNICODE_NUMBER));
}

static void lexer_one(lexer *x, const char *start)
{
    const char *at = x->at, *next = at;
    jinja_value v;
    if ((*at == '\'' || *at == '"') && jinja_read_string(x->j, &at, x->end, &v))
        lexer_emit(x, JINJA_T_CONSTANT, x->at, (size_t)(at - x->at))->value = v;
    else if (*at >= '0' && *at <= '9' && jinja_read_number(x->j, start, &at, x->end, &v))
        lexer_emit(x, JINJA_T_CONSTANT, x->at, (size_t)(at - x->at))->value = v;
    else {
        while (next < x->end && lexer_in_name(ink_utf8_next(&next, x->end)))
            at = next;
        if (at > x->at)
            lexer_emit(x, JINJA_T_NAME, x->at, (size_t)(at - x->at));
    }
    if (at == x->at)
        lexer_operator(x);
    else
        lexer_move(x, at);
}

/* The inside of {{ }} or {% %}. */
static void lexer_tag(lexer *x, bool prints, const char *start)
{
    lexer_emit(x, prints ? JINJA_T_PRINT_BEGIN : JINJA_T_BLOCK_BEGIN, prints ? "{{" : "{%", 2);
    lexer_move(x, x->at + 2);
    lexer_move(x, x->at + (lexer_sign(x->at, x->end) != 0));
    const char *past = NULL;
    for (;;) {
        lexer_move(x, lexer_spaces(x->at, x->end));
        past = x->open ? NULL : lexer_tag_end(x->at, x->end, prints ? "}}" : "%}", !prints);
        if (past || x->at == x->end)
            break;
        jinja_step(x->j, 1);
        lexer_one(x, start);
    }
    if (!past)
        jinja_fail(x->j, INK_E_FORMAT, "%s has no end", prints ? "{{" : "{%");
    lexer_emit(x, prints ? JINJA_T_PRINT_END : JINJA_T_BLOCK_END, prints ? "}}" : "%}", 2);
    lexer_move(x, past);
}

static const char *lexer_next_tag(const lexer *x)
{
    const char *at = x->at;
    for (; at + 1 < x->end; at++)
        if (*at == '{' && (at[1] == '{' || at[1] == '%' || at[1] == '#'))
            return at;
    return x->end;
}

/* Newlines are \n, and one at the very end is not part of the template. */
static void lexer_normalise(lexer *x, const char *source, size_t n)
{
    char *text = jinja_alloc(x->j, n + 1), *to = text;
    for (size_t i = 0; i < n; i++) {
        *to++ = source[i] == '\r' ? '\n' : source[i];
        i += source[i] == '\r' && i + 1 < n && source[i + 1] == '\n';
    }
    x->at = text;
    x->end = to - (to > text && to[-1] == '\n');
}

const jinja_token *jinja_lex(jinja *j, const char *source, size_t n)
{
    lexer x = { .j = j, .line_starting = true };
    lexer_normalise(&x, source, n);
    const char *start = x.at;
    while (x.at < x.end) {
        const char *tag = lexer_next_tag(&x);
        char sign = lexer_sign(tag + 2 < x.end ? tag + 2 : x.end, x.end);
        bool prints = tag < x.end && tag[1] == '{';
        const char *raw = tag < x.end && tag[1] == '%' ? lexer_word_tag(tag, x.end, "raw", false) : NULL;
        lexer_data(&x, tag, tag < x.end ? sign : '+', prints);
        if (raw)
            lexer_raw(&x, raw);
        else if (x.at < x.end && x.at[1] == '#') {
            lexer_move(&x, x.at + 2);
            lexer_move(&x, x.at + (lexer_sign(x.at, x.end) != 0));
            lexer_comment(&x);
        } else if (x.at < x.end)
            lexer_tag(&x, prints, start);
    }
    lexer_emit(&x, JINJA_T_END, "the end of the template", 23);
    return x.tokens;
}
